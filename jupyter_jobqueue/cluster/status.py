"""The status of a cluster: one frozen value from which everything that people see is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.cluster.lifecycle import Lifecycle
from jupyter_jobqueue.jobs.group import JobGroup
from jupyter_jobqueue.jobs.health import Problem
from jupyter_jobqueue.jobs.job import WAITING, Job
from jupyter_jobqueue.jobs.limits import core_hours
from jupyter_jobqueue.jobs.scaler import Target


@dataclass(frozen=True)
class Resources:
    """The resources of the connected workers together.

    Parameters
    ----------
    workers, cores : int
        Their number, and the number of their cores.
    memory : int
        Bytes.
    """

    workers: int = 0
    cores: int = 0
    memory: int = 0

    @classmethod
    def of(cls, workers: Iterable[Mapping[str, Any]]) -> Resources:
        """Add up the resources of workers.

        Parameters
        ----------
        workers : iterable of Mapping
            The scheduler's information about each connected worker.
        """
        found = list(workers)
        memory = sum(worker.get("memory_limit") or 0 for worker in found)
        return cls(len(found), sum(worker["nthreads"] for worker in found), memory)


@dataclass(frozen=True)
class Usage:
    """The core-hours of the jobs.

    Parameters
    ----------
    core_hours : float
        Used so far.
    core_hours_asked : float or None
        Used if every job runs to its walltime; None while a live job has no walltime.
    """

    core_hours: float = 0.0
    core_hours_asked: float | None = 0.0


@dataclass(frozen=True)
class Times:
    """When jobs and cluster end, in seconds since the epoch; None if not known or never.

    Parameters
    ----------
    next_end : float or None
        When the first running job reaches its walltime.
    closes_at : float or None
        When the cluster closes automatically.
    closes_why : str
        ``"idle"`` or ``"age"``; empty if it does not.
    """

    next_end: float | None = None
    closes_at: float | None = None
    closes_why: str = ""


@dataclass(frozen=True)
class ClusterStatus:
    """A cluster at one moment.

    Parameters
    ----------
    state : str
        ``starting``, ``running``, ``degraded``, ``closing``, ``closed`` or ``failed``.
    problem : Problem or None
        The most important problem.
    target : Target
        The wanted size.
    waiting : int
        Jobs that a limit of the site or of the cluster keeps from being submitted.
    job_counts : dict
        Number of jobs in each state, in the order in which the jobs were submitted.
    waiting_reason : str
        Why most of the pending jobs wait, as the queue states it.
    resources : Resources
        The resources of the connected workers.
    usage : Usage
        The core-hours of the jobs.
    times : Times
        When jobs and cluster end.
    """

    state: str
    problem: Problem | None
    target: Target
    waiting: int
    job_counts: Mapping[str, int]
    waiting_reason: str
    resources: Resources
    usage: Usage
    times: Times


def describe(
    lifecycle: Lifecycle, groups: Sequence[JobGroup], workers: Iterable[Mapping[str, Any]]
) -> ClusterStatus:
    """Return the current status of a cluster.

    Parameters
    ----------
    lifecycle : Lifecycle
        Has its state and problem.
    groups : sequence of JobGroup
        The groups of jobs of the cluster.
    workers : iterable of Mapping
        The scheduler's information about each connected worker.
    """
    jobs = [job for group in groups for job in list(group.table.jobs.values())]
    return ClusterStatus(
        state=lifecycle.state,
        problem=lifecycle.problem,
        target=_target(groups),
        waiting=sum(group.scaler.waiting for group in groups),
        job_counts=dict(Counter(str(job.state) for job in jobs)),
        waiting_reason=_waiting_reason(jobs),
        resources=Resources.of(workers),
        usage=_usage(groups),
        times=_times(jobs, lifecycle),
    )


def _target(groups: Sequence[JobGroup]) -> Target:
    """Return the target of all groups together, with the policy of a single group."""
    jobs = sum(group.target.jobs for group in groups)
    return Target(jobs, groups[0].target.adapt if len(groups) == 1 else None)


def _waiting_reason(jobs: Iterable[Job]) -> str:
    reasons = Counter(job.reason for job in jobs if job.state in WAITING and job.reason)
    return reasons.most_common(1)[0][0] if reasons else ""


def _usage(groups: Sequence[JobGroup]) -> Usage:
    found = [core_hours(group.table, steady.now()) for group in groups]
    possible = [asked for _, asked in found if asked is not None]
    known = len(possible) == len(found)
    return Usage(sum(used for used, _ in found), sum(possible) if known else None)


def _times(jobs: Iterable[Job], lifecycle: Lifecycle) -> Times:
    ends = (job.walltime_ends_at for job in jobs)
    closes_at, why = lifecycle.lifespan.closes
    return Times(min((end for end in ends if end is not None), default=None), closes_at, why)
