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
from jupyter_jobqueue.adapters.option import Kind, Option
from jupyter_jobqueue.errors import InvalidOption, unknown
from jupyter_jobqueue.options.common import options_of

LARGEST = 100_000
"""Largest whole number; it limits the search for a number of processes that divides the cores."""

MULTILINE = {"job_script_prologue", "job_script_epilogue"}
"""Options that are shell code and may therefore contain line breaks."""

NULLABLE = {"walltime", "death_timeout"}
"""Options with a default for which None omits the line."""

SHOWN = 200
"""Characters of a value that a message quotes."""
LONGEST_TEXT, MOST_ITEMS = 20_000, 2_000
"""Characters of one text, and items of a list, that an option may have."""
UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode categories of characters that end lines or are invalid in a text: control characters,
lone surrogates, separators of lines and paragraphs."""
WORDS = {
    "walltime": r"[\w:.+-]*",
    "job_mem": r"[\w.]*",
    "interface": r"[\w.:@-]*",
    "lsf_units": r"\w*",
}
"""Patterns of options that must be one word: a second word would be another directive."""

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
    if problem := bad_text(checked, multiline=option.name in MULTILINE):
        raise InvalidOption(
            f"{option.name} must not {problem}: {shortened(value)}",
            field=f"options.{option.name}",
        )
    if option.name in WORDS and not re.fullmatch(WORDS[option.name], str(checked)):
        raise InvalidOption(
            f"{option.name} must be one word{_such_as(option)}, not {shortened(value)}",
            field=f"options.{option.name}",
        )
    return checked


def shortened(value: Any) -> str:
    """Return a value as a message quotes it, with at most `SHOWN` characters."""
    text = repr(value[: 2 * SHOWN] if isinstance(value, str | list | tuple) else value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def bad_text(value: Any, *, multiline: bool = False) -> str:
    """Return what is wrong with the texts of a value, as ``"contain a line break"``; else empty.

    Parameters
    ----------
    value : Any
        A text, or a list of texts.
    multiline : bool
        Whether line breaks are allowed.
    """
    texts = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    if len(texts) > MOST_ITEMS:
        return f"have more than {MOST_ITEMS} items"
    for text in texts:
        if isinstance(text, str) and len(text) > LONGEST_TEXT:
            return f"be longer than {LONGEST_TEXT} characters"
        if isinstance(text, str) and (found := _bad_character(text, multiline)):
            return found
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
    return value


def _text(value: Any) -> str:
    if not _is_scalar(value):
        raise TypeError("text")
    return str(value)


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
