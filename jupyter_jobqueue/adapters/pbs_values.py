"""Reads the values that PBS and its descendants print: amounts, times, ids, exit codes."""

from __future__ import annotations

import re

MEMORY_UNITS = "kmgtp"


def bytes_of(text: object) -> int | None:
    """Read an amount of memory.

    Examples
    --------
    >>> bytes_of("64gb"), bytes_of("100"), bytes_of("--")
    (68719476736, 100, None)
    """
    match = re.fullmatch(rf"(\d+)([{MEMORY_UNITS}]?)b?", str(text).lower())
    if not match:
        return None
    unit: int = 1024 ** (MEMORY_UNITS.find(match[2]) + 1 if match[2] else 0)
    return int(match[1]) * unit


def duration(value: object) -> int | None:
    """Read ``[[[days:]hours:]minutes:]seconds``; None for anything else.

    Examples
    --------
    >>> duration("01:30:00"), duration("90"), duration("1-00:00:00")
    (5400, 90, None)
    """
    parts = str(value or "").strip().split(":")
    if len(parts) > 4 or not all(part.isdecimal() for part in parts):
        return None
    units = (1, 60, 3600, 86400)
    return sum(int(part) * unit for part, unit in zip(reversed(parts), units, strict=False))


def element(job_id: str) -> int:
    """Read the index from the id of an array element, such as ``12[3].server``."""
    match = re.search(r"\[(\d+)\]", job_id)
    return int(match[1]) if match else 0


def node_of(exec_host: object) -> str:
    """Read the nodes from ``n1/0*2+n2/0*2``."""
    return ",".join(dict.fromkeys(re.findall(r"(?:^|\+)([^/+]+)", str(exec_host or ""))))


def exit_of(status: object) -> tuple[int | None, int | None]:
    """Read exit code and signal; a number below 0 is a verdict of the batch system itself.

    Examples
    --------
    >>> exit_of(3), exit_of(271), exit_of(-29)
    ((3, None), (None, 15), (None, None))
    """
    if not isinstance(status, int) or status < 0:
        return None, None
    return (None, status - 256) if status > 256 else (status, None)


def id_in(text: str, *, array: bool) -> str:
    """Find the line that is an id, ``12.server`` or ``12[].server``; sites print more lines.

    Parameters
    ----------
    text : str
        The output of qsub.
    array : bool
        Whether it is the id of an array.
    """
    brackets = r"\[\]" if array else ""
    match = re.search(rf"^\s*(\d+{brackets}(?:\.[\w.:-]+)?)\s*$", text, re.MULTILINE)
    if not match:
        raise ValueError(f"no job id in {text!r}")
    return match[1]


def version_of(text: str) -> str:
    """Read ``pbs_version = 23.06.06``, or ``Version: 6.1.3`` of Torque."""
    match = re.search(r"pbs_version\s*=\s*(\S+)", text)
    if match:
        return f"PBS {match[1]}"
    match = re.search(r"^version:\s*(\S+)", text, re.MULTILINE | re.IGNORECASE)
    return f"Torque {match[1]}" if match else text.strip()
