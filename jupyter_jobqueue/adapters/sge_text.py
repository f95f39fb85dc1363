"""Writes what Grid Engine's commands take: names, quoted values, amounts of memory, ids."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from jupyter_jobqueue.adapters.text import group_elements, spans

SHEBANG = re.compile(r"#!\s*(?:\S*/env\s+(?:-\S+\s+)*(?P<name>\S+)|(?P<path>/\S+))")

NAME_LENGTH = 400
"""Characters of a job's name that are kept."""


def quoted(value: object) -> str:
    """Quote a value of a directive; qsub knows no backslash, and drops quotes wherever they are."""
    text = str(value)
    return f'"{text}"' if re.search(r"\s", text) and not re.search("[\"']", text) else text


def job_name(name: str) -> str:
    """Return a name that Grid Engine accepts for a job."""
    name = re.sub(r"[^\w.,+=%~-]", "-", name, flags=re.ASCII)[:NAME_LENGTH]
    return f"_{name}" if re.match(r"\d|none$", name, re.IGNORECASE) else name


def shell_of(shebang: str) -> str:
    """Return the path of the shell that a script's first line names; empty if it names none."""
    match = SHEBANG.match(shebang)
    if not match or not (match["name"] or match["path"]).endswith("sh"):
        return ""
    return match["path"] or f"/bin/{match['name']}"


def size_text(size: int) -> str:
    """Format bytes as Grid Engine reads them, rounded up; what it calls K is 1024 bytes."""
    if size % 2**30 == 0:
        return f"{size // 2**30}G"
    return f"{math.ceil(size / 2**20)}M" if size >= 2**20 else f"{math.ceil(size / 2**10)}K"


def ranges(ids: Iterable[str]) -> list[str]:
    """Join tasks of an array that follow each other; a comma would begin another job.

    Examples
    --------
    >>> ranges(["12.1", "12.2", "12.3", "12.7", "13"])
    ['12.1-3', '12.7', '13']
    """
    return [
        f"{job}.{span}" if span else job
        for job, tasks in group_elements(ids, ".").items()
        for span in spans(tasks).split(",")
    ]
