"""Starts jobs while there are any. A file lock ensures one daemon per state directory.

Run as ``python -P -m jupyter_jobqueue.localqueue.daemon DIRECTORY``; commands start it on demand.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys
import time
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

from . import launcher, process, report, settings
from .ipc import fifo
from .records import Outcome
from .store import Store

if TYPE_CHECKING:
    import subprocess

CHECK_INTERVAL = 1.0  # seconds between checks for supervisors that were killed
FORGET_INTERVAL = 60.0  # seconds between deletions of old jobs


def main() -> None:
    """Serve a state directory, unless another daemon serves it."""
    os.umask(0o077)
    os.chdir("/")
    process.reset_signals()
    directory = sys.argv[1]
    lock = _lock(os.path.join(directory, "daemon.lock"))
    if lock is not None:
        with Store(directory) as store:
            Daemon(store, lock).run()


def _lock(path: str) -> int | None:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    os.ftruncate(file, 0)
    os.write(file, f"{os.getpid()}\n".encode())  # for people; only the lock matters
    return file


class Daemon:
    """The loop over the pending and running jobs.

    Parameters
    ----------
    store : Store
        The state of the queue.
    lock : int
        The descriptor of the locked file, closed when the daemon stops serving.
    """

    def __init__(self, store: Store, lock: int) -> None:
        self.store = store
        self.children: list[subprocess.Popen[bytes]] = []
        path = fifo(store.directory)
        with suppress(FileExistsError):
            os.mkfifo(path, 0o600)
        self.reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        # A writer of its own keeps the FIFO from reading as ended.
        writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        self.held = (lock, self.reader, writer)

    def run(self) -> None:
        """Serve until the queue has been idle for the linger time."""
        forget_at = 0.0
        while True:
            if time.monotonic() >= forget_at:
                self.store.forget()
                forget_at = time.monotonic() + FORGET_INTERVAL
            self.start_jobs()
            busy = self.store.is_busy()
            woken = self.wait(CHECK_INTERVAL if busy else settings.linger())
            if not (busy or woken) and self.stop_serving():
                return

    def wait(self, timeout: float) -> bool:
        """Wait for a command or a supervisor.

        Parameters
        ----------
        timeout : float
            Seconds at most.

        Returns
        -------
        bool
            Whether one woke the daemon.
        """
        if not select.select([self.reader], [], [], timeout)[0]:
            return False
        os.read(self.reader, 65536)
        return True

    def stop_serving(self) -> bool:
        """Release lock and FIFO unless a job arrived meanwhile; return whether it did so."""
        # Nobody can submit during the transaction, and later commands find no reader.
        with self.store.transaction():
            if self.store.is_busy():
                return False
            for file in self.held:
                os.close(file)
            return True

    def start_jobs(self) -> None:
        """Start the jobs that fit."""
        self.children = [child for child in self.children if child.poll() is None]
        launches = []
        with self.store.transaction():
            self.end_lost_jobs()
            cpus = self.store.cpus()
            in_use = report.cpus_in_use(self.store.jobs_in("RUNNING"), cpus)
            pending = self.store.jobs_in("PENDING", limit=cpus)
            for row in report.schedule(pending, in_use, cpus)[0]:
                try:
                    launches.append(launcher.Launch(self.store, row))
                except OSError:  # such as too many processes: the next check tries again
                    traceback.print_exc()
                    break
        for each in launches:
            each.go()
            self.children.append(each.supervisor)

    def end_lost_jobs(self) -> None:
        """End the jobs whose supervisor was killed, once their processes have ended."""
        for row in self.store.jobs_in("RUNNING"):
            if process.is_alive(row["pid"], row["born"]):
                continue
            if remaining := process.orphans(row["pid"], row["born"]):
                process.signal_groups(remaining, signal.SIGKILL)
            elif row["cancelled"]:
                self.store.finish(row["id"], Outcome("CANCELLED", "Cancelled"))
            else:
                lost = "Lost: its supervisor was killed, so its exit code is unknown"
                self.store.finish(row["id"], Outcome("FAILED", lost))


if __name__ == "__main__":
    main()
