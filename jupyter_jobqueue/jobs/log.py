"""The end of a job's output."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from typing import NamedTuple

from jupyter_jobqueue.errors import NotFound, shortened, unknown
from jupyter_jobqueue.jobs.job import Job

STREAMS = ("stdout", "stderr")
TAIL_BYTES = 256 * 1024


class JobLog(NamedTuple):
    """The last lines of a job's output.

    Parameters
    ----------
    job : str
        Name of the job.
    stream : str
        ``"stdout"`` or ``"stderr"``.
    path : str
        Path of the file; empty if it is not known.
    text : str
        The lines.
    truncated : bool
        Whether the file has more lines before these.
    """

    job: str
    stream: str
    path: str
    text: str
    truncated: bool


def read(jobs: Mapping[str, Job], name: str, stream: str, lines: int) -> JobLog:
    """Read the end of a job's output; this blocks, so do not call it in an event loop.

    Parameters
    ----------
    jobs : Mapping
        Jobs by name.
    name : str
        Name of one of them.
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
        raise NotFound(f"no job {shortened(name)} in this cluster", field="job")
    if stream not in STREAMS:
        raise unknown("stream", stream, STREAMS, field="stream")
    path: str = getattr(jobs[name], stream)
    found = tail(path, lines + 1).splitlines()
    size = os.lstat(path).st_size if path and os.path.lexists(path) else 0
    truncated = len(found) > lines or size > TAIL_BYTES
    return JobLog(name, stream, path, "\n".join(found[-lines:] if lines > 0 else []), truncated)


def open_log(path: str, flags: int) -> int:
    """Open a file only if it is regular: a pipe may block, and a link may lead anywhere.

    Parameters
    ----------
    path : str
        The file.
    flags : int
        How to open it, as for `os.open`.

    Returns
    -------
    int
        The file descriptor.

    Raises
    ------
    OSError
        If the file cannot be opened, or is not regular.
    """
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, "not a regular file", path)


def tail(path: str, lines: int) -> str:
    """Return the last lines of a file.

    Parameters
    ----------
    path : str
        The file.
    lines : int
        Maximum number of lines.

    Returns
    -------
    str
        The lines; none if the file does not exist.
    """
    try:
        with open(path, "rb", opener=open_log) as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            text = file.read(TAIL_BYTES).decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:] if lines > 0 else [])
