"""Decides which jobs to submit and to remove. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

from jupyter_jobqueue.jobs.job import LIVE, Job, JobState

ORDER = (JobState.PENDING, JobState.HELD, JobState.STARTING)
"""States in the order in which jobs are removed, cheapest first."""


class Decision(NamedTuple):
    """What to do.

    Parameters
    ----------
    submit : int
        Number of jobs to submit.
    drop : tuple of str
        Names of the jobs to remove.
    """

    submit: int = 0
    drop: tuple[str, ...] = ()


def decide(
    jobs: Collection[Job],
    wanted: int,
    *,
    offered: Sequence[str] = (),
    degraded: bool = False,
    room: float = math.inf,
    expiring: Collection[str] = (),
    overdue: Collection[str] = (),
    unseen: int = 0,
) -> Decision:
    """Compare the jobs of a group with its target.

    Parameters
    ----------
    jobs : collection of Job
        The jobs of the group.
    wanted : int
        Target: live jobs.
    offered : sequence of str
        Names of running jobs, the idlest first, as ranked by the Dask scheduler.
    degraded : bool
        Whether too many jobs ended before a worker joined; submission then stops.
    room : float
        Jobs that the limits allow to submit now.
    expiring : collection of str
        Names of running jobs whose walltime ends soon. Each gets a successor, and is removed once
        enough other jobs run.
    overdue : collection of str
        Names of expiring jobs that must be removed now, with or without a successor.
    unseen : int
        Jobs that are not replaced because they may still exist.
    """
    live = [job for job in jobs if job.state in LIVE]
    fresh = [job for job in live if job.name not in expiring]
    leaving = _leaving(live, fresh, wanted, expiring, overdue)
    missing = wanted - len(fresh)
    if missing >= 0:
        submit = 0 if degraded else int(min(max(0, missing - unseen), max(0, room)))
        return Decision(submit, leaving)
    # Jobs that are being submitted count too, but cannot be removed before their ids are known.
    submitting = sum(job.state is JobState.SUBMITTING for job in fresh)
    surplus = _removal_order(fresh, offered)[: max(0, -missing - submitting)]
    return Decision(drop=(*surplus, *leaving))


def surplus_running(jobs: Collection[Job], wanted: int, expiring: Collection[str] = ()) -> int:
    """Return how many running jobs must be removed, for the Dask scheduler to rank them.

    Parameters
    ----------
    jobs : collection of Job
        The jobs of the group.
    wanted : int
        Target: live jobs.
    expiring : collection of str
        Names of running jobs whose walltime ends soon.
    """
    live = [job for job in jobs if job.state in LIVE and job.name not in expiring]
    cheap = sum(job.state is not JobState.RUNNING for job in live)
    return max(0, len(live) - wanted - cheap)


def _leaving(
    live: Sequence[Job],
    fresh: Sequence[Job],
    wanted: int,
    expiring: Collection[str],
    overdue: Collection[str],
) -> tuple[str, ...]:
    """Return the expiring jobs that are no longer needed or are overdue.

    One that is still starting has nothing to hand over, and may be of use for a while.
    """
    working = (job for job in live if job.name in expiring and job.state is JobState.RUNNING)
    old = sorted(working, key=lambda job: job.number)
    ready = sum(job.state is JobState.RUNNING for job in fresh)
    unneeded = len(old) - max(0, wanted - ready)
    return tuple(
        job.name for place, job in enumerate(old) if place < unneeded or job.name in overdue
    )


def _removal_order(live: Sequence[Job], offered: Sequence[str]) -> list[str]:
    """Return the names of removable jobs, cheapest first; jobs being submitted are not."""
    cheap = [
        job.name
        for state in ORDER
        for job in sorted(live, key=lambda job: -job.number)
        if job.state is state
    ]
    running = [job.name for job in live if job.state is JobState.RUNNING]
    ranked = [name for name in offered if name in running]
    rest = [name for name in reversed(running) if name not in ranked]
    return [*cheap, *ranked, *rest]
