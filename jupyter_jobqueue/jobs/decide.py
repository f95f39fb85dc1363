"""The decision of a cluster as a pure function: the table of jobs in, what to do out."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

from jupyter_jobqueue.jobs.job import LIVE, Job, JobState

ORDER = (JobState.PENDING, JobState.HELD, JobState.STARTING)
"""What is given back first: what has cost least."""


class Decision(NamedTuple):
    """How many jobs to submit, and the names of those to remove."""

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
) -> Decision:
    """Compare the jobs there are with the number wanted.

    Parameters
    ----------
    jobs : collection of Job
        The table.
    wanted : int
        Live jobs wanted.
    offered : sequence of str
        Names of running jobs in the order in which the Dask scheduler can best spare them.
    degraded : bool
        Whether too many jobs ended before a worker joined: then nothing more is submitted.
    room : float
        Jobs that limits allow to submit now.
    expiring : collection of str
        Running jobs whose walltime ends soon: each is replaced while it still works, and leaves
        when as many others as wanted run.
    overdue : collection of str
        Those of them that must leave now, whoever follows.
    """
    live = [job for job in jobs if job.state in LIVE]
    fresh = [job for job in live if job.name not in expiring]
    leaving = _leaving(live, fresh, wanted, expiring, overdue)
    missing = wanted - len(fresh)
    if missing >= 0:
        submit = 0 if degraded else int(min(missing, max(0, room)))
        return Decision(submit, leaving)
    # Those being submitted are too many too, but cannot be dropped before their ids are known.
    submitting = sum(job.state is JobState.SUBMITTING for job in fresh)
    surplus = _victims(fresh, offered)[: max(0, -missing - submitting)]
    return Decision(drop=(*surplus, *leaving))


def surplus_running(jobs: Collection[Job], wanted: int, expiring: Collection[str] = ()) -> int:
    """Return how many running jobs must go, so that the Dask scheduler can be asked which."""
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
    """Return the expiring jobs that are no longer needed, or can stay no longer."""
    old = sorted((job for job in live if job.name in expiring), key=lambda job: job.number)
    ready = sum(job.state is JobState.RUNNING for job in fresh)
    needless = len(old) - max(0, wanted - ready)
    return tuple(
        job.name for place, job in enumerate(old) if place < needless or job.name in overdue
    )


def _victims(live: Sequence[Job], offered: Sequence[str]) -> list[str]:
    """Order the jobs that can be dropped, cheapest first; not one that is being submitted."""
    cheap = [
        job.name
        for state in ORDER
        for job in sorted(live, key=lambda job: -job.number)
        if job.state is state
    ]
    running = [job.name for job in live if job.state is JobState.RUNNING]
    spared = [name for name in offered if name in running]
    rest = [name for name in reversed(running) if name not in spared]
    return [*cheap, *spared, *rest]
