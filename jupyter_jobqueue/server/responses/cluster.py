"""Answers about clusters and their jobs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from jupyter_jobqueue.jobs.job import JobState
from jupyter_jobqueue.server.requests import Stream
from jupyter_jobqueue.server.responses.base import ResponseModel


class ClientCodeModel(ResponseModel):
    """Python code that connects a client."""

    code: str


class RangeModel(ResponseModel):
    """The limits of an adaptive cluster, in jobs; a maximum of null means no limit."""

    minimum: int
    maximum: int | None


class JobCountsModel(ResponseModel):
    """Number of jobs in each state."""

    submitting: int = 0
    pending: int = 0
    held: int = 0
    starting: int = 0
    running: int = 0
    closing: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    lost: int = 0


class DecisionModel(ResponseModel):
    """A new number of jobs that the adaptive policy chose."""

    when: float
    jobs: int
    reason: str


class NoteModel(ResponseModel):
    """An unusual event in the life of a cluster."""

    when: float
    text: str


class ClusterModel(ResponseModel):
    """A cluster."""

    id: Annotated[str, Field(json_schema_extra={"pattern": "^[0-9a-f]{12}$"})]
    name: str
    system: str
    profile: str
    created: float
    processes: int
    """Workers per job."""
    cores_per_job: int
    memory_per_job: int
    """Bytes."""
    state: Literal["starting", "running", "degraded", "closing", "failed"]
    detail: str = ""
    """The problem in one sentence; empty if there is none."""
    details: str = ""
    """Output of the batch system, or of a log, about the problem."""
    scheduler_address: str = ""
    """Empty while the scheduler starts."""
    dashboard: str = ""
    """Path relative to the base URL; empty if there is no dashboard."""
    wanted: int = 0
    """The target number of jobs."""
    adapt: RangeModel | None = None
    """Null for a fixed size."""
    jobs: JobCountsModel = JobCountsModel()
    reason: str = ""
    """Why jobs wait, as the batch system states it."""
    workers: int = 0
    """Connected workers."""
    cores: int = 0
    """Cores of the connected workers."""
    memory: int = 0
    """Memory of the connected workers in bytes."""
    decisions: tuple[DecisionModel, ...] = ()
    """Oldest first; empty for a fixed size."""
    diagnosis: str = ""
    """The meaning of `details`; empty if not known."""
    waiting: int = 0
    """Jobs that a limit keeps from being submitted."""
    core_hours: float = 0.0
    """Core-hours used so far."""
    core_hours_asked: float | None = None
    """Core-hours used if every job runs to its walltime; null if a job has no walltime."""
    budget: float | None = None
    """Maximum of core-hours."""
    closes_at: float | None = None
    """When the cluster closes automatically."""
    closes_why: Literal["", "idle", "age"] = ""
    next_end: float | None = None
    """When the first running job reaches its walltime."""
    notes: tuple[NoteModel, ...] = ()
    """Oldest first."""


class NoticeModel(ResponseModel):
    """A sentence about a cluster that no longer exists."""

    id: str
    when: float
    text: str


class JobModel(ResponseModel):
    """A job of a cluster."""

    name: str
    id: str
    """Id in the queue; empty until the job is submitted."""
    state: JobState
    reason: str
    """Reason for the state, as the batch system states it."""
    node: str
    exit_code: int | None
    signal: int | None
    submitted: float | None
    started: float | None
    ended: float | None
    ends: Annotated[float | None, Field(validation_alias="walltime_ends_at")]
    """When the job reaches its walltime."""
    estimated_start: float | None
    workers: Annotated[list[str], BeforeValidator(sorted)]
    """Names of the connected workers."""
    stdout: str
    """Path of the file."""
    stderr: str
    """Path of the file."""


class LogModel(ResponseModel):
    """The end of a job's output."""

    job: str
    stream: Stream
    path: str
    text: str
    truncated: bool
    """Whether the file has more lines before `text`."""
