"""One job of a cluster: its state, its times, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from jupyter_jobqueue.batch import steady


class JobState(StrEnum):
    """The state of a job, from its submission to its end."""

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
"""Seconds after its start within which a job that ends by itself has crashed, whatever its exit
code."""


@dataclass
class Job:
    """One job of a cluster; times are seconds since the epoch, by the clock of this program.

    Parameters
    ----------
    name : str
        Unique in the cluster and never used again. The Dask worker of the job has the same name;
        several workers of one job are called ``name-0``, ``name-1`` and so on.
    number : int
        Number of the job in its cluster, from 0.
    tag : str
        Text by which the batch system shows to which submission the job belongs.
    walltime : float, optional
        Time limit in seconds, as the batch system states it or as requested; None if there is
        none or it is not known.
    id : str
        Id in the batch system; empty until it is known.
    state : JobState
        State of the job.
    reason : str
        Why it waits or why it ended, as the batch system states it.
    node : str
        Nodes on which it runs or ran, separated by commas.
    exit_code, signal : int, optional
        Exit code, or the signal that ended it; None if unknown or not ended.
    submitted : float
        When it was submitted.
    submitted_per_queue : float, optional
        When it was submitted, by the clock of the batch system.
    ahead : float
        Seconds by which the clock of the batch system is ahead of that of this program.
    started, ended : float, optional
        When it started and ended.
    estimated_start : float, optional
        When the batch system expects it to start.
    stdout, stderr : str
        Files with its output; empty if they are not known.
    workers : set of str
        Names of its workers that are connected.
    known_workers : set of str
        Names of all workers that were connected, until the reason for their loss is known.
    joined : bool
        Whether any of its workers was ever connected.
    joined_at : float, optional
        When its first worker connected.
    stuck : bool
        Whether the batch system holds it after an error.
    ended_by_system : bool
        Whether the system ended it: walltime, preemption or node failure.
    absent : int
        Successful status reports in a row that did not list the job.
    last_missed_at : float
        When the last of these reports was requested.
    vanished : bool
        Whether it counts as ended although its end was not observed: it may still exist.
    handed_over : bool
        Whether its workers have moved their data and left at the request of the cluster.
    written_off : bool
        Whether it vanished so long ago that it surely has ended.
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
    submitted: float = field(default_factory=lambda: steady.now())
    submitted_per_queue: float | None = None
    ahead: float = 0.0
    started: float | None = None
    ended: float | None = None
    estimated_start: float | None = None
    stdout: str = ""
    stderr: str = ""
    workers: set[str] = field(default_factory=set)
    known_workers: set[str] = field(default_factory=set)
    joined: bool = False
    joined_at: float | None = None
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
        """Whether the job is in the batch system, as far as known."""
        return bool(self.id) and self.state not in ENDED

    @property
    def walltime_ends_at(self) -> float | None:
        """When it reaches its walltime; None while it waits, or if there is no limit."""
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
        """Whether it ran until its walltime."""
        if self.started is None or self.ended is None or self.walltime is None:
            return False
        return self.ended - self.started >= self.walltime
