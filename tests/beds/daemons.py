"""Daemons that are known by their pid file, and what else the beds need of the operating system."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from random import randrange
from typing import Protocol, TypeVar


def wait_until(condition: Callable[[], bool], timeout: float, what: str) -> None:
    """Poll `condition` until it holds; after `timeout` raise TimeoutError, which names `what`."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"gave up after {timeout:g} s waiting for {what}")
        time.sleep(0.05)


BLOCK = 32
"""Ports that one bed has for itself; Grid Engine's groups are numbered like them."""
_taken: list[socket.socket] = []


def free_ports(count: int) -> int:
    """Return the first of `count` ports in a row that nobody listens on.

    They are below 32768, where Linux does not hand out ports to outgoing connections. As long as
    this process lives, no other that asks here is given the same ones: a name that only one can
    have, and that goes with its process, stands for each block.
    """
    for _ in range(1000):
        first = randrange(20000, 32000, BLOCK)  # noqa: S311 (no secret)
        name = socket.socket(socket.AF_UNIX)
        with suppress(OSError), ExitStack() as sockets:
            name.bind(f"\0jobqueue-ports-{first}")
            for port in range(first, first + count):
                sockets.enter_context(socket.socket()).bind(("127.0.0.1", port))
            _taken.append(name)
            return first
        name.close()
    raise OSError(f"found no {count} free ports in a row")


@dataclass(frozen=True)
class Daemon:
    """A process that wrote its pid to a file and has `word` on its command line.

    The word keeps us from taking a stranger for ours when the kernel has given the pid out again.
    """

    pid_file: Path
    word: str

    @property
    def pid(self) -> int | None:
        """The pid of the running daemon; None when it does not run."""
        try:
            pid = int(self.pid_file.read_text())
            command_line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if self.word.encode() in command_line else None

    def ask_to_stop(self) -> None:
        """Send SIGTERM, if it runs."""
        if pid := self.pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def stop(self, timeout: float) -> None:
        """Send SIGTERM and wait; after the timeout send SIGKILL."""
        self.ask_to_stop()
        try:
            wait_until(lambda: self.pid is None, timeout, f"{self.pid_file.stem} to stop")
        except TimeoutError:
            if pid := self.pid:
                os.kill(pid, signal.SIGKILL)


def kill_all_with(variable: str, also: str, number: int = signal.SIGKILL) -> None:
    """Kill the processes that have `variable` ("NAME=value") and `also` (this, or only "NAME")."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or is somebody else's
            variables = (process / "environ").read_bytes().split(b"\0")
            told = (item.decode(errors="replace") for item in variables)
            is_one = any(item == also or item.startswith(f"{also}=") for item in told)
            if is_one and variable.encode() in variables and int(process.name) != os.getpid():
                os.kill(int(process.name), number)


def new_folder(prefix: str) -> Path:
    """Make a folder for a bed, which says which process it belongs to."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)  # munge wants its socket within reach, others their own users
    (folder / "owner").write_text(str(os.getpid()))
    return folder


class Bed(Protocol):
    """A batch system that can be started and stopped."""

    def up(self) -> None:
        """Start it."""

    def down(self) -> None:
        """Stop it."""


B = TypeVar("B", bound=Bed)


def command_line(
    name: str,
    about: str | None,
    prefix: str,
    bed_in: Callable[[Path], B],
    missing: Sequence[str],
    export: Callable[[B], str],
) -> None:
    """Start or stop the bed of this user from a shell, which evaluates what `export` says."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.beds.{name}", description=about)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("action", choices=["up", "down"])
    default = Path(tempfile.gettempdir()) / f"{prefix}{os.getuid()}"
    parser.add_argument("--dir", type=Path, default=default, help="folder of the bed (%(default)s)")
    options = parser.parse_args()
    bed = bed_in(options.dir.resolve())
    if options.action == "down":
        bed.down()
    elif missing:
        parser.exit(1, f"not installed: {' '.join(missing)}\n")
    else:
        bed.up()
        print(f"export {export(bed)}")


def abandoned_folders(prefix: str) -> Iterator[Path]:
    """Yield the folders of beds whose owners were killed before they could stop them."""
    for owner in Path(tempfile.gettempdir()).glob(f"{prefix}*/owner"):
        with suppress(OSError, ValueError):
            alive = Path(f"/proc/{int(owner.read_text())}").exists()
            if owner.stat().st_uid == os.getuid() and not alive:
                yield owner.parent
