"""Walltimes: when workers leave by themselves, and when a job's successor is due. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Collection

from jupyter_jobqueue.jobs.job import Job, JobState

STARTUP = 15.0
"""Seconds for a worker to be there after its job has started."""


def margin(walltime: float) -> float:
    """Return how many seconds before its walltime a job should have left.

    Examples
    --------
    >>> margin(20), margin(60), margin(1800), margin(86400)
    (5.0, 15.0, 180.0, 300.0)
    """
    return min(300.0, max(15.0, walltime / 10), walltime / 4)


def lifetime(walltime: float) -> tuple[int, int]:
    """Return the seconds after which a worker leaves by itself, and how much these are spread.

    Workers of one array would else all leave in the same second.

    Examples
    --------
    >>> lifetime(60), lifetime(1800)
    ((45, 5), (1620, 60))
    """
    spare = margin(walltime)
    return max(1, int(walltime - spare)), int(spare / 3)


def wait_of(jobs: Collection[Job]) -> float:
    """Return how long jobs of this cluster waited in the queue: the median, 0 if none started."""
    waits = [job.started - job.submitted for job in jobs if job.started]
    return max(0.0, statistics.median(waits)) if waits else 0.0


def expiring(jobs: Collection[Job], now: float) -> tuple[set[str], set[str]]:
    """Return the running jobs to be replaced now, and those of them that must leave now."""
    lead = wait_of(jobs) + STARTUP
    soon, overdue = set(), set()
    for job in jobs:
        # One that is still starting may yet be of use, and if not it is the queue's to end: whoever
        # replaces what has not joined can do so for ever.
        if (
            job.walltime_ends_at is None
            or job.walltime is None
            or job.state is not JobState.RUNNING
        ):
            continue
        leaves = job.walltime_ends_at - margin(job.walltime)
        # Half of a job's time is for work, however long successors wait.
        if now >= leaves - min(lead, job.walltime / 2):
            soon.add(job.name)
        if now >= leaves:
            overdue.add(job.name)
    return soon, overdue
