"""Values that go into and out of the store."""

from __future__ import annotations

from typing import NamedTuple


class Submission(NamedTuple):
    """One call of ``submit``; the fields are the columns of its table.

    Parameters
    ----------
    name, tag : str
        Name and tag of the jobs.
    interpreter : str
        JSON list: the interpreter of the script, and its argument.
    cpus : int
        CPUs of each job.
    walltime : int, optional
        Seconds; None for no limit.
    stdout, stderr : str
        Patterns of the absolute paths of the output files.
    directory : str
        Working directory.
    umask : int
        Umask of the job.
    environment : str
        JSON object: environment variables.
    """

    name: str
    tag: str
    interpreter: str
    cpus: int
    walltime: int | None
    stdout: str
    stderr: str
    directory: str
    umask: int
    environment: str


class Outcome(NamedTuple):
    """How a job ended.

    Parameters
    ----------
    state : str
        ``COMPLETED``, ``FAILED``, ``CANCELLED`` or ``TIMEOUT``.
    reason : str
        A phrase for people.
    exit_code, signal : int, optional
        Exit code of the script, or the signal that ended it.
    """

    state: str
    reason: str
    exit_code: int | None = None
    signal: int | None = None
