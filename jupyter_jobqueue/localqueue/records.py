"""What the store takes and gives."""

from __future__ import annotations

from typing import NamedTuple


class Submission(NamedTuple):
    """One call of ``submit``; the fields are the columns of its table."""

    name: str
    tag: str
    interpreter: str  # JSON list
    cpus: int
    walltime: int | None  # seconds
    stdout: str  # absolute path patterns
    stderr: str
    directory: str
    umask: int
    environment: str  # JSON object


class Outcome(NamedTuple):
    """How a job ended."""

    state: str
    reason: str
    exit_code: int | None = None
    signal: int | None = None
