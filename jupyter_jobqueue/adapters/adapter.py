"""What the project needs to know about a batch system: five questions, asked as data.

An adapter starts nothing. It returns a :class:`Call`: the argument list of a command and the
function that reads what
the command printed. `jupyter_jobqueue.batch.queue` runs calls; a test reads recordings with them.
"""

from __future__ import annotations

import re
import shlex
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from jupyter_jobqueue.adapters.option import Option
from jupyter_jobqueue.adapters.text import seconds

T_co = TypeVar("T_co", covariant=True)


class State(StrEnum):
    """What a batch system says of a job. A code nobody knows is `UNKNOWN`, never an error."""

    PENDING = "pending"
    HELD = "held"
    STUCK = "stuck"
    """Held by the batch system itself after an error: it will not start unless somebody acts."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def ended(self) -> bool:
        """Whether a job in this state has left its node for good."""
        return self in (State.DONE, State.FAILED, State.CANCELLED)


class JobStatus(NamedTuple):
    """One job as its batch system lists it; times are seconds since the epoch."""

    state: State
    reason: str = ""
    """The batch system's own words."""
    node: str = ""
    tag: str = ""
    """The tag given at submission; empty when the batch system does not show it."""
    submitted: float | None = None
    started: float | None = None
    estimated_start: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    signal: int | None = None
    element: int = 0
    """Which element of its array it is, from 0; 0 for a single job."""
    by_system: bool = False
    """Whether it ended for no fault of its own: walltime, preemption, a node that died."""


class Queue(NamedTuple):
    """A queue or partition and its limits; None means no limit or not known."""

    name: str
    default: bool = False
    open: bool = True
    max_walltime: int | None = None
    """Seconds."""
    default_walltime: int | None = None
    """Seconds."""
    max_cores: int | None = None
    """Cores of the largest node."""
    max_memory: int | None = None
    """Bytes of the largest node."""
    nodes: int | None = None


@dataclass(frozen=True)
class JobSpec:
    """One submission in no batch system's words: `count` equal jobs, each running `command`."""

    command: str
    name: str = "dask-worker"
    cores: int = 1
    memory: int | None = None
    """Bytes."""
    count: int = 1
    tag: str = ""
    logs: str = ""
    """Folder for the jobs' output; empty leaves it to the batch system."""
    exit_file: str = ""
    """Shell word for the file in which a job notes its exit code, should the queue forget it."""
    shebang: str = "#!/usr/bin/env bash"
    prologue: Sequence[str] = ()
    epilogue: Sequence[str] = ()
    skip: Sequence[str] = ()
    """Directives that contain one of these texts are left out."""
    extra: Sequence[str] = ()
    """Directives added verbatim, last."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Checked values of the adapter's own options, such as ``queue``."""


@dataclass(frozen=True)
class Call(Generic[T_co]):
    """A command, and how to read what it prints."""

    argv: list[str]
    parse: Callable[[str], T_co]
    stdin: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that the command needs."""
    gone: str = ""
    """A failure each line of which matches this pattern only says that jobs have left already; its
    answer is read all the same."""


class Adapter(ABC):
    """One batch system. Pure: every method returns data.

    A new batch system is one subclass in a file of its own and one line in ``ADAPTERS``.
    """

    system: ClassVar[str]
    label: ClassVar[str]
    class_name: ClassVar[str]
    """Name of the cluster class; clusters and their workers are called so unless named."""
    commands: ClassVar[tuple[str, ...]] = ()
    """Commands that must be on PATH."""
    directive: ClassVar[str]
    """What a directive line of a job script starts with."""
    array_index: ClassVar[str] = ""
    """Shell expression for an element's index from 0; empty if the system has no arrays."""
    options: ClassVar[tuple[Option, ...]] = ()
    """Options of this batch system beside those that every system has."""
    preset: ClassVar[Mapping[str, Any]] = {}
    """Values that the batch system's own profile sets, by option name."""
    renamed: ClassVar[Mapping[str, str]] = {}
    """Old option names that are still understood."""
    host: ClassVar[str] = ""
    """Address that scheduler and workers listen on when the user names no interface; empty for
    the one that other hosts reach."""
    remembers: ClassVar[bool] = False
    """Whether the listing keeps jobs for a while after they ended: then one that vanishes unseen
    never started."""
    leaks: ClassVar[str] = r"(?!)"
    """Environment variables (a pattern) of a surrounding job that must not reach a submission."""
    forgets: ClassVar[bool] = False
    """Whether the exit code of an ended job may be unknown to the queue: then the job script notes
    it in a file of its own."""
    lists_all: ClassVar[bool] = True
    """Whether `status` tells of all the user's jobs; if not, only of those it is asked for, and
    `mine` finds the others."""
    down: ClassVar[str] = r"(?!)"
    """Pattern of a failure that says that the batch system cannot be reached."""
    limit: ClassVar[str] = r"(?!)"
    """Pattern of a failure that says that a limit is reached, and that later there may be room."""
    has_dialects: ClassVar[bool] = False
    """Whether `dialect` depends on the version."""

    @abstractmethod
    def directives(self, spec: JobSpec) -> list[str]:
        """Return the directives of a job script without the leading `directive` word."""

    @abstractmethod
    def submit(self, spec: JobSpec) -> Call[list[str]]:
        """Submit `spec.count` jobs; reads one job id a job. Two or more jobs are one array."""

    @abstractmethod
    def status(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        """Ask for many jobs at once; an id missing in a good answer has left the queue."""

    @abstractmethod
    def cancel(self, ids: Sequence[str]) -> Call[None]:
        """Ask to end jobs. A request only: status tells the truth. Gone ids are no failure."""

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        """Return the time limit of a job in seconds; None if there is none or it is not known."""
        return seconds(str(options.get("walltime") or ""))

    @abstractmethod
    def version(self) -> Call[str] | None:
        """Ask for the version of the batch system; None if it is a part of this project."""

    def advice(self, options: Mapping[str, Any]) -> list[str]:
        """Return warnings about checked options that the batch system takes, but not as meant."""
        return []

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]] | None:
        """Ask an accounting database for jobs that have left the queue; None if there is none."""
        return None

    def queues(self) -> Call[list[Queue]] | None:
        """Ask for queues and limits; None if the batch system has none to tell."""
        return None

    def mine(self) -> Call[list[str]] | None:
        """Ask for the ids of all the user's jobs; None if `status` lists them all anyway."""
        return None

    def dialect(self, version: str) -> Adapter:
        """Return the adapter for the batch system that calls itself `version`."""
        return self

    def header(self, spec: JobSpec) -> list[str]:
        """Return the directive lines, without those to skip and with the extra ones."""
        lines = [f"{self.directive} {each}" for each in self.directives(spec)]
        kept = [line for line in lines if not any(skip in line for skip in spec.skip)]
        return [*kept, *(f"{self.directive} {each}" for each in spec.extra)]

    def script(self, spec: JobSpec) -> str:
        """Return the whole job script."""
        body = [*self.preamble(spec), *spec.prologue, spec.command, *spec.epilogue]
        return "\n".join([spec.shebang, "", *self.header(spec), "", *filter(None, body), ""])

    def preamble(self, spec: JobSpec) -> list[str]:
        """Return the line that has the job note its exit code, where the queue may forget it."""
        if not (self.forgets and spec.exit_file):
            return []
        return ["trap " + shlex.quote(f"echo $? > {spec.exit_file}") + " EXIT"]

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        """Return where stdout and stderr of a job go; empty texts if the project cannot know."""
        if not spec.logs:
            return "", ""
        stem = f"{spec.logs}/{re.sub('[/%]', '-', spec.name)}-{job_id}"
        return f"{stem}.out", f"{stem}.err"
