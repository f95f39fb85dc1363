"""The data between adapters and their callers: jobs to submit, commands, and their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

T_co = TypeVar("T_co", covariant=True)


class BatchState(StrEnum):
    """The state of a job in its batch system; an unknown code is `UNKNOWN`, never an error."""

    PENDING = "pending"
    HELD = "held"
    STUCK = "stuck"
    """Held by the batch system after an error: the job starts only if somebody acts."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def ended(self) -> bool:
        """Whether a job in this state has left its node for good."""
        return self in (BatchState.DONE, BatchState.FAILED, BatchState.CANCELLED)


class JobStatus(NamedTuple):
    """One job as its batch system lists it.

    Parameters
    ----------
    state : BatchState
        The state of the job.
    reason : str
        Why it waits or why it ended, as the batch system states it.
    node : str
        Nodes on which it runs, separated by commas.
    tag : str
        The tag given at submission; empty if the batch system does not show it.
    submitted, started, estimated_start, ended : float, optional
        Times in seconds since the epoch; None if unknown.
    exit_code, signal : int, optional
        How it ended: one of the two, or neither if unknown.
    element : int
        Index in its array, from 0; 0 for a single job.
    ended_by_system : bool
        Whether the system ended it: walltime, preemption or node failure.
    limit : float, optional
        Seconds that the batch system lets it run now, whatever was asked for; infinite if it says
        that there is no limit, None if it does not say, or the job has ended.
    ran : float, optional
        Seconds that it has run, as the batch system counts them; None if it does not say.
    """

    state: BatchState
    reason: str = ""
    node: str = ""
    tag: str = ""
    submitted: float | None = None
    started: float | None = None
    estimated_start: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    signal: int | None = None
    element: int = 0
    ended_by_system: bool = False
    limit: float | None = None
    ran: float | None = None


class Listing(dict[str, JobStatus]):
    """The jobs that a batch system lists, by id.

    Parameters
    ----------
    jobs : Mapping
        The jobs.
    complete : bool
        Whether the whole output could be parsed. If it was cut, or has unknown lines, the listed
        jobs are right, but a missing job has not necessarily left the queue.
    """

    def __init__(self, jobs: Mapping[str, JobStatus] | None = None, *, complete: bool = True):
        super().__init__(jobs or {})
        self.complete = complete


class Queue(NamedTuple):
    """A queue or partition and its limits.

    Parameters
    ----------
    name : str
        Its name in a submission.
    default : bool
        Whether jobs without a queue go there.
    open : bool
        Whether it accepts and starts jobs.
    max_walltime, default_walltime : int, optional
        Seconds; None if there is no limit or it is unknown.
    max_cores : int, optional
        Cores of its largest node, or the maximum of a job.
    max_memory : int, optional
        Bytes of its largest node, or the maximum of a job.
    nodes : int, optional
        Number of its nodes.
    """

    name: str
    default: bool = False
    open: bool = True
    max_walltime: int | None = None
    default_walltime: int | None = None
    max_cores: int | None = None
    max_memory: int | None = None
    nodes: int | None = None


@dataclass(frozen=True)
class JobSpec:
    """One submission, whatever the batch system: `count` equal jobs that run `command`.

    Parameters
    ----------
    command : str
        Shell command that a job runs.
    name : str
        Name of the jobs.
    cores : int
        Cores that the workers of one job use.
    memory : int, optional
        Bytes that the workers of one job use.
    count : int
        Number of jobs; two or more are one array.
    tag : str
        Text that the queue must show for the jobs, to identify a submission of unknown outcome.
    logs : str
        Folder for the output of the jobs; empty leaves it to the batch system.
    exit_file : str
        File to which a job writes its exit code, in case the queue loses it. It is a shell word
        that may contain the index of an array element.
    shebang : str
        First line of the script.
    prologue, epilogue : sequence of str
        Lines of shell before and after the command.
    skip : sequence of str
        Texts; directives that contain one of them are left out.
    extra : sequence of str
        Directives added verbatim, last.
    options : Mapping
        Checked values of the adapter's own options, such as ``queue``.
    """

    command: str
    name: str = "dask-worker"
    cores: int = 1
    memory: int | None = None
    count: int = 1
    tag: str = ""
    logs: str = ""
    exit_file: str = ""
    shebang: str = "#!/usr/bin/env bash"
    prologue: Sequence[str] = ()
    epilogue: Sequence[str] = ()
    skip: Sequence[str] = ()
    extra: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Call(Generic[T_co]):
    """A command, and how to read its output.

    Parameters
    ----------
    argv : list of str
        The command and its arguments; no shell sees them.
    parse : callable
        Turns standard output into the result; `ValueError` or `LookupError` if it cannot.
    stdin : str
        Standard input.
    env : Mapping
        Environment variables to add.
    already_gone_pattern : str
        Pattern of error lines which mean that jobs have left the queue already. If all lines of
        an error match, the output is parsed nevertheless.
    """

    argv: list[str]
    parse: Callable[[str], T_co]
    stdin: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    already_gone_pattern: str = ""
