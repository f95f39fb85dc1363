"""Properties of a cluster object that are read from its `ClusterStatus`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from jupyter_jobqueue.cluster.status import ClusterStatus
from jupyter_jobqueue.jobs.health import Problem

T_co = TypeVar("T_co", covariant=True)


class StatusField(Generic[T_co]):
    """A property of a cluster that is read from its current status.

    Parameters
    ----------
    read : callable
        Returns its value from a `ClusterStatus`.
    doc : str
        Its docstring.
    """

    def __init__(self, read: Callable[[ClusterStatus], T_co], doc: str) -> None:
        self._read = read
        self.__doc__ = doc

    def __get__(self, cluster: Any, owner: type | None = None) -> T_co:
        if cluster is None:
            return self  # type: ignore[return-value]  # for help()
        return self._read(cluster.describe())


def _problem(now: ClusterStatus) -> Problem:
    return now.problem or Problem("")


STATE = StatusField(
    lambda now: now.state,
    "``starting``, ``running``, ``degraded``, ``closing``, ``closed`` or ``failed``.",
)
STATUS_DETAIL = StatusField(
    lambda now: _problem(now).message, "The problem in one sentence; empty if there is none."
)
STATUS_WORDS = StatusField(
    lambda now: _problem(now).details,
    "Verbatim output of the batch system or of a log about the problem.",
)
DIAGNOSIS = StatusField(
    lambda now: _problem(now).diagnosis, "The cause of the problem; empty if it is not known."
)
WANTED = StatusField(lambda now: now.target.jobs, "The target number of jobs.")
ADAPTIVE = StatusField(lambda now: now.target.adapt, "The adaptive policy; None for a fixed size.")
WAITING = StatusField(
    lambda now: now.waiting,
    "Jobs that a limit of the site or of the cluster keeps from being submitted.",
)
WAITING_REASON = StatusField(
    lambda now: now.waiting_reason, "Why most of the pending jobs wait, as the queue states it."
)
CORE_HOURS = StatusField(
    lambda now: (now.usage.core_hours, now.usage.core_hours_asked),
    "Core-hours used so far, and core-hours used if every job runs to its walltime; the second is "
    "None while a live job has no walltime.",
)
NEXT_END = StatusField(
    lambda now: now.times.next_end,
    "When the first running job reaches its walltime; seconds since the epoch, or None.",
)
CLOSES = StatusField(
    lambda now: (now.times.closes_at, now.times.closes_why),
    "When the cluster closes automatically (seconds since the epoch, or None), and why: ``idle`` "
    "or ``age``.",
)
