"""What a user may ask of a job: one declaration that checks values and draws the form."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dask.utils import parse_bytes, parse_timedelta

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.base import Kind, Option, Queue
from jupyter_jobqueue.errors import InvalidOption, unknown

DEFAULT_WORKER = "distributed.cli.dask_worker"

COMMON = (
    Option("cores", Kind.INTEGER, "Cores", "Cores of one job.", minimum=1, example="8", main=True),
    Option("memory", Kind.MEMORY, "Memory", "Memory of one job.", example="24 GB", main=True),
    Option(
        "processes",
        Kind.INTEGER,
        "Processes",
        "Workers that share one job; about the square root of its cores if not set.",
        minimum=1,
        example="1",
        main=True,
    ),
    Option(
        "job_name", Kind.TEXT, "Job name", "Name of the jobs in the queue.", default="dask-worker"
    ),
    Option(
        "python",
        Kind.TEXT,
        "Python",
        "Python that runs the workers; this one if not set.",
        example="/opt/conda/bin/python",
    ),
    Option(
        "interface",
        Kind.TEXT,
        "Interface",
        "Network interface that scheduler and workers use.",
        example="ib0",
    ),
    Option("nanny", Kind.FLAG, "Nanny", "Let a nanny process restart workers.", default=True),
    Option(
        "death_timeout",
        Kind.DURATION,
        "Death timeout",
        "Seconds after which a worker that finds no scheduler gives up.",
        default=60,
        example="60",
    ),
    Option(
        "local_directory",
        Kind.TEXT,
        "Local directory",
        "Fast local storage on the node.",
        example="$TMPDIR",
    ),
    Option(
        "shared_temp_directory",
        Kind.TEXT,
        "Shared directory",
        "Folder that login and compute nodes share, for keys, job scripts and logs.",
        example="$HOME",
    ),
    Option(
        "log_directory",
        Kind.TEXT,
        "Log directory",
        "Folder for the output of the jobs; the cluster's own if not set.",
    ),
    Option(
        "worker_command",
        Kind.TEXT,
        "Worker command",
        "Module that runs a worker.",
        default=DEFAULT_WORKER,
    ),
    Option(
        "worker_extra_args",
        Kind.LINES,
        "Worker arguments",
        "Further arguments of the worker, one a line.",
        default=(),
        example="--lifetime 55m",
    ),
    Option(
        "job_script_prologue",
        Kind.LINES,
        "Prologue",
        "Lines of shell before the worker starts.",
        default=(),
        example="module load python",
    ),
    Option(
        "job_script_epilogue",
        Kind.LINES,
        "Epilogue",
        "Lines of shell after the worker has ended.",
        default=(),
    ),
    Option(
        "job_extra_directives",
        Kind.LINES,
        "Extra directives",
        "Directives added to the job script as they are.",
        default=(),
    ),
    Option(
        "job_directives_skip",
        Kind.LINES,
        "Skipped directives",
        "Directives of the job script that contain one of these texts are left out.",
        default=(),
    ),
    Option(
        "shebang",
        Kind.TEXT,
        "Shebang",
        "First line of the job script.",
        default="#!/usr/bin/env bash",
    ),
    Option(
        "allowed_failures",
        Kind.INTEGER,
        "Allowed failures",
        "Jobs in a row that may end before a worker joined; then nothing more is submitted.",
        default=3,
        minimum=1,
    ),
    Option(
        "max_jobs",
        Kind.INTEGER,
        "Limit of jobs",
        "Jobs of the cluster at a time; what is wanted beyond waits.",
        minimum=1,
        example="100",
    ),
    Option(
        "max_pending",
        Kind.INTEGER,
        "Limit of pending jobs",
        "Jobs that may wait in the queue at a time; what is wanted beyond waits.",
        minimum=1,
        example="20",
    ),
    Option(
        "max_submissions",
        Kind.INTEGER,
        "Submissions a minute",
        "Submit commands within a minute; an array is one.",
        minimum=1,
        example="10",
    ),
    Option(
        "budget",
        Kind.NUMBER,
        "Budget",
        "Core-hours that all jobs together may use; nothing is submitted that could exceed them.",
        example="100",
    ),
    Option(
        "idle_timeout",
        Kind.DURATION,
        "Idle timeout",
        "Time without work, such as 30 minutes, after which the cluster closes.",
        example="30 minutes",
    ),
    Option(
        "max_age",
        Kind.DURATION,
        "Maximum age",
        "Time, such as 8 hours, after which the cluster closes.",
        example="8 hours",
    ),
)

RENAMED = {
    "extra": "worker_extra_args",
    "env_extra": "job_script_prologue",
    "job_extra": "job_extra_directives",
    "header_skip": "job_directives_skip",
}
"""Old names that dask-jobqueue still understands, and so do we."""

LARGEST = 100_000
"""No machine has more cores; a larger number takes long to find a number of processes for."""

SHELL = {"job_script_prologue", "job_script_epilogue"}
"""Options that are shell text and so may have line breaks."""


def options_of(system: str) -> dict[str, Option]:
    """Return every option of a batch system by name, in the order of the form."""
    own = {option.name: option for option in ADAPTERS[system].options}
    # An option that a batch system declares itself takes the place of the common one.
    every = [*COMMON[:3], *own.values(), *(each for each in COMMON[3:] if each.name not in own)]
    return {option.name: option for option in every}


def renamed_of(system: str) -> dict[str, str]:
    """Return the old option names of a batch system and their new ones."""
    return {**RENAMED, **ADAPTERS[system].renamed}


def check(system: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options of one job and fill in defaults.

    Parameters
    ----------
    system : str
        A batch system, such as ``"slurm"``.
    values : Mapping
        Option values by Python name; None means not set.

    Returns
    -------
    dict
        Every option of the batch system; ``memory`` in bytes, ``death_timeout`` in seconds.

    Raises
    ------
    InvalidOption
        For an unknown name, a value of the wrong kind, or when cores or memory are missing.
    """
    known = options_of(system)
    for name in values:
        if name not in known:
            raise unknown("option", name, known, field=f"options.{name}")
    given = {name: value for name, value in values.items() if value is not None}
    checked = {
        name: check_one(option, given[name]) if name in given else option.default
        for name, option in known.items()
    }
    _require_size(system, checked)
    return {**checked, "processes": checked["processes"] or _processes(checked["cores"])}


def check_one(option: Option, value: Any) -> Any:
    """Return `value` in the form that its kind has, or raise `InvalidOption` that names both."""
    try:
        checked = READERS[option.kind](value)
    except (TypeError, ValueError) as error:
        raise _refused(option, value, str(error)) from None
    if option.minimum is not None and checked < option.minimum:
        raise _refused(option, value, f"must be at least {option.minimum}")
    if option.choices and checked not in option.choices:
        raise _refused(option, value, f"is none of {', '.join(option.choices)}")
    if option.name not in SHELL and _has_line_break(checked):
        raise _refused(option, value, "must not contain a line break")
    return checked


def _refused(option: Option, value: Any, why: str) -> InvalidOption:
    advice = f"; for example {option.example!r} would do" if option.example else ""
    return InvalidOption(f"{option.name}={value!r} {why}{advice}", field=f"options.{option.name}")


def _require_size(system: str, values: Mapping[str, Any]) -> None:
    missing = [name for name in ("cores", "memory") if values[name] is None]
    if not missing:
        return
    cores, memory = values["cores"] or 8, values["memory"] or "24 GB"
    raise InvalidOption(
        f"{' and '.join(missing)} of a job must be given, as in "
        f"{ADAPTERS[system].class_name}(cores={cores!r}, memory={memory!r}) "
        f"or under jobqueue.{system} in the Dask configuration",
        field=f"options.{missing[0]}",
    )


def _processes(cores: int) -> int:
    """Return dask's choice of processes for `cores`: about the square root, and a divisor of it."""
    if cores <= 4:
        return cores
    return min(n for n in range(math.isqrt(cores - 1) + 1, cores + 1) if cores % n == 0)


def _has_line_break(value: Any) -> bool:
    texts: Iterable[Any] = value if isinstance(value, list | tuple) else [value]
    return any("\n" in text or "\r" in text for text in texts if isinstance(text, str))


def _integer(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError("must be a whole number, not true or false")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError("must be a whole number") from None
    if number > LARGEST:
        raise ValueError(f"must be at most {LARGEST}")
    return number


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("must be a number")
    if not 0 < value < math.inf:
        raise ValueError("must be a number above 0")
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError("must be text")
    return str(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


def _lines(value: Any) -> list[str]:
    lines = [value] if isinstance(value, str) else value
    if not isinstance(lines, list | tuple) or not all(isinstance(line, str) for line in lines):
        raise TypeError("must be a list of texts")
    return [line for line in lines if line]


def _settings(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{key} = {each}" for key, each in value.items()]
    lines = _lines(value)
    if not all("=" in line for line in lines):
        raise ValueError("must be a mapping, or lines of the form Key = value")
    return lines


def _memory(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError("must be an amount of memory")
    try:
        size = int(parse_bytes(value)) if str(value).strip() else 0  # dask reads "" as one byte
    except (ValueError, OverflowError, KeyError):
        raise ValueError("is not an amount of memory") from None
    if size < 1:
        raise ValueError("must be more than nothing")
    return size


def _duration(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError("must be a time in seconds")
    try:
        period = parse_timedelta(value, default="seconds")
    except (ValueError, KeyError, IndexError, OverflowError):
        raise ValueError("is not a time") from None
    if not 0 < period < math.inf:
        raise ValueError("must be a time above 0")
    return int(period) if period == int(period) else float(period)


READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.SETTINGS: _settings,
    Kind.NUMBER: _number,
    Kind.INTEGER: _integer,
    Kind.TEXT: _text,
    Kind.FLAG: _flag,
    Kind.LINES: _lines,
    Kind.MEMORY: _memory,
    Kind.DURATION: _duration,
}

JSON_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.INTEGER: {"type": "integer"},
    Kind.TEXT: {"type": "string"},
    Kind.FLAG: {"type": "boolean"},
    Kind.LINES: {"type": "array", "items": {"type": "string"}},
    Kind.MEMORY: {"type": "string"},
    Kind.DURATION: {"type": "string"},
    Kind.NUMBER: {"type": "number"},
    Kind.SETTINGS: {"type": "array", "items": {"type": "string"}},
}


def schema(system: str, values: Mapping[str, Any], queues: Iterable[Queue] = ()) -> dict[str, Any]:
    """Return the JSON schema of a batch system's options, for forms.

    Parameters
    ----------
    system : str
        A batch system.
    values : Mapping
        What the profile sets; shown as defaults.
    queues : Iterable of Queue
        Queues of the site, offered as choices with their limits as bounds.
    """
    properties = {
        name: _property(option, values.get(name, option.default))
        for name, option in options_of(system).items()
    }
    _bound(properties, list(queues))
    return {
        "type": "object",
        "title": ADAPTERS[system].label,
        "properties": properties,
        "required": ["cores", "memory"],
    }


def _property(option: Option, default: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {
        **JSON_TYPES[option.kind],
        "title": option.title,
        "description": option.help,
        "x-group": "main" if option.main else "more",
    }
    if option.minimum is not None:
        shown["minimum"] = option.minimum
    if option.choices:
        shown["enum"] = list(option.choices)
    if option.example:
        shown["examples"] = [option.example]
    if default is not None:
        shown["default"] = _shown(option.kind, default)
    return shown


def _shown(kind: Kind, value: Any) -> Any:
    """Return a value as a form takes it."""
    if kind is Kind.DURATION:
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _bound(properties: dict[str, dict[str, Any]], queues: list[Queue]) -> None:
    cores = [queue.max_cores for queue in queues if queue.open and queue.max_cores]
    if cores:
        properties["cores"]["maximum"] = max(cores)
    if "queue" in properties and queues:
        properties["queue"]["enum"] = [queue.name for queue in queues]
