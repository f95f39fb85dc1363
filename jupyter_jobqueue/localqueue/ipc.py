"""Wakes the daemon through a FIFO, and starts it if nobody reads there."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def fifo(directory: str) -> str:
    """Return the path of the FIFO that the daemon reads.

    Parameters
    ----------
    directory : str
        The state directory.
    """
    return os.path.join(directory, "wake")


def wake(directory: str) -> bool:
    """Wake the daemon, so that it reads the store.

    Parameters
    ----------
    directory : str
        The state directory.

    Returns
    -------
    bool
        False if there is no daemon.
    """
    try:
        pipe = os.open(fifo(directory), os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # no FIFO, or no reader
        return False
    try:
        with suppress(BlockingIOError):  # full: the daemon reads the store anyway
            os.write(pipe, b"\n")
    except BrokenPipeError:
        return False
    finally:
        os.close(pipe)
    return True


def ensure_daemon(directory: str) -> None:
    """Wake the daemon, or start it; if two are started, one of them ends at once.

    Parameters
    ----------
    directory : str
        The state directory.
    """
    if not wake(directory):
        _start_daemon(directory)


def _start_daemon(directory: str) -> None:
    import subprocess  # slow to import, and rarely needed

    # If it cannot be started now, the next command tries again: the jobs are in the store.
    with suppress(OSError), open(os.path.join(directory, "daemon.log"), "ab") as log:
        daemon = subprocess.Popen(
            module_command("daemon", directory),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=module_environment(),
            start_new_session=True,
        )
        daemon.returncode = 0  # it outlives this command: avoids a warning of Python


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of this package.

    Parameters
    ----------
    module : str
        Name of the module.
    *arguments : str
        Its arguments.
    """
    return [sys.executable, "-P", "-m", f"{__package__}.{module}", *arguments]


def module_environment() -> dict[str, str]:
    """Return an environment in which this package is found from any directory."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LOCALQ_")}
    if path := environment.get("PYTHONPATH"):
        absolute = (os.path.abspath(entry) for entry in path.split(os.pathsep) if entry)
        environment["PYTHONPATH"] = os.pathsep.join(absolute)
    return environment
