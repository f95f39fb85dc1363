"""Stand-ins for what the parts of a group of jobs use: a queue, workers, the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jupyter_jobqueue.adapters.adapter import BatchState, Call, JobSpec, JobStatus, Listing
from jupyter_jobqueue.batch.queue import StatusReport
from jupyter_jobqueue.jobs.callbacks import Callbacks
from jupyter_jobqueue.jobs.job import Job
from jupyter_jobqueue.jobs.table import JobShape, JobTable, Submission
from jupyter_jobqueue.jobs.workers import Load

TAGS = "jobqueue-abc-"


class FakeAdapter:
    """A batch system with arrays."""

    array_index, exit_codes_expire, keeps_ended_jobs = "$INDEX", False, False

    def submit(self, spec: JobSpec) -> Call[int]:
        return Call(["submit"], lambda text: spec.count, stdin=f"script of {spec.tag}")

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        return f"{job_id}.out", f"{job_id}.err"


class FakeQueue:
    """A `SharedQueue` whose answers the test chooses; it notes what it is asked."""

    def __init__(self) -> None:
        self.adapter: Any = FakeAdapter()
        self.listed: dict[str, JobStatus] = {}
        self.complete = True
        self.alone: dict[str, Listing] = {}
        self.accounting: dict[str, JobStatus] = {}
        self.time = 2_000_000_000.0
        self.sizes: list[int] = []
        self.cancelled: list[list[str]] = []
        self.words: list[Sequence[str]] = []
        self.submit_errors: list[BaseException] = []
        self.status_errors: list[Exception] = []
        self.cancel_errors: list[Exception] = []

    async def submit(self, call: Call[int]) -> list[str]:
        self.sizes.append(call.parse(""))
        if self.submit_errors:
            raise self.submit_errors.pop(0)
        return [f"{len(self.sizes)}_{element}" for element in range(call.parse(""))]

    async def status(self, ids: Sequence[str], **how: Any) -> StatusReport:
        if self.status_errors:
            raise self.status_errors.pop(0)
        self.time += 1
        return StatusReport(self.time, dict(self.listed), None, self.complete)

    async def look_for(self, job_id: str) -> Listing:
        return self.alone.get(job_id, Listing())

    async def cancel(self, ids: Sequence[str], extra: Sequence[str] = ()) -> None:
        if self.cancel_errors:
            raise self.cancel_errors.pop(0)
        self.cancelled.append(list(ids))
        self.words.append(extra)

    async def history(self, ids: Sequence[str]) -> Mapping[str, JobStatus]:
        return {job: self.accounting[job] for job in ids if job in self.accounting}


class FakeWorkers:
    """Workers that do what they are asked, and note it."""

    def __init__(self) -> None:
        self.ranking: list[str] = []
        self.retired: list[Sequence[str]] = []
        self.cleared: list[Sequence[str]] = []
        self.work = Load(0, [], False)
        self.error: Exception | None = None

    async def load(self, target_duration: str | float | None, threads: int) -> Load:
        self._fail()
        return self.work

    async def rank_by_idleness(self, groups: Mapping[str, Sequence[str]]) -> list[str]:
        self._fail()
        return self.ranking

    async def retire(self, names: Sequence[str], drain_timeout: float) -> None:
        self._fail()
        self.retired.append(names)

    async def clear_suspicion(self, names: Sequence[str]) -> None:
        self._fail()
        self.cleared.append(names)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


class FakeCluster:
    """A cluster that is open, and notes what it is called with."""

    def __init__(self) -> None:
        self.open = True
        self.saved: list[tuple[str, str]] = []
        self.changes: list[Job | None] = []

    @property
    def callbacks(self) -> Callbacks:
        return Callbacks(self.make_spec, self.save_record, lambda: self.open, self.changes.append)

    def make_spec(self, submission: Submission) -> JobSpec:
        return JobSpec("true", count=submission.count, tag=submission.tag)

    async def save_record(self, tag: str, script: str) -> None:
        self.saved.append((tag, script))


def new_table(jobs: Iterable[Job] = (), walltime: float | None = None) -> JobTable:
    table = JobTable("c", TAGS, JobShape(walltime=walltime))
    table.jobs.update({job.name: job for job in jobs})
    table.count = len(table.jobs)
    return table


def report(listed: Mapping[str, JobStatus], queried_at: float = 3_000_000_000.0) -> StatusReport:
    return StatusReport(queried_at, listed)


def pending(tag: str, element: int = 0) -> JobStatus:
    return JobStatus(BatchState.PENDING, tag=tag, element=element)
