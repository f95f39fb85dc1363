"""One setting of a job, declared once for keyword, configuration key and form field."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The type of an option's value: how it is checked, and how a form shows it."""

    INTEGER = "integer"
    TEXT = "text"
    FLAG = "flag"
    LINES = "lines"
    MEMORY = "memory"
    DURATION = "duration"
    NUMBER = "number"
    SETTINGS = "settings"
    """A mapping, or lines of the form ``Key = value``; once checked, it is such lines."""


@dataclass(frozen=True)
class Option:
    """One setting of a job.

    Parameters
    ----------
    name : str
        The Python keyword; the configuration key is the same with ``-`` for ``_``.
    kind : Kind
        The type of its value.
    title, help : str
        What a form shows.
    default : Any
        The value when neither a keyword nor the configuration gives one.
    minimum : int, optional
        Smallest number.
    example : str
        A valid value, for error messages and forms.
    basic : bool
        Whether a form shows it at once rather than behind *More options*.
    choices : tuple of str
        The only valid values; empty if there is no such list.
    pattern : str
        Pattern of a text, in ASCII, where more than that would be more than a value: further
        directives, or commands. Empty if any text is a value.
    form : str
        What texts of that pattern are, for error messages.
    """

    name: str
    kind: Kind
    title: str
    help: str
    default: Any = None
    minimum: int | None = None
    example: str = ""
    basic: bool = False
    choices: tuple[str, ...] = ()
    pattern: str = ""
    form: str = "one word"


QUEUE = Option("queue", Kind.TEXT, "Queue", "Queue to submit to.", example="normal", basic=True)

ACCOUNT = Option(
    "account", Kind.TEXT, "Account", "Account to charge.", example="project42", basic=True
)

PROJECT = Option(
    "project", Kind.TEXT, "Project", "Project to charge.", example="project42", basic=True
)

WALLTIME = Option(
    "walltime",
    Kind.TEXT,
    "Walltime",
    "Time limit of a job, as HH:MM:SS.",
    default="00:30:00",
    example="01:00:00",
    basic=True,
    pattern=r"[\w:.+-]{0,40}",
)

JOB_CPU = Option(
    "job_cpu",
    Kind.INTEGER,
    "CPUs of the job",
    "CPUs to request, if different from the number of cores that the workers use.",
    minimum=1,
    example="4",
)

JOB_MEM = Option(
    "job_mem",
    Kind.TEXT,
    "Memory of the job",
    "Memory to request, in the queue's own format, if different from what the workers use.",
    example="4G",
    pattern=r"[\w.]{0,40}",
)


def memory_per(help: str, *choices: str) -> Option:
    """Return the option for the unit to which a memory request applies.

    Parameters
    ----------
    help : str
        What a form shows.
    *choices : str
        The units, such as ``"job"``; the first is the default.
    """
    first = choices[0]
    return Option(
        "memory_per",
        Kind.TEXT,
        "Memory per",
        help,
        default=first,
        example=first,
        choices=choices,
    )
