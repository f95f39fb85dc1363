"""Runs one job: starts its script, enforces its walltime, records its end. Ends with the job.

Run by the daemon as ``python -P -m jupyter_jobqueue.localqueue.supervisor DIRECTORY JOB``, with the
order (see `launch`) on standard input. It leads the session of the job but is not in the process
group of the script, so it survives the signals that it sends there. SIGTERM cancels the job.
"""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import stat
import subprocess
import sys
import time
from typing import Any

from . import process
from .ipc import ensure_daemon, wake
from .records import Outcome
from .store import Store

POLL_INTERVAL = 0.05  # seconds between checks for processes that a script left running


def main() -> None:
    """Run the job of the order, or make it pending again if the daemon was killed."""
    directory, job_id = sys.argv[1:3]
    os.umask(0o077)
    process.reset_signals()
    signals = Signals()
    order = _read_order()
    outcome = _run(order, signals) if order else None
    with Store(directory) as store:
        if outcome:
            store.finish(job_id, outcome)
        else:
            store.give_back(job_id, os.getpid())
        # Waiting jobs need a daemon, even if it was killed; without them, a daemon may end.
        (ensure_daemon if store.is_busy() else wake)(directory)


def _read_order() -> dict[str, Any] | None:
    text = sys.stdin.buffer.read()
    try:
        order: dict[str, Any] = json.loads(text)
    except ValueError:  # nothing, or cut short
        return None
    return order


def _run(order: dict[str, Any], signals: Signals) -> Outcome:
    try:
        leader = _start(order)
    except OSError as error:
        return Outcome("FAILED", f"Could not start: {error.filename}: {error.strerror}")
    watch = Watch(leader, order["walltime"], order["grace"], signals)
    watch.until_end()
    return _outcome(watch.verdict, leader.returncode)


def _start(order: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start the script as leader of a process group of its own."""
    own_umask = os.umask(order["umask"])
    try:
        output = _open(*order["stdout"])
        is_same = order["stdout"] == order["stderr"]
        error = output if is_same else _open(*order["stderr"])
        return subprocess.Popen(
            order["command"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=error,
            cwd=order["directory"],
            env=order["environment"],
            process_group=0,
        )
    finally:
        os.umask(own_umask)


def _open(path: str, flags: int) -> int:
    """Open a file for output; not what somebody else has put in its place.

    In a folder that others may write to that can be a link to a file of the user, a name of it, a
    file that they read, or a pipe that nobody reads.
    """
    wanted = flags & ~os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
    handle = os.open(path, wanted, 0o666)
    found = os.fstat(handle)
    own = stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid() and found.st_nlink == 1
    if not own and path != os.devnull:
        os.close(handle)
        raise OSError(errno.EPERM, "Is a link, no file, or belongs to somebody else", path)
    if flags & os.O_TRUNC and own:
        os.ftruncate(handle, 0)
    os.set_blocking(handle, True)
    return handle


def _outcome(verdict: Outcome | None, returncode: int) -> Outcome:
    exit_code = returncode if returncode >= 0 else None
    number = -returncode if returncode < 0 else None
    if verdict:
        return verdict._replace(exit_code=exit_code, signal=number)
    if returncode == 0:
        return Outcome("COMPLETED", "", 0)
    reason = f"Exit code {exit_code}" if number is None else f"Ended by signal {number}"
    return Outcome("FAILED", reason, exit_code, number)


class Signals:
    """Lets the supervisor wait for the end of a child and for a request to cancel."""

    def __init__(self) -> None:
        self.cancelled = False
        self._reader, writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._cancel)

    def _cancel(self, *_: object) -> None:
        self.cancelled = True

    def wait(self, timeout: float | None) -> None:
        """Wait for a signal.

        Parameters
        ----------
        timeout : float or None
            Seconds at most; None for no limit.
        """
        if select.select([self._reader], [], [], timeout)[0]:
            os.read(self._reader, 4096)


class Watch:
    """The life of a job from its start to the end of its last process.

    Parameters
    ----------
    leader : subprocess.Popen
        The process of the script.
    walltime : int, optional
        Seconds that the job may run; None for no limit.
    grace : float
        The seconds between SIGTERM and SIGKILL.
    signals : Signals
        Signals that interrupt the wait.
    """

    def __init__(
        self, leader: subprocess.Popen[bytes], walltime: int | None, grace: float, signals: Signals
    ) -> None:
        self.leader = leader
        self.walltime = walltime
        self.deadline = None if walltime is None else time.monotonic() + walltime
        self.grace = grace
        self.signals = signals
        self.kill_at: float | None = None
        self.verdict: Outcome | None = None

    def until_end(self) -> None:
        """Wait until no process of the job remains, and end them when their time is over."""
        while self.is_running() or self.groups():
            self.act()
            self.signals.wait(self.timeout())

    def is_running(self) -> bool:
        """Return whether the script itself still runs."""
        return self.leader.poll() is None

    def groups(self) -> set[int]:
        """Return the process groups of the job that remain."""
        return process.groups(session=os.getpid(), leader=self.leader.pid)

    def act(self) -> None:
        """Send SIGTERM once there is a reason, and SIGKILL after the grace period."""
        now = time.monotonic()
        if self.kill_at is None:
            self.verdict = self.reason_to_end(now)
            if self.verdict or not self.is_running():
                process.signal_groups(self.groups(), signal.SIGTERM)
                self.kill_at = now + self.grace
        elif now >= self.kill_at:
            process.signal_groups(self.groups(), signal.SIGKILL)

    def reason_to_end(self, now: float) -> Outcome | None:
        """Return why a running script has to end; None if it may run.

        Parameters
        ----------
        now : float
            Time on the monotonic clock.
        """
        if not self.is_running():
            return None
        if self.signals.cancelled:
            return Outcome("CANCELLED", "Cancelled")
        if self.deadline is not None and now >= self.deadline:
            return Outcome("TIMEOUT", f"Walltime of {self.walltime} s reached")
        return None

    def timeout(self) -> float | None:
        """Return the seconds until the next action, unless a signal arrives before."""
        if not self.is_running():
            return POLL_INTERVAL
        until = self.deadline if self.kill_at is None else self.kill_at
        return None if until is None else max(POLL_INTERVAL, until - time.monotonic())


if __name__ == "__main__":
    main()
