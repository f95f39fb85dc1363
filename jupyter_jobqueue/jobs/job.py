"""The table of jobs: what a cluster knows of each, and how a queue's answer changes it."""

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
"""States that count towards the number of jobs wanted."""
TAGS = "jobqueue-"
"""What all our tags begin with."""
BRIEF = 30.0
"""Seconds; a job that ends by itself so soon after its start has crashed, whatever it says."""
WAITING = {JobState.PENDING, JobState.HELD}
ENDED = {JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.LOST}


@dataclass
class Job:
    """One job of a cluster; times are seconds since the epoch.

    Parameters
    ----------
    name : str
        Unique in the cluster and never used again; the Dask worker of the job has it too.
    number : int
        Counts the cluster's jobs from 0.
    tag : str
        What the queue shows to tell this submission from all others.
    walltime : float, optional
        Seconds that the queue lets it run; None if there is no limit or it is not known.
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
    queued: float | None = None
    """When the queue says that it was submitted."""
    started: float | None = None
    ended: float | None = None
    estimated_start: float | None = None
    stdout: str = ""
    stderr: str = ""
    workers: set[str] = field(default_factory=set)
    """Names of its workers that are connected."""
    known_workers: set[str] = field(default_factory=set)
    """Names of its workers that ever were."""
    joined: bool = False
    """Whether a worker of it was ever connected."""
    stuck: bool = False
    """Whether the queue itself holds it after an error."""
    by_system: bool = False
    """Whether it ended for no fault of its own: walltime, preemption, a node that died."""
    absent: int = 0
    """Good answers in a row that did not list the job."""
    missed: float = 0.0
    """When the queue was asked for the last of these; one answer may be looked at twice."""

    def __repr__(self) -> str:
        told = [f"id={self.id}"] if self.id else []
        told += [f"node={self.node}"] if self.node else []
        told += [f"exit_code={self.exit_code}"] if self.exit_code is not None else []
        told += [f"reason={self.reason!r}"] if self.reason else []
        told += [f"workers={len(self.workers)}"] if self.workers else []
        return f"<Job {self.name}: {', '.join([self.state, *told])}>"

    @property
    def in_queue(self) -> bool:
        """Whether the queue has it, as far as is known."""
        return bool(self.id) and self.state not in ENDED

    @property
    def ends(self) -> float | None:
        """When its walltime is over; None while it waits, or if there is no limit."""
        if self.started is None or self.walltime is None or self.state in ENDED:
            return None
        return self.started + self.walltime

    @property
    def failed_start(self) -> bool:
        """Whether the job ended by itself before any of its workers joined.

        One that made way or lost its node did not; one that used up its walltime had its chance.
        """
        if self.by_system and not self.used_up:
            return False
        return self.state in (JobState.DONE, JobState.FAILED, JobState.LOST) and not self.joined

    @property
    def crashed(self) -> bool:
        """Whether it ended by itself soon after its start, although a worker had joined."""
        if self.started is None or self.ended is None or self.by_system or not self.joined:
            return False
        brief = min(BRIEF, (self.walltime or 2 * BRIEF) / 2)
        by_itself = self.state in (JobState.DONE, JobState.FAILED, JobState.LOST)
        return by_itself and self.ended - self.started < brief

    @property
    def used_up(self) -> bool:
        """Whether it ran as long as it may."""
        known = self.started is not None and self.ended is not None and self.walltime is not None
        return known and self.ended - self.started >= self.walltime  # type: ignore[operator]
