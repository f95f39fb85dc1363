"""Checks what a user asks of a job, and draws the form of it, both from one declaration."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dask.utils import parse_bytes, parse_timedelta

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.option import Kind, Option
from jupyter_jobqueue.errors import InvalidOption, unknown
from jupyter_jobqueue.options.common import options_of

LARGEST = 100_000
"""No machine has more cores; a larger number takes long to find a number of processes for."""

SHELL = {"job_script_prologue", "job_script_epilogue"}
"""Options that are shell text and so may have line breaks."""


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
