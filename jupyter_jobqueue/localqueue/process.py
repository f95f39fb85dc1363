"""Reads the state of processes, from /proc where it exists, and sends signals to those of a job."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

HAS_PROC = os.path.exists("/proc/self/stat")


class Stat(NamedTuple):
    """The state of a process.

    Parameters
    ----------
    state : str
        One letter, as in /proc.
    group, session : int
        Process group and session.
    born : str
        Start time in clock ticks since the boot.
    """

    state: str
    group: int
    session: int
    born: str

    @property
    def is_alive(self) -> bool:
        """Whether the process runs; a zombie does not."""
        return self.state not in "ZX"


def stat(pid: int | str) -> Stat | None:
    """Return the state of a process; None if it does not exist or there is no /proc.

    Parameters
    ----------
    pid : int or str
        Number of the process.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The second field is the name in parentheses, which may contain any character.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return Stat(fields[0].decode(), int(fields[2]), int(fields[3]), fields[19].decode())


def born(pid: int) -> str:
    """Return the start time of a process, which identifies it; '' if unknown.

    Parameters
    ----------
    pid : int
        Number of the process.
    """
    found = stat(pid)
    return found.born if found else ""


def age(birth: str) -> float | None:
    """Return for how many seconds a process has run, whatever the time of day; None if unknown.

    Parameters
    ----------
    birth : str
        Its start time.
    """
    if not birth or not hasattr(time, "CLOCK_BOOTTIME"):
        return None
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(birth) / os.sysconf("SC_CLK_TCK")


def is_alive(pid: int, birth: str) -> bool:
    """Return whether a process still runs and started at the given time.

    Parameters
    ----------
    pid : int
        Number of the process.
    birth : str
        Its start time.
    """
    if HAS_PROC:
        found = stat(pid)
        return found is not None and found.is_alive and found.born == birth
    return _is_reachable(os.kill, pid)


def groups(session: int, leader: int) -> set[int]:
    """Return the process groups of a job that still have a running member.

    Parameters
    ----------
    session : int
        The session of the job, which is the process id of its supervisor.
    leader : int
        The process group of the script, 0 if unknown. Without /proc no other group can be found.

    Returns
    -------
    set of int
        Process groups, never that of the supervisor.
    """
    if not HAS_PROC:
        return {leader} if leader and _is_reachable(os.killpg, leader) else set()
    everyone = (stat(name) for name in os.listdir("/proc") if name.isdigit())
    members = {found.group for found in everyone if found and _is_in(found, session)}
    return members - {session}


def orphans(supervisor: int, birth: str) -> set[int]:
    """Return the process groups that remain of a job whose supervisor was killed.

    Parameters
    ----------
    supervisor : int
        Process id of the supervisor.
    birth : str
        Its start time.
    """
    found = stat(supervisor)
    if found and found.born != birth:
        return set()  # the number was reused, so the old session has ended
    return groups(supervisor, 0)


def _is_in(found: Stat, session: int) -> bool:
    return found.session == session and found.is_alive


def _is_reachable(kill: Callable[[int, int], None], number: int) -> bool:
    try:
        kill(number, 0)
    except (ProcessLookupError, PermissionError):  # macOS refuses a group of zombies
        return False
    return True


def signal_groups(targets: set[int], number: int) -> None:
    """Send a signal to process groups; groups that have ended are no error.

    Parameters
    ----------
    targets : set of int
        The process groups.
    number : int
        The signal.
    """
    for group in targets:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def reset_signals() -> None:
    """Reset inherited signal handling, such as the ignored hangup of ``nohup``."""
    own = {signal.SIGPIPE, signal.SIGXFSZ}  # Python ignores them, subprocess restores them
    for number in signal.valid_signals() - own:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
