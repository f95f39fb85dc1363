"""Reads recordings of real batch systems: what a command printed, kept under ``tests/recordings``.

A recording is ``$ command``, ``--- stdout``, text, ``--- stderr``, text, ``--- exit N (seconds)``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).with_name("recordings")
ENTRY = re.compile(
    r"^\$ (?P<command>.*)\n"
    r"--- stdout\n(?P<stdout>(?:.*\n)*?)"
    r"--- stderr\n(?P<stderr>(?:.*\n)*?)"
    r"--- exit (?P<exit>\d+)",
    re.MULTILINE,
)


class Recording(NamedTuple):
    """What one command printed, and how it ended."""

    stdout: str
    stderr: str
    exit: int


def recorded(file: str, command: str) -> Recording:
    """Return the first run of `command` in a file such as ``slurm/10_squeue.txt``."""
    for entry in ENTRY.finditer((FOLDER / file).read_text()):
        if entry["command"] == command:
            return Recording(entry["stdout"], entry["stderr"], int(entry["exit"]))
    raise LookupError(f"{file} has no recording of: {command}")


def rearranged(text: str, have: Sequence[str], want: Sequence[str], *, end: str = "") -> str:
    """Return a ``|``-separated table with other columns: what the same command prints if asked so.

    Columns that were not recorded are empty; the last one of `have` may contain ``|``.
    """
    lines = (line.split("|", len(have) - 1) for line in text.splitlines())
    rows = (dict(zip(have, line, strict=True)) for line in lines)
    return "".join("|".join(row.get(name, "") for name in want) + f"{end}\n" for row in rows)
