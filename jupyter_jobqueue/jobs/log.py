"""The end of a job's output."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from jupyter_jobqueue.errors import NotFound, unknown
from jupyter_jobqueue.jobs.job import Job

STREAMS = ("stdout", "stderr")
TAIL_BYTES = 256 * 1024


class JobLog(NamedTuple):
    """The last lines of a job's output."""

    job: str
    stream: str
    path: str
    text: str
    truncated: bool
    """Whether the file has more lines before these."""


def read(jobs: Mapping[str, Job], name: str, stream: str, lines: int) -> JobLog:
    """Read the end of a job's output; blocks, so not for an event loop.

    Parameters
    ----------
    jobs : Mapping
        Jobs by name.
    name : str
        One of them.
    stream : str
        ``"stdout"`` or ``"stderr"``.
    lines : int
        Maximum number of lines.

    Returns
    -------
    JobLog
        The lines; none if the job has not written any yet.

    Raises
    ------
    NotFound
        If there is no such job.
    InvalidOption
        If there is no such stream.
    """
    if name not in jobs:
        raise NotFound(f"no job {name!r} in this cluster", field="job")
    if stream not in STREAMS:
        raise unknown("stream", stream, STREAMS, field="stream")
    path: str = getattr(jobs[name], stream)
    found = tail(path, lines + 1).splitlines()
    size = os.path.getsize(path) if path and os.path.exists(path) else 0
    truncated = len(found) > lines or size > TAIL_BYTES
    return JobLog(name, stream, path, "\n".join(found[-lines:] if lines > 0 else []), truncated)


def tail(path: str, lines: int) -> str:
    """Return the last lines of a file; empty if it does not exist (yet)."""
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:] if lines > 0 else [])
