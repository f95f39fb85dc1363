"""Writes what the commands of PBS and its descendants take: amounts, quoted values, ids."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from jupyter_jobqueue.adapters.model import JobSpec

Span = tuple[str, str, int, int]
"""Elements of an array that follow each other: its number, its server, first and last index."""


def cpus(spec: JobSpec) -> int:
    """Return the CPUs to request."""
    return int(spec.options.get("job_cpu") or spec.cores)


def memory(spec: JobSpec) -> tuple[str, str]:
    """Return per what memory is requested, ``job`` or ``process``, and how much; or empty texts."""
    style, job_mem = spec.options.get("memory_per") or "job", spec.options.get("job_mem")
    if style == "none" or not (job_mem or spec.memory):
        return "", ""
    share = cpus(spec) if style == "process" else 1
    return style, job_mem or size_text(math.ceil((spec.memory or 0) / share))


def size_text(size: int) -> str:
    """Format bytes as PBS reads them, rounded up; what it calls KB is 1024 bytes."""
    for power, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if size >= 10 * 1024**power:
            return f"{math.ceil(size / 1024**power)}{unit}"
    return f"{size}B"


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


def whole_arrays(ids: Iterable[str]) -> list[str]:
    """Replace elements by their array: each word of a command costs the server one request."""
    return list(dict.fromkeys(re.sub(r"\[\d+\]", "[]", job_id) for job_id in ids))


def ranges(ids: Iterable[str]) -> list[str]:
    """Join array elements that follow each other.

    Examples
    --------
    >>> ranges(["5[1].a", "5[2].a", "5[7].a", "6.a"])
    ['6.a', '5[1-2].a', '5[7].a']
    """
    words: list[str] = []
    spans: list[Span] = []
    for job_id in ids:
        match = re.fullmatch(r"(\d+)\[(\d+)\](.*)", job_id)
        if match:
            spans.append((match[1], match[3], int(match[2]), int(match[2])))
        else:
            words.append(job_id)
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
