"""What keeps a cluster within bounds: limits, pace, core-hours, ends of walltimes. Pure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_jobqueue.jobs.job import LIVE, WAITING, Job, JobState

MINUTE = 60.0
AFTER_FAILURE = 5
"""Submissions within a minute at the most while jobs fail to start."""


@dataclass(frozen=True)
class Care:
    """Bounds that a user or a site sets; None means no bound.

    Parameters
    ----------
    max_jobs, max_pending : int, optional
        Live jobs, and jobs that wait in the queue.
    max_submissions : int, optional
        Submissions within a minute.
    budget : float, optional
        Core-hours of all jobs together.
    idle_timeout, max_age : float, optional
        Seconds without work, and of life, after which the cluster closes.
    """

    max_jobs: int | None = None
    max_pending: int | None = None
    max_submissions: int | None = None
    budget: float | None = None
    idle_timeout: float | None = None
    max_age: float | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Care:
        """Take the bounds out of checked options."""
        return cls(**{name: options.get(name) for name in cls.__dataclass_fields__})

    def reached(self, why: str) -> str:
        """Return the sentence about a cluster that has closed: ``idle`` or ``age``."""
        if why == "idle":
            return f"it was idle for {_period(self.idle_timeout or 0)}"
        return f"it reached its maximum age ({_period(self.max_age or 0)})"

    def room(self, jobs: Collection[Job], *, job_hours: float, asked: float) -> tuple[float, str]:
        """Return how many jobs may be submitted now, and what stands in the way of more.

        Parameters
        ----------
        jobs : collection of Job
            The table.
        job_hours : float
            Core-hours of one job until its walltime; 0 if it has none.
        asked : float
            Core-hours that the jobs so far have used or may yet use.
        """
        live = sum(job.state in LIVE for job in jobs)
        pending = sum(job.state in {*WAITING, JobState.SUBMITTING} for job in jobs)
        bounds = [(math.inf, "")]
        if self.max_jobs is not None:
            bounds.append((self.max_jobs - live, f"max_jobs is {self.max_jobs}"))
        if self.max_pending is not None:
            bounds.append((self.max_pending - pending, f"max_pending is {self.max_pending}"))
        if self.budget is not None:
            left = self.budget - asked
            affordable = left // job_hours if job_hours else (math.inf if left > 0 else 0)
            bounds.append((affordable, f"the budget is {self.budget:g} core-hours"))
        room, why = min(bounds, key=lambda bound: bound[0])
        return max(0, room), why


@dataclass
class Pace:
    """When submissions were made, to keep them within a rate; times are of a monotonic clock."""

    times: deque[float] = field(default_factory=lambda: deque(maxlen=1000))

    def note(self, now: float) -> None:
        """Note a submission."""
        self.times.append(now)

    def allows(self, most: int | None, now: float) -> bool:
        """Return whether one more submission within a minute is not more than `most`."""
        return most is None or sum(now - when < MINUTE for when in self.times) < most


def core_hours(jobs: Collection[Job], cores: int, now: float) -> tuple[float, float | None]:
    """Return the core-hours used so far, and used or still possible until the walltimes.

    The second is None if a live job has no walltime.
    """
    used = asked = 0.0
    unlimited = False
    for job in jobs:
        ran = max(0.0, (job.ended or now) - job.started) if job.started else 0.0
        used += ran
        unlimited = unlimited or (job.state in LIVE and job.walltime is None)
        asked += max(ran, job.walltime or 0.0) if job.state in LIVE else ran
    return used * cores / 3600, None if unlimited else asked * cores / 3600


def _period(seconds: float) -> str:
    """Return a period in its largest whole unit.

    Examples
    --------
    >>> _period(28_800), _period(1800), _period(90), _period(0.5)
    ('8 h', '30 min', '90 s', '0.5 s')
    """
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds and not seconds % size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
