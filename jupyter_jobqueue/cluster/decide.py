"""The decision of a cluster as a pure function: the table of jobs in, what to do out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from jupyter_jobqueue.cluster.job import LIVE, Job, JobState

ORDER = (JobState.PENDING, JobState.HELD, JobState.STARTING)
"""What is given back first: what has cost least."""


class Decision(NamedTuple):
    """How many jobs to submit, and the names of those to drop; at most one of both is not empty."""

    submit: int = 0
    drop: tuple[str, ...] = ()


def decide(
    jobs: Collection[Job], wanted: int, *, offered: Sequence[str] = (), degraded: bool = False
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
    """
    live = [job for job in jobs if job.state in LIVE]
    missing = wanted - len(live)
    if missing >= 0:
        return Decision(submit=0 if degraded else missing)
    # Those being submitted are too many too, but cannot be dropped before their ids are known.
    submitting = sum(job.state is JobState.SUBMITTING for job in live)
    return Decision(drop=tuple(_victims(live, offered)[: max(0, -missing - submitting)]))


def surplus_running(jobs: Collection[Job], wanted: int) -> int:
    """Return how many running jobs must go, so that the Dask scheduler can be asked which."""
    live = [job for job in jobs if job.state in LIVE]
    cheap = sum(job.state is not JobState.RUNNING for job in live)
    return max(0, len(live) - wanted - cheap)


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
