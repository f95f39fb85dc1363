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


def one_call(file: str) -> Recording:
    """Return the only run in a file such as ``pbs/qsub-ok.txt``.

    It is ``$ command``, ``[exit N, ...]``, ``--- stdout``, text and, if any, ``--- stderr``, text.
    """
    head, _, text = (FOLDER / file).read_text().partition("--- stdout\n")
    found = re.search(r"^\[exit (\d+)", head, re.MULTILINE)
    if not found:
        raise LookupError(f"{file} is no recording of one call")
    stdout, _, stderr = text.partition("--- stderr\n")
    return Recording(stdout, stderr, int(found[1]))


def rearranged(text: str, have: Sequence[str], want: Sequence[str], *, end: str = "") -> str:
    """Return a ``|``-separated table with other columns: what the same command prints if asked so.

    Columns that were not recorded are empty; the last one of `have` may contain ``|``.
    """
    lines = (line.split("|", len(have) - 1) for line in text.splitlines())
    rows = (dict(zip(have, line, strict=True)) for line in lines)
    return "".join("|".join(row.get(name, "") for name in want) + f"{end}\n" for row in rows)


def runs(file: str) -> dict[str, Recording]:
    """Return the first run of each command in a file such as ``oar/oarsub-ok.txt``.

    It is ``$ command``, ``# exit N, seconds``, and, if any, ``--- stdout``, text, ``--- stderr``,
    text; an empty line follows.
    """
    found: dict[str, Recording] = {}
    for entry in re.split(r"^\$ ", (FOLDER / file).read_text(), flags=re.MULTILINE)[1:]:
        command, _, rest = entry.removesuffix("\n").partition("\n# exit ")
        head, _, stderr = rest.partition("--- stderr\n")
        told, _, stdout = head.partition("--- stdout\n")
        found.setdefault(command, Recording(stdout, stderr, int(told.partition(",")[0])))
    return found
