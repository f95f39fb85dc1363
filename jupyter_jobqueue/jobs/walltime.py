"""Walltimes: when workers leave by themselves, and when a successor is due. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Collection

from jupyter_jobqueue.jobs.job import Job, JobState

STARTUP = 15.0
"""Seconds that a worker needs to connect after its job has started."""


def margin(walltime: float) -> float:
    """Return how many seconds before its walltime a job should end.

    Parameters
    ----------
    walltime : float
        Seconds.

    Examples
    --------
    >>> margin(20), margin(60), margin(1800), margin(86400)
    (5.0, 15.0, 180.0, 300.0)
    """
    return min(300.0, max(15.0, walltime / 10), walltime / 4)


def lifetime(walltime: float) -> tuple[int, int]:
    """Return the seconds after which a worker leaves by itself, and their random spread.

    Without the spread, all workers of an array would leave in the same second.

    Parameters
    ----------
    walltime : float
        Seconds.

    Examples
    --------
    >>> lifetime(60), lifetime(1800)
    ((45, 5), (1620, 60))
    """
    reserve = margin(walltime)
    return max(1, int(walltime - reserve)), int(reserve / 3)


def wait_of(jobs: Collection[Job]) -> float:
    """Return the median wait of jobs in the queue in seconds; 0 if no job has started.

    Parameters
    ----------
    jobs : collection of Job
        The jobs of a group.
    """
    waits = [job.started - job.submitted for job in jobs if job.started]
    return max(0.0, statistics.median(waits)) if waits else 0.0


def expiring(jobs: Collection[Job], now: float) -> tuple[set[str], set[str]]:
    """Return the running jobs that need a successor now, and those that must end now.

    Parameters
    ----------
    jobs : collection of Job
        The jobs of a group.
    now : float
        Seconds since the epoch.

    Returns
    -------
    tuple of set of str
        Names of the expiring jobs, and of those among them that are overdue.
    """
    lead = wait_of(jobs) + STARTUP
    soon, overdue = set(), set()
    for job in jobs:
        # A job that is still starting may become useful. If not, the queue ends it: replacing jobs
        # that have not joined could go on for ever.
        if (
            job.walltime_ends_at is None
            or job.walltime is None
            or job.state is not JobState.RUNNING
        ):
            continue
        leaves = job.walltime_ends_at - margin(job.walltime)
        # A job works for at least half of its walltime, even if successors wait long.
        if now >= leaves - min(lead, job.walltime / 2):
            soon.add(job.name)
        if now >= leaves:
            overdue.add(job.name)
    return soon, overdue
