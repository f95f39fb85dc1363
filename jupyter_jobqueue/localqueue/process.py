"""Facts about processes, from /proc where there is one, and signals to all those of a job."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

HAS_PROC = os.path.exists("/proc/self/stat")


class Stat(NamedTuple):
    """What /proc tells about a process."""

    state: str
    group: int
    session: int
    born: str  # clock ticks since the boot

    @property
    def is_alive(self) -> bool:
        """Whether it is more than a zombie."""
        return self.state not in "ZX"


def stat(pid: int | str) -> Stat | None:
    """Return the facts about a process, None if it does not exist (or without /proc)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The second field is the name in parentheses and may itself hold anything.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return Stat(fields[0].decode(), int(fields[2]), int(fields[3]), fields[19].decode())


def born(pid: int) -> str:
    """Return what tells a process from a later one of the same number; may be ''."""
    facts = stat(pid)
    return facts.born if facts else ""


def is_alive(pid: int, birth: str) -> bool:
    """Return whether a process still runs, and is the one that was born then."""
    if HAS_PROC:
        facts = stat(pid)
        return facts is not None and facts.is_alive and facts.born == birth
    return _is_reachable(os.kill, pid)


def groups(session: int, leader: int) -> set[int]:
    """Return the process groups of a job that still have a living member.

    Parameters
    ----------
    session
        The session of the job, which is the process id of its supervisor.
    leader
        The process group of the script, 0 if unknown. Without /proc it is all that can be found.

    Returns
    -------
    set of int
        Process groups, never that of the supervisor.
    """
    if not HAS_PROC:
        return {leader} if leader and _is_reachable(os.killpg, leader) else set()
    everyone = (stat(name) for name in os.listdir("/proc") if name.isdigit())
    members = {facts.group for facts in everyone if facts and _is_in(facts, session)}
    return members - {session}


def orphans(supervisor: int, birth: str) -> set[int]:
    """Return the process groups left of a job whose supervisor was killed."""
    facts = stat(supervisor)
    if facts and facts.born != birth:
        return set()  # the number is used anew, so nothing of the old session was left
    return groups(supervisor, 0)


def _is_in(facts: Stat, session: int) -> bool:
    return facts.session == session and facts.is_alive


def _is_reachable(kill: Callable[[int, int], None], number: int) -> bool:
    try:
        kill(number, 0)
    except (ProcessLookupError, PermissionError):  # macOS refuses a group of zombies
        return False
    return True


def signal_groups(targets: set[int], number: int) -> None:
    """Send a signal to process groups; those that are gone are no error."""
    for group in targets:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def reset_signals() -> None:
    """Undo what this process inherited, such as the ignored hangup of ``nohup``."""
    own = {signal.SIGPIPE, signal.SIGXFSZ}  # Python ignores them, subprocess restores them
    for number in signal.valid_signals() - own:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
