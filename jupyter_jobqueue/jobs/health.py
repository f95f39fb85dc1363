"""What is wrong now, in one place, whoever found it. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from jupyter_jobqueue.errors import JobQueueError


class Source(IntEnum):
    """Where a problem is seen; a person sees the first of these that has one."""

    START = 1
    """The cluster did not start."""
    SCHEDULER_ENDED = 2
    """The Dask scheduler has ended although nobody closed it."""
    OWNER = 3
    """Another program has taken the cluster over."""
    SCHEDULER = 4
    """The Dask scheduler does not answer."""
    REFUSED = 5
    """The queue refused a size that was requested; nothing more is submitted."""
    QUEUE = 6
    """The batch system does not answer, or cannot be understood."""
    VANISHED = 7
    """Jobs are no longer listed, and nobody saw them end."""
    JOBS = 8
    """Jobs end before a worker joins."""
    SUBMISSION = 9
    """The queue refused a job that was to replace another; it is submitted again later."""
    LIMIT = 10
    """A limit of the site or of the cluster holds jobs back."""


@dataclass(frozen=True)
class Problem:
    """Something that is wrong.

    Parameters
    ----------
    message : str
        One sentence for people.
    details : str
        What the batch system or a log said of it, verbatim.
    diagnosis : str
        What these words mean, in a plain sentence, where that is known.
    can_retry : bool
        Whether *Retry* can help.
    """

    message: str
    details: str = ""
    diagnosis: str = ""
    can_retry: bool = False

    @classmethod
    def of(cls, error: JobQueueError, *, can_retry: bool = False) -> Problem:
        """Return an error as a problem."""
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
        """Set what is wrong as far as `source` sees; None says that all is well there."""
        if problem is not None:
            self._seen_at[source] = time.time()
        if problem == self._problems.get(source):
            return
        if problem is None:
            del self._problems[source]
        else:
            self._problems[source] = problem
        self._on_change()

    def clear(self, *sources: Source) -> None:
        """Report that all is well as far as some sources see."""
        for source in sources:
            self.report(source, None)

    def of(self, source: Source) -> Problem | None:
        """Return the problem that a source reports."""
        return self._problems.get(source)

    def seen_at(self, source: Source) -> float:
        """Return when a source last saw a problem, in seconds since the epoch; 0 for never."""
        return self._seen_at.get(source, 0.0)

    @property
    def worst(self) -> tuple[Source, Problem] | None:
        """The problem that a person sees, and its source; None if all is well."""
        return min(self._problems.items(), default=None, key=lambda item: item[0])

    @property
    def problem(self) -> Problem | None:
        """The problem that a person sees; None if all is well."""
        return self.worst[1] if self.worst else None
