"""Properties of a cluster object that are read from its `ClusterStatus`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from jupyter_jobqueue.cluster.status import ClusterStatus
from jupyter_jobqueue.jobs.health import Problem

T_co = TypeVar("T_co", covariant=True)


class StatusField(Generic[T_co]):
    """A property of a cluster that is read from what it is now.

    Parameters
    ----------
    read : callable
        Takes it from a `ClusterStatus`.
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
    lambda now: _problem(now).message, "One sentence on what is wrong; empty when all is well."
)
STATUS_WORDS = StatusField(
    lambda now: _problem(now).details, "What the batch system or a log said of it, verbatim."
)
DIAGNOSIS = StatusField(
    lambda now: _problem(now).diagnosis, "What these words mean, where that is known."
)
WANTED = StatusField(lambda now: now.target.jobs, "Jobs wanted.")
ADAPTIVE = StatusField(lambda now: now.target.adapt, "The adaptive policy, if `adapt` is on.")
WAITING = StatusField(
    lambda now: now.waiting, "Jobs wanted that a limit of the site or of the cluster holds back."
)
WAITING_REASON = StatusField(
    lambda now: now.waiting_reason, "Why most of the pending jobs wait, in the queue's words."
)
CORE_HOURS = StatusField(
    lambda now: (now.usage.core_hours, now.usage.core_hours_asked),
    "Core-hours used so far, and used or possible until the walltimes; the second is None while a "
    "live job has no walltime.",
)
NEXT_END = StatusField(
    lambda now: now.times.next_end,
    "When the first of the running jobs reaches its walltime; seconds since the epoch.",
)
CLOSES = StatusField(
    lambda now: (now.times.closes_at, now.times.closes_why),
    "When the cluster closes by itself (seconds since the epoch), and why: ``idle`` or ``age``.",
)
