"""Texts that several batch systems share: tags, quoting, time limits, ranges of elements."""

from __future__ import annotations

import re
from collections.abc import Iterable

TAG = re.compile(r"jobqueue-[0-9a-f]+-\d+")
"""The tags that clusters give to their submissions: cluster id, and number of the first job."""


def tag_in(text: str) -> str:
    """Return the tag in the name of a job; empty if there is none.

    Examples
    --------
    >>> tag_in("dask-worker.jobqueue-0123456789ab-0[3]")
    'jobqueue-0123456789ab-0'
    """
    found = TAG.search(text)
    return found[0] if found else ""


SAFE = re.compile(r"[\w@%+=:,./$\{\}~-]+")


def quote(value: object) -> str:
    """Quote a value so that spaces survive and ``$NAME`` still expands.

    Examples
    --------
    >>> quote("/scratch/$USER"), quote("my account")
    ('/scratch/$USER', '"my account"')
    """
    text = str(value)
    if SAFE.fullmatch(text):
        return text
    return '"' + re.sub(r'(["`\\])', r"\\\1", text) + '"'


def seconds(text: str) -> int | None:
    """Read a time limit of the form ``[[days-]hours:]minutes:seconds``; None for anything else.

    Examples
    --------
    >>> seconds("1-00:00:00"), seconds("10:00"), seconds("infinite")
    (86400, 600, None)
    """
    match = re.fullmatch(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)", text.strip())
    if not match:
        return None
    days, hours, minutes, secs = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + secs


def spans(numbers: Iterable[int]) -> str:
    """Join numbers to ranges, as the commands of batch systems take array elements.

    Examples
    --------
    >>> spans([4, 1, 2, 3, 7])
    '1-4,7'
    """
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in found)
