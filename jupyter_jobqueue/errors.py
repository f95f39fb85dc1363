"""Every error that a user can meet, each with a sentence to act on and an HTTP status.

::

    JobQueueError                500
    ├── InvalidOption            400   (also a ValueError)
    ├── NotFound                 404   (also a LookupError)
    ├── WrongState               409
    ├── TooLarge                 413
    ├── TooSlow                  504
    ├── SchedulerFailed          500
    │   └── SchedulerGone        500   on re-attaching to a cluster
    └── QueueError               502   the batch system failed; ``details`` has its output
        ├── CommandMissing       502
        ├── QueueDown            502   it cannot be reached
        ├── LimitReached         502   it accepts no more jobs now
        ├── ArrayRefused         502   it accepts no array of that size, or no arrays
        ├── CancelRefused        502   it did not cancel these jobs
        └── CommandTimedOut      504

``str(error)`` is for people; ``details`` has the verbatim output of the batch system.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class JobQueueError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    message : str
        One sentence for people.
    details : str
        Output of a batch system or of a log, verbatim; may have several lines.
    field : str
        The part of the input that is wrong, such as ``"options.cores"``; empty if none is.
    """

    status_code = 500

    def __init__(self, message: str, *, details: str = "", field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.field = field

    def __str__(self) -> str:
        return f"{self.message}\n{self.details}" if self.details else self.message


class InvalidOption(JobQueueError, ValueError):
    """A value is invalid; nothing has changed."""

    status_code = 400


class NotFound(JobQueueError, LookupError):
    """There is no cluster, job, profile or batch system of that name."""

    status_code = 404


class WrongState(JobQueueError):
    """The current state of the cluster does not allow this operation."""

    status_code = 409


class TooLarge(JobQueueError):
    """More was sent than a request can need; nothing has changed."""

    status_code = 413


class TooSlow(JobQueueError):
    """A file system or another program did not answer in time; nothing has changed."""

    status_code = 504


class SchedulerFailed(JobQueueError):
    """The Dask scheduler of a cluster did not start or ended."""


class SchedulerGone(SchedulerFailed):
    """The scheduler of a cluster without an owner no longer exists."""


class QueueError(JobQueueError):
    """The batch system refused a request or failed; ``details`` has its output."""

    status_code = 502


class CommandMissing(QueueError):
    """A command of the batch system is not on this machine."""


class QueueDown(QueueError):
    """The batch system cannot be reached; it may come back."""


class LimitReached(QueueError):
    """The batch system accepts no more jobs now, but may when some have ended."""


class ArrayRefused(QueueError):
    """The batch system accepts no array of that size, or no arrays; nothing was submitted."""


class CancelRefused(QueueError):
    """The batch system refused to cancel some jobs, even one by one.

    Parameters
    ----------
    ids : sequence of str
        The jobs.
    details : str
        Output of the batch system.
    """

    def __init__(self, ids: Sequence[str], *, details: str = "") -> None:
        jobs = "a job" if len(ids) == 1 else f"{len(ids)} jobs"
        super().__init__(f"{jobs} could not be cancelled", details=details)
        self.ids = list(ids)


class CommandTimedOut(QueueError):
    """A command of the batch system did not end in time; its effect is unknown."""

    status_code = 504


SHOWN = 200
"""Characters of a value that a message quotes."""


def shortened(value: object) -> str:
    """Return a value as a message quotes it: `SHOWN` characters at the most.

    Examples
    --------
    >>> print(shortened("debug"), len(shortened("x" * 1_000_000)))
    'debug' 203
    """
    try:
        text = repr(value[: 2 * SHOWN] if isinstance(value, str | list | tuple) else value)
    except (ValueError, RecursionError):  # of a whole number of thousands of digits, or of a nest
        text = f"a {type(value).__name__} too long to show"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def unknown(kind: str, name: str, known: Iterable[str], field: str = "") -> InvalidOption:
    """Return the error for an unknown name, with the nearest known ones.

    Parameters
    ----------
    kind : str
        What the name is, such as ``"option"``.
    name : str
        The unknown name.
    known : iterable of str
        Names that exist.
    field : str
        The field of the error; `name` if empty.

    Examples
    --------
    >>> print(unknown("option", "coers", ["cores", "memory"]))
    unknown option 'coers'; did you mean 'cores'?
    """
    sentence = f"unknown {kind} {shortened(name)}; {nearest(name, known)}"
    return InvalidOption(sentence, field=(field or name)[:SHOWN])


def nearest(name: str, known: Iterable[str]) -> str:
    """Return advice for a misspelt name: the nearest known names, or all of them.

    Parameters
    ----------
    name : str
        The misspelt name.
    known : iterable of str
        Names that exist.
    """
    names = sorted(known)
    close = difflib.get_close_matches(name[:SHOWN], names, n=3, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(map(repr, close)) + "?"
    return "known are: " + ", ".join(names)
