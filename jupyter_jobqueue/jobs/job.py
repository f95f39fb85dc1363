"""One job of a cluster: its state, its times, and how it ended."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum


class JobState(StrEnum):
    """Where a job is in its life."""

    SUBMITTING = "submitting"
    PENDING = "pending"
    HELD = "held"
    STARTING = "starting"
    RUNNING = "running"
    CLOSING = "closing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


LIVE = {JobState.SUBMITTING, JobState.PENDING, JobState.HELD, JobState.STARTING, JobState.RUNNING}
"""States that count towards the target."""
WAITING = {JobState.PENDING, JobState.HELD}
ENDED = {JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.LOST}
ENDED_BY_ITSELF = {JobState.DONE, JobState.FAILED, JobState.LOST}
CRASH_WITHIN = 30.0
"""Seconds; a job that ends by itself so soon after its start has crashed, whatever its exit code
is."""


@dataclass
class Job:
    """One job of a cluster; times are seconds since the epoch.

    Parameters
    ----------
    name : str
        Unique in the cluster and never used again. The Dask worker of the job has the same name;
        with several workers a job they are called ``name-0``, ``name-1`` and so on.
    number : int
        Counts the cluster's jobs from 0.
    tag : str
        What the batch system shows to tell this submission from all others.
    walltime : float, optional
        Seconds that the batch system lets it run; None if there is no limit or it is not known.
    id : str
        The id that the batch system gave; empty until it is known.
    state : JobState
        Where the job is in its life.
    reason : str
        Why it waits or why it ended, in the batch system's own words.
    node : str
        Where it runs or ran.
    exit_code, signal : int, optional
        How it ended.
    submitted : float
        When it was submitted, by the clock of this machine.
    submitted_per_queue : float, optional
        When it was submitted, by the clock of the batch system.
    started, ended : float, optional
        When it started and ended.
    estimated_start : float, optional
        When the batch system expects it to start.
    stdout, stderr : str
        Files with its output; empty if they are not known.
    workers : set of str
        Names of its workers that are connected.
    known_workers : set of str
        Names of its workers that were ever connected, until their loss has been judged.
    joined : bool
        Whether a worker of it was ever connected.
    stuck : bool
        Whether the batch system holds it after an error.
    ended_by_system : bool
        Whether it ended for no fault of its own: walltime, preemption, a node that died.
    absent : int
        Successful status reports in a row that did not list the job.
    last_missed_at : float
        When the last of these was requested; one report may be looked at twice.
    vanished : bool
        Whether it counts as ended although nobody saw its end: it may still be there.
    handed_over : bool
        Whether its workers have moved their data and left because the cluster wanted that.
    written_off : bool
        Whether it vanished so long ago that nothing waits for it any more.
    """

    name: str
    number: int
    tag: str
    walltime: float | None = None
    id: str = ""
    state: JobState = JobState.SUBMITTING
    reason: str = ""
    node: str = ""
    exit_code: int | None = None
    signal: int | None = None
    submitted: float = field(default_factory=time.time)
    submitted_per_queue: float | None = None
    started: float | None = None
    ended: float | None = None
    estimated_start: float | None = None
    stdout: str = ""
    stderr: str = ""
    workers: set[str] = field(default_factory=set)
    known_workers: set[str] = field(default_factory=set)
    joined: bool = False
    stuck: bool = False
    ended_by_system: bool = False
    absent: int = 0
    last_missed_at: float = 0.0
    vanished: bool = False
    written_off: bool = False
    handed_over: bool = False

    def __repr__(self) -> str:
        facts = [f"id={self.id}"] if self.id else []
        facts += [f"node={self.node}"] if self.node else []
        facts += [f"exit_code={self.exit_code}"] if self.exit_code is not None else []
        facts += [f"reason={self.reason!r}"] if self.reason else []
        facts += [f"workers={len(self.workers)}"] if self.workers else []
        return f"<Job {self.name}: {', '.join([self.state, *facts])}>"

    @property
    def in_queue(self) -> bool:
        """Whether the batch system has it, as far as is known."""
        return bool(self.id) and self.state not in ENDED

    @property
    def walltime_ends_at(self) -> float | None:
        """When its walltime is over; None while it waits, or if there is no limit."""
        if self.started is None or self.walltime is None or self.state in ENDED:
            return None
        return self.started + self.walltime

    @property
    def failed_start(self) -> bool:
        """Whether the job ended by itself before any of its workers joined.

        A job that was preempted or lost its node did not fail; one that reached its walltime had
        its chance.
        """
        if self.ended_by_system and not self.reached_walltime:
            return False
        return self.state in ENDED_BY_ITSELF and not self.joined

    @property
    def crashed(self) -> bool:
        """Whether it ended by itself soon after its start, although a worker had joined."""
        if self.started is None or self.ended is None or self.ended_by_system or not self.joined:
            return False
        limit = min(CRASH_WITHIN, (self.walltime or 2 * CRASH_WITHIN) / 2)
        return self.state in ENDED_BY_ITSELF and self.ended - self.started < limit

    @property
    def reached_walltime(self) -> bool:
        """Whether it ran as long as it may."""
        if self.started is None or self.ended is None or self.walltime is None:
            return False
        return self.ended - self.started >= self.walltime
