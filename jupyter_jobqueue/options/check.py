"""Checks the options that a user gives for a job."""

from __future__ import annotations

import math
import operator
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from dask.utils import parse_bytes, parse_timedelta

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.adapter import MOST_SECONDS
from jupyter_jobqueue.adapters.option import Kind, Option
from jupyter_jobqueue.errors import InvalidOption, shortened, unknown
from jupyter_jobqueue.options.common import options_of

LARGEST = 100_000
"""Largest whole number; it limits the search for a number of processes that divides the cores."""
LARGEST_NUMBER, LARGEST_MEMORY = 1e12, 2**60
"""Largest number, and amount of memory in bytes."""

MULTILINE = {"job_script_prologue", "job_script_epilogue"}
"""Options that are shell code and may therefore contain line breaks."""

NULLABLE = {"walltime", "death_timeout"}
"""Options with a default for which None omits the line."""

LONGEST_LINE, LONGEST_TEXT, MOST_ITEMS = 4_096, 200_000, 2_000
"""Characters of a text of one line and of all texts of a list, and items of a list."""
LONGEST_NAME = 200
"""Bytes of a job's name, which is a part of the names of its log files."""
UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode categories of characters that end lines or are invalid in a text: control characters,
lone surrogates, separators of lines and paragraphs."""
FREE_TEXT = {"job_name", "python", "shebang"}
"""Texts that may look like options: adapters rename jobs, the others are commands."""
LIKE_AN_OPTION = re.compile(r"(^|\s)[\"'\\]*-")
"""A word that a command, or the reader of a directive, could take for an option of its own."""

UNQUOTED = {Kind.INTEGER, Kind.NUMBER}
"""Kinds whose examples appear without quotes in error messages."""


def check(system: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options of one job and fill in defaults.

    Parameters
    ----------
    system : str
        A batch system, such as ``"slurm"``.
    values : Mapping
        Option values by Python name; None means not set, or no limit for a time.

    Returns
    -------
    dict
        Every option of the batch system; ``memory`` in bytes, ``death_timeout`` in seconds.

    Raises
    ------
    InvalidOption
        For an unknown name, for an invalid value, or if ``cores`` or ``memory`` is missing.
    """
    known = options_of(system)
    refuse_unknown(values, known)
    given = {name: value for name, value in values.items() if value is not None}
    none = dict.fromkeys(NULLABLE & set(values) - set(given))
    defaults = {name: option.default for name, option in known.items()}
    read = {name: check_one(option, given[name]) for name, option in known.items() if name in given}
    checked = {**defaults, **none, **read}
    _require_size(system, checked)
    _refuse_endless(system, checked)
    return {**checked, "processes": checked["processes"] or _processes(checked["cores"])}


def refuse_unknown(names: Iterable[str], known: Collection[str], kind: str = "option") -> None:
    """Raise an error for the first name that is not known.

    Parameters
    ----------
    names : iterable of str
        Names that a user gave.
    known : collection of str
        Names that exist.
    kind : str
        What the names are, for the message: ``"option"`` or ``"keyword"``.

    Raises
    ------
    InvalidOption
        With the nearest known names; its ``field`` is ``options.<name>`` for an option.
    """
    for name in names:
        if name not in known:
            raise unknown(kind, name, known, field=f"options.{name}" if kind == "option" else name)


def check_one(option: Option, value: Any) -> Any:
    """Check the value of one option.

    Parameters
    ----------
    option : Option
        The option.
    value : Any
        Its value; not None.

    Returns
    -------
    Any
        The value in the type of the option's kind.

    Raises
    ------
    InvalidOption
        With the name of the option, the value, and what is valid.
    """
    try:
        checked = READERS[option.kind](value)
    except TypeError as error:
        raise _invalid(option, value, f"{error}{_such_as(option)}") from None
    except ValueError as error:
        raise _invalid(option, value, str(error)) from None
    if option.minimum is not None and checked < option.minimum:
        raise _invalid(option, value, f"at least {option.minimum}")
    if option.choices and checked not in option.choices:
        raise _invalid(option, value, f"one of {', '.join(option.choices)}")
    if problem := _problem(option, checked):
        raise InvalidOption(
            f"{option.name} must not {problem}: {shortened(value)}",
            field=f"options.{option.name}",
        )
    if option.pattern and not re.fullmatch(option.pattern, checked, re.ASCII):
        raise _invalid(option, value, f"{option.form}{_such_as(option)}")
    if option.kind is Kind.TEXT and option.name not in FREE_TEXT and LIKE_AN_OPTION.search(checked):
        raise _invalid(option, value, "free of words that begin with '-'")
    return checked


def _problem(option: Option, value: Any) -> str:
    """Return what is wrong with the texts of a value, as ``"contain a line break"``; else empty."""
    if isinstance(value, str):
        return _problem_of_line(option, value)
    return _problem_of_list(option.name, value) if isinstance(value, list) else ""


def _problem_of_line(option: Option, text: str) -> str:
    if len(text) > LONGEST_LINE:
        return f"be longer than {LONGEST_LINE} characters"
    if option.name == "job_name" and len(text.encode(errors="replace")) > LONGEST_NAME:
        return f"be longer than {LONGEST_NAME} bytes"
    if found := _bad_character(text, multiline=False):
        return found
    return "end with a backslash" if text.endswith("\\") else ""


def _problem_of_list(name: str, texts: list[str]) -> str:
    multiline = name in MULTILINE
    if len(texts) > MOST_ITEMS:
        return f"have more than {MOST_ITEMS} items"
    if sum(map(len, texts)) > LONGEST_TEXT:
        return f"be longer than {LONGEST_TEXT} characters"
    for text in texts:
        if found := _bad_character(text, multiline):
            return found
        if not multiline and text.endswith("\\"):
            return "end with a backslash"
    return ""


def _bad_character(text: str, multiline: bool) -> str:
    for character in set(text):
        if character in "\n\r" and not multiline:
            return "contain a line break"
        if character in "\n\t" or unicodedata.category(character) not in UNPRINTABLE:
            continue
        if character != "\r":
            return f"contain the character U+{ord(character):04X}"
    return ""


def _invalid(option: Option, value: Any, valid: str) -> InvalidOption:
    return InvalidOption(
        f"{option.name} must be {valid}, not {shortened(value)}", field=f"options.{option.name}"
    )


def _such_as(option: Option) -> str:
    if not option.example:
        return ""
    example = option.example if option.kind in UNQUOTED else repr(option.example)
    return f" such as {example}"


def _require_size(system: str, values: Mapping[str, Any]) -> None:
    missing = [name for name in ("cores", "memory") if values[name] is None]
    if not missing:
        return
    cores, memory = values["cores"] or 8, values["memory"] or "24 GB"
    are = "is" if len(missing) == 1 else "are"
    raise InvalidOption(
        f"{' and '.join(missing)} of a job {are} required, as in "
        f"{ADAPTERS[system].class_name}(cores={cores!r}, memory={memory!r}) "
        f"or under jobqueue.{system} in the Dask configuration",
        field=f"options.{missing[0]}",
    )


def _refuse_endless(system: str, values: Mapping[str, Any]) -> None:
    if (ADAPTERS[system]().walltime(values) or 0) > MOST_SECONDS:
        raise InvalidOption(
            f"walltime must be at most a century, not {shortened(values['walltime'])}",
            field="options.walltime",
        )


def _processes(cores: int) -> int:
    """Return Dask's choice of processes for `cores`: about the square root, and a divisor of it."""
    if cores <= 4:
        return cores
    return min(n for n in range(math.isqrt(cores - 1) + 1, cores + 1) if cores % n == 0)


# Each reader returns the value in its type. The error completes the sentence "cores must be ...":
# a TypeError is followed by an example, a ValueError is not.


def _integer(value: Any) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError  # a number in Python, but not to a user
        number = operator.index(value)
    except TypeError:
        raise TypeError("a whole number") from None
    if number > LARGEST:
        raise ValueError(f"at most {LARGEST}")
    return number


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise TypeError("a number")
    if value <= 0:
        raise ValueError("greater than 0")
    if value > LARGEST_NUMBER:
        raise ValueError(f"at most {LARGEST_NUMBER:g}")
    return value


def _text(value: Any) -> str:
    if not _is_scalar(value):
        raise TypeError("text")
    try:
        return str(value)
    except ValueError:  # of a whole number of thousands of digits
        raise TypeError("text") from None


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false")
    return value


def _lines(value: Any) -> list[str]:
    lines = [value] if isinstance(value, str) else value
    if not isinstance(lines, list | tuple) or not all(isinstance(line, str) for line in lines):
        raise TypeError("a list of texts")
    return [line for line in lines if line]


def _settings(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return setting_lines(value)
    lines = _lines(value)
    if not all("=" in line for line in lines):
        raise TypeError("a mapping or lines of the form Key = value")
    return lines


def setting_lines(settings: Mapping[Any, Any]) -> list[str]:
    """Return settings as lines of the form ``Key = value``.

    Parameters
    ----------
    settings : Mapping
        Values by key.

    Returns
    -------
    list of str
        One line per key.

    Examples
    --------
    >>> setting_lines({"RequestGPUs": 1})
    ['RequestGPUs = 1']
    """
    return [f"{key} = {value}" for key, value in settings.items()]


def _memory(value: Any) -> int:
    try:
        # Dask reads "" as one byte.
        size = int(parse_bytes(value)) if _is_scalar(value) and str(value).strip() else None
    except (ValueError, OverflowError, KeyError):
        size = None
    if size is None:
        raise TypeError("an amount of memory")
    if size < 1:
        raise ValueError("greater than 0")
    if size > LARGEST_MEMORY:
        raise ValueError("at most 1 EiB")
    return size


def _duration(value: Any) -> float:
    period = value
    if isinstance(value, str):
        try:
            period = parse_timedelta(value, default="seconds")
        except (ValueError, KeyError, IndexError, OverflowError):
            period = math.nan
    if not _is_scalar(period) or not _is_finite(period):
        raise TypeError("a time")
    if period <= 0:
        raise ValueError("greater than 0")
    if period > MOST_SECONDS:
        raise ValueError("at most a century")
    return int(period) if period == int(period) else float(period)


def _is_finite(number: float) -> bool:
    return -math.inf < number < math.inf  # math.isfinite does not take all whole numbers


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


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
