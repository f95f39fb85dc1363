"""How PBS, and those that descend from it, write ids, amounts, times and exit codes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from jupyter_jobqueue.adapters.adapter import JobSpec

UNITS = "kmgtp"
Span = tuple[str, str, int, int]
"""Array, server, and the first and last index."""


def cpus(spec: JobSpec) -> int:
    """Return the CPUs to ask for."""
    return int(spec.options.get("job_cpu") or spec.cores)


def memory(spec: JobSpec) -> tuple[str, str]:
    """Return what memory is asked for, ``job`` or ``process``, and how much; or empty texts."""
    style, own = spec.options.get("memory_per") or "job", spec.options.get("job_mem")
    if style == "none" or not (own or spec.memory):
        return "", ""
    share = cpus(spec) if style == "process" else 1
    return style, own or size_text(math.ceil((spec.memory or 0) / share))


def size_text(size: int) -> str:
    """Format bytes as PBS reads them, rounded up; what it calls KB is 1024 bytes."""
    for power, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if size >= 10 * 1024**power:
            return f"{math.ceil(size / 1024**power)}{unit}"
    return f"{size}B"


def bytes_of(text: object) -> int | None:
    """Read an amount of memory.

    Examples
    --------
    >>> bytes_of("64gb"), bytes_of("100"), bytes_of("--")
    (68719476736, 100, None)
    """
    match = re.fullmatch(rf"(\d+)([{UNITS}]?)b?", str(text).lower())
    return int(match[1]) * 1024 ** (UNITS.find(match[2]) + 1 if match[2] else 0) if match else None


def quoted(value: object) -> str:
    """Quote a value of a directive; qsub knows no backslash between quotes.

    Examples
    --------
    >>> print(quoted("my account"), quoted('a "b"'))
    "my account" 'a "b"'
    """
    text = str(value)
    if not re.search(r"[\s\\\"']", text):
        return text
    for mark in "\"'":
        if mark not in text:
            return f"{mark}{text}{mark}"
    return re.sub(r"([\s\\\"'])", r"\\\1", text)


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
    """Find the line that is an id, as ``12.server`` or ``12[].server``; sites print more."""
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


def whole_arrays(ids: Iterable[str]) -> list[str]:
    """Name an array once instead of its elements: each word is a question of its own."""
    return list(dict.fromkeys(re.sub(r"\[\d+\]", "[]", each) for each in ids))


def ranges(ids: Iterable[str]) -> list[str]:
    """Join array elements.

    Examples
    --------
    >>> ranges(["5[1].a", "5[2].a", "5[7].a", "6.a"])
    ['6.a', '5[1-2].a', '5[7].a']
    """
    words: list[str] = []
    spans: list[Span] = []
    for each in ids:
        match = re.fullmatch(r"(\d+)\[(\d+)\](.*)", each)
        if match:
            spans.append((match[1], match[3], int(match[2]), int(match[2])))
        else:
            words.append(each)
    return words + [_word(*span) for span in _joined(sorted(spans))]


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for job, server, low, high in spans:
        if joined and (job, server, low - 1) == (*joined[-1][:2], joined[-1][3]):
            joined[-1] = (job, server, joined[-1][2], high)
        else:
            joined.append((job, server, low, high))
    return joined


def _word(job: str, server: str, low: int, high: int) -> str:
    return f"{job}[{low}]{server}" if low == high else f"{job}[{low}-{high}]{server}"
