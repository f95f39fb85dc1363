"""The current problems of a cluster or a group, in one place. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.errors import JobQueueError


class Source(IntEnum):
    """The sources of problems, in order of importance: people see the first that has one."""

    START = 1
    """The cluster did not start."""
    SCHEDULER_ENDED = 2
    """The Dask scheduler has ended unexpectedly."""
    OWNER = 3
    """Another program has taken the cluster over."""
    SCHEDULER = 4
    """The Dask scheduler does not answer."""
    REFUSED = 5
    """The queue refused a size that was requested; nothing more is submitted."""
    QUEUE = 6
    """The batch system does not answer, or its answer cannot be parsed."""
    VANISHED = 7
    """The queue no longer lists jobs, and how they ended is unknown."""
    JOBS = 8
    """Jobs end before a worker joins."""
    SUBMISSION = 9
    """The queue refused a replacement for a job; it is submitted again later."""
    LIMIT = 10
    """A limit of the site or of the cluster keeps jobs from being submitted."""


@dataclass(frozen=True)
class Problem:
    """A problem.

    Parameters
    ----------
    message : str
        One sentence for people.
    details : str
        Verbatim output of the batch system or of a log.
    diagnosis : str
        The cause in one sentence; empty if it is not known.
    can_retry : bool
        Whether *Retry* can help.
    """

    message: str
    details: str = ""
    diagnosis: str = ""
    can_retry: bool = False

    @classmethod
    def of(cls, error: JobQueueError, *, can_retry: bool = False) -> Problem:
        """Return the problem that an error describes.

        Parameters
        ----------
        error : JobQueueError
            The error.
        can_retry : bool
            Whether *Retry* can help.
        """
        return cls(error.message, error.details, can_retry=can_retry)


class Health:
    """The problems of a group of jobs, or of a cluster, one from each source.

    Parameters
    ----------
    on_change : callable
        Called when a problem appears, changes or goes.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._problems: dict[Source, Problem] = {}
        self._seen_at: dict[Source, float] = {}

    def report(self, source: Source, problem: Problem | None) -> None:
        """Set or clear the problem of a source.

        Parameters
        ----------
        source : Source
            The source.
        problem : Problem or None
            Its problem; None if there is none.
        """
        if problem is not None:
            self._seen_at[source] = steady.now()
        if problem == self._problems.get(source):
            return
        if problem is None:
            del self._problems[source]
        else:
            self._problems[source] = problem
        self._on_change()

    def clear(self, *sources: Source) -> None:
        """Clear the problems of some sources."""
        for source in sources:
            self.report(source, None)

    def of(self, source: Source) -> Problem | None:
        """Return the problem of a source; None if it has none."""
        return self._problems.get(source)

    def seen_at(self, source: Source) -> float:
        """Return when a source last reported a problem, in seconds since the epoch; 0 for never."""
        return self._seen_at.get(source, 0.0)

    @property
    def worst(self) -> tuple[Source, Problem] | None:
        """The most important problem and its source; None if there is none."""
        return min(self._problems.items(), default=None, key=lambda item: item[0])

    @property
    def problem(self) -> Problem | None:
        """The most important problem; None if there is none."""
        return self.worst[1] if self.worst else None
