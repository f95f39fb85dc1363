"""Settings of the queue, from environment variables: its state directory, size and times."""

from __future__ import annotations

import os
import stat

from . import LocalQueueError

PREFIX = "JUPYTER_JOBQUEUE_LOCALQUEUE_"


def state_directory() -> str:
    """Return the state directory, after creating it if needed and checking its permissions.

    Returns
    -------
    str
        ``$JUPYTER_JOBQUEUE_LOCALQUEUE_DIR``, else a folder of this user below the temporary one;
        where somebody else has taken its name, one below the runtime folder or the home.
    """
    given = os.environ.get(PREFIX + "DIR")
    if given:
        path = os.path.abspath(os.path.expanduser(given))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return _private(path)
    import tempfile  # slow, and only needed without the variable

    # Anyone can create names in the temporary folder, so both levels are checked.
    problems = []
    for parent in (os.path.join(tempfile.gettempdir(), f"jupyter-jobqueue-{os.getuid()}"), *_own()):
        try:
            return _private(os.path.join(_private(parent), "localqueue"))
        except LocalQueueError as error:
            problems.append(str(error))
    raise LocalQueueError(
        f"{'; '.join(problems)}. Set {PREFIX}DIR to a folder that only you can write"
    )


def _own() -> list[str]:
    """Return folders that only this user can make."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    home = os.path.join(os.path.expanduser("~"), ".jupyter-jobqueue")
    return [*([os.path.join(runtime, "jupyter-jobqueue")] if runtime else []), home]


def _private(path: str) -> str:
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise LocalQueueError(f"cannot make the state directory {path}: {error.strerror}") from None
    _check_private(path, os.lstat(path))
    return path


def _check_private(path: str, info: os.stat_result) -> None:
    if stat.S_ISLNK(info.st_mode):
        raise LocalQueueError(f"state directory {path} is a symbolic link; name its target instead")
    if not stat.S_ISDIR(info.st_mode):
        raise LocalQueueError(f"state directory {path} is not a directory")
    if info.st_uid != os.getuid():
        raise LocalQueueError(f"state directory {path} belongs to another user (uid {info.st_uid})")
    if info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise LocalQueueError(f"state directory {path} may be written by others; use chmod 700")
    if stat.S_IMODE(info.st_mode) != 0o700:
        os.chmod(path, 0o700)


def cpus() -> int:
    """Return the number of CPUs for all jobs together."""
    given = os.environ.get(PREFIX + "CPUS", "").strip()
    if not given:
        return _usable_cpus()
    if not (given.isascii() and given.isdigit() and int(given) > 0):
        raise LocalQueueError(f"{PREFIX}CPUS={given} is not a number of CPUs (1 or more)")
    return int(given)


def _usable_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def grace() -> float:
    """Return the seconds between SIGTERM and SIGKILL."""
    return _seconds("GRACE", 5.0)


def linger() -> float:
    """Return the seconds for which an idle daemon waits before it ends."""
    return _seconds("LINGER", 5.0)


def _seconds(name: str, default: float) -> float:
    try:
        return max(0.0, float(os.environ[PREFIX + name]))
    except (KeyError, ValueError):
        return default
