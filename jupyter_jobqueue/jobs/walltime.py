"""Walltimes: when workers leave by themselves, and when a successor is due. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterator

from jupyter_jobqueue.jobs.job import Job, JobState

STARTUP = 15.0
"""Seconds that a worker is given to connect after its job has started, or more if others took more.
"""


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


def handover(walltime: float) -> float:
    """Return how many seconds before its walltime a job must end, successor or not.

    This is the time to finish a task, move the data and leave.

    Parameters
    ----------
    walltime : float
        Seconds.

    Examples
    --------
    >>> handover(20), handover(60), handover(1800), handover(86400)
    (5.0, 10.0, 60.0, 100.0)
    """
    return min(margin(walltime), max(10.0, margin(walltime) / 3))


def lifetime(walltime: float) -> tuple[int, int]:
    """Return the seconds after which a worker leaves by itself, and the random spread.

    It is a last resort, for workers that are not retired in time. Without the spread, all workers
    of an array would leave in the same second.

    Parameters
    ----------
    walltime : float
        Seconds.

    Examples
    --------
    >>> lifetime(60), lifetime(1800)
    ((53, 3), (1760, 20))
    """
    third = handover(walltime) / 3
    return max(1, int(walltime - 2 * third)), int(third)


def wait_of(jobs: Collection[Job]) -> float:
    """Return the median wait of jobs in the queue in seconds; 0 if no job has started.

    Parameters
    ----------
    jobs : collection of Job
        The jobs of a group.
    """
    waits = [job.started - job.submitted for job in jobs if job.started]
    return max(0.0, statistics.median(waits)) if waits else 0.0


def startup_of(jobs: Collection[Job]) -> float:
    """Return the seconds that a worker may need to connect after its job has started.

    A slow shared file system or a busy node makes that long: the next one may take half as long
    again as those so far.

    Parameters
    ----------
    jobs : collection of Job
        The jobs of a group.
    """
    took = [job.joined_at - job.started for job in jobs if job.joined_at and job.started]
    return max(STARTUP, 1.5 * statistics.median(took)) if took else STARTUP


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
    soon, overdue = set(), set()
    for job, (due, last) in _dates(jobs):
        if now >= due:
            soon.add(job.name)
        if now >= last and job.state is JobState.RUNNING:
            overdue.add(job.name)
    return soon, overdue


def has_heir(jobs: Collection[Job], leaving: Collection[str]) -> bool:
    """Return whether a worker is there that can take over what leaving jobs have.

    Without one, nothing is gained when they leave before the queue ends them.

    Parameters
    ----------
    jobs : collection of Job
        The jobs of a group.
    leaving : collection of str
        Names of those that leave.
    """
    return any(job.state is JobState.RUNNING and job.name not in leaving for job in jobs)


def next_date(jobs: Collection[Job], now: float) -> float | None:
    """Return the seconds until a job needs a successor or must end; None if no job does.

    Parameters
    ----------
    jobs : collection of Job
        The jobs of a group.
    now : float
        Seconds since the epoch.
    """
    ahead = [date - now for _, dates in _dates(jobs) for date in dates if date > now]
    return min(ahead, default=None)


def _dates(jobs: Collection[Job]) -> Iterator[tuple[Job, tuple[float, float]]]:
    """Yield the running jobs with a limit: when each needs a successor, and when it must end.

    A starting job gets a successor only where others have shown that workers do join, if late.
    Otherwise, jobs whose workers never join could be replaced for ever.
    """
    lead = wait_of(jobs) + startup_of(jobs)
    late = {JobState.STARTING} if any(job.joined_at for job in jobs) else set()
    for job in jobs:
        ends, walltime = job.walltime_ends_at, job.walltime
        if ends is not None and walltime is not None and job.state in {JobState.RUNNING, *late}:
            # A job works for at least half of its walltime, even if successors wait for long.
            due = ends - margin(walltime) - min(lead, walltime / 2)
            yield job, (due, ends - handover(walltime))
