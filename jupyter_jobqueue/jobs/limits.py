"""The limits of a group of jobs: numbers, rates, core-hours. Pure."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.jobs.job import LIVE, WAITING, JobState
from jupyter_jobqueue.jobs.table import JobTable

MINUTE = 60.0
FULL_FOR = 15.0
"""Seconds until the next submission to a queue that accepted no more jobs."""
SUBMISSIONS_AFTER_FAILURE = 5
"""Maximum of submissions per minute while jobs fail to start."""


class Capacity(NamedTuple):
    """How many jobs may be submitted now, and why not more.

    Parameters
    ----------
    jobs : float
        Number of jobs; infinite without a limit.
    reason : str
        The limit that allows no more, as a phrase.
    details : str
        Output of the batch system about it.
    """

    jobs: float
    reason: str = ""
    details: str = ""


@dataclass
class RateLimit:
    """Times of events, to limit their rate.

    Parameters
    ----------
    times : deque of float
        When they happened, on a monotonic clock.
    """

    times: deque[float] = field(default_factory=lambda: deque(maxlen=1000))

    def note(self, now: float) -> None:
        """Record an event."""
        self.times.append(now)

    def allows(self, most: int | None, now: float) -> bool:
        """Return whether one more event is allowed.

        Parameters
        ----------
        most : int or None
            Maximum of events per minute; None for no limit.
        now : float
            Time on the same clock.
        """
        return most is None or sum(now - when < MINUTE for when in self.times) < most


@dataclass
class Limits:
    """Limits that a user or a site sets; None means no limit.

    Parameters
    ----------
    max_jobs, max_pending : int, optional
        Maximum of live jobs, and of jobs that wait in the queue.
    max_submissions : int, optional
        Maximum of submissions per minute.
    budget : float, optional
        Maximum of core-hours of all jobs together.
    submissions : RateLimit
        When jobs were submitted.
    full_until : float
        Until when the queue is assumed to accept no jobs; on a monotonic clock.
    full_details : str
        Output of the queue about that.
    """

    max_jobs: int | None = None
    max_pending: int | None = None
    max_submissions: int | None = None
    budget: float | None = None
    submissions: RateLimit = field(default_factory=RateLimit)
    full_until: float = 0.0
    full_details: str = ""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Limits:
        """Return the limits in checked options."""
        return cls(
            max_jobs=options.get("max_jobs"),
            max_pending=options.get("max_pending"),
            max_submissions=options.get("max_submissions"),
            budget=options.get("budget"),
        )

    def take(self) -> bool:
        """Note a submission that begins now, if `max_submissions` lets it."""
        now = time.monotonic()
        allowed = self.submissions.allows(self.max_submissions, now)
        if allowed:
            self.submissions.note(now)
        return allowed

    def note_full(self, details: str) -> None:
        """Record that the queue accepts no more jobs now."""
        self.full_until, self.full_details = time.monotonic() + FULL_FOR, details

    def capacity(self, table: JobTable) -> Capacity:
        """Return how many jobs may be submitted now."""
        monotonic, jobs = time.monotonic(), table.jobs.values()
        if monotonic < self.full_until:
            return Capacity(0, "the queue accepts no more jobs now", self.full_details)
        if not self.submissions.allows(self.max_submissions, monotonic):
            return Capacity(0, f"max_submissions is {self.max_submissions} per minute")
        # Vanished jobs count, as they may still be in the queue.
        live = sum(job.state in LIVE for job in jobs) + len(table.vanished)
        pending = sum(job.state in {*WAITING, JobState.SUBMITTING} for job in jobs)
        bounds = [Capacity(math.inf)]
        if self.max_jobs is not None:
            bounds.append(Capacity(self.max_jobs - live, f"max_jobs is {self.max_jobs}"))
        if self.max_pending is not None:
            left = self.max_pending - pending
            bounds.append(Capacity(left, f"max_pending is {self.max_pending}"))
        if self.budget is not None:
            affordable = self._affordable(table, self.budget)
            bounds.append(Capacity(affordable, f"the budget is {self.budget:g} core-hours"))
        least = min(bounds, key=lambda bound: bound.jobs)
        return least._replace(jobs=max(0, least.jobs))

    def _affordable(self, table: JobTable, budget: float) -> float:
        used, possible = core_hours(table, steady.now())
        left = budget - (used if possible is None else possible)
        of_one = table.shape.cores * (table.shape.walltime or 0) / 3600
        if of_one:
            return left // of_one
        return math.inf if left > 0 else 0


def core_hours(table: JobTable, now: float) -> tuple[float, float | None]:
    """Return the core-hours used so far, and those used if every job runs to its walltime.

    Parameters
    ----------
    table : JobTable
        The jobs.
    now : float
        Seconds since the epoch.

    Returns
    -------
    float, float or None
        The second is None if a live job has no walltime.
    """
    used = possible = 0.0
    unlimited = False
    vanished = {job.name for job in table.vanished}
    for job in table.jobs.values():
        ran = max(0.0, (job.ended or now) - job.started) if job.started else 0.0
        used += ran
        may_run = job.state in LIVE or job.name in vanished
        unlimited = unlimited or (may_run and job.walltime is None)
        possible += max(ran, job.walltime or 0.0) if may_run else ran
    cores = table.shape.cores
    return used * cores / 3600, None if unlimited else possible * cores / 3600
