"""What is done to the jobs of one cluster in the queue: submit, adopt, drop, cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from distributed.core import Status

from jupyter_jobqueue.adapters.base import JobStatus
from jupyter_jobqueue.cluster.job import ENDED, Job, JobState, end
from jupyter_jobqueue.errors import QueueError
from jupyter_jobqueue.jobs import Answer, JobQueue

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster.core import JobQueueCluster

RETIRE_PATIENCE = 30.0
"""Seconds for the data of a worker to move before its job is cancelled."""
GO_PATIENCE = 4.0
"""Seconds that closing waits for cancelled jobs to leave the queue."""
LEAVE_PATIENCE = 5.0
"""Seconds for a retired worker to end its job by itself, so that accounting calls the job
completed; a nanny takes 2.4 to leave."""
CLOSE_PATIENCE = 4.0
"""Seconds for the queue to take the order to cancel everything."""
ARRAY = 1000
"""Elements of one array at the most; Slurm's default MaxArraySize is 1001."""


class Actions:
    """The table of a cluster's jobs, and the hands that change it.

    Parameters
    ----------
    cluster : JobQueueCluster
        Its owner.
    """

    queue: JobQueue

    def __init__(self, cluster: JobQueueCluster) -> None:
        self.cluster = cluster
        self.jobs: dict[str, Job] = {}
        self.tls: dict[str, Any] = {}
        self._count = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def scheduler(self) -> Any:
        """The connection to the Dask scheduler."""
        return self.cluster.scheduler_comm

    def wake(self) -> None:
        """Have the table looked at soon."""
        raise NotImplementedError

    async def submit(self, count: int) -> None:
        """Submit jobs, as one array where the system has arrays."""
        while count > 0:
            await self._submit(min(ARRAY, count))
            count -= ARRAY
        self.cluster._changed()
        self.wake()

    async def _submit(self, count: int) -> None:
        submission = self.next_submission
        numbers = range(self._count, self._count + count)
        self._count += count
        tag = submission["tag"]
        jobs = [Job(f"{self.cluster.name}-{number}", number, tag) for number in numbers]
        self.jobs.update({job.name: job for job in jobs})
        spec = self.cluster.plan_.job_spec(
            address=self.cluster.placement.address,
            tls=self.tls,
            logs=str(self.cluster.folder.logs),
            count=count,
            **submission,
        )
        try:
            ids = await self.queue.submit(spec)
        except BaseException:
            for job in jobs:
                del self.jobs[job.name]
            raise
        for job, job_id in zip(jobs, ids, strict=True):
            job.id, job.state = job_id, JobState.PENDING
            job.stdout, job.stderr = self.queue.adapter.log_paths(spec, job_id)
        if self.cluster.status is not Status.running:  # closed while the queue was thinking
            await self.queue.cancel(ids)

    @property
    def next_submission(self) -> dict[str, Any]:
        """First number and tag of what is submitted next."""
        return {"first": self._count, "tag": f"{self._tags}{self._count}"}

    @property
    def _tags(self) -> str:
        """What the tags of all our submissions begin with."""
        return f"jobqueue-{self.cluster.id}-"

    def adopt(self, answer: Answer) -> None:
        """Take in jobs that carry our tag although their submission was reported as failed.

        `sbatch` can time out and yet have submitted. Such jobs count, so what is too many is
        dropped.
        """
        known = {job.id for job in self.jobs.values()}
        for job_id, status in answer.jobs.items():
            ours = status.tag.startswith(self._tags) and job_id not in known
            if ours and not status.state.ended:
                self._take_in(job_id, status)

    def _take_in(self, job_id: str, status: JobStatus) -> None:
        number = int(status.tag.rpartition("-")[2]) + _index(job_id)
        name = f"{self.cluster.name}-{number}"
        if name not in self.jobs:
            self.jobs[name] = Job(name, number, status.tag, id=job_id, state=JobState.PENDING)

    async def drop(self, jobs: Sequence[Job]) -> None:
        """End jobs: those with workers after their data has moved, all others at once."""
        running = [job for job in jobs if job.state is JobState.RUNNING]
        others = [job for job in jobs if job.state is not JobState.RUNNING]
        for job in jobs:
            job.state = JobState.CLOSING
            self.cluster._changed(job)
        for job in running:
            self.spawn(self._retire(job))
        await self.queue.cancel([job.id for job in others])
        self.wake()

    async def _retire(self, job: Job) -> None:
        """Let a job's workers hand over their data and leave; then end it if it has not ended."""
        with suppress(TimeoutError, OSError):
            retired = self.scheduler.retire_workers(
                names=sorted(job.workers), close_workers=True, remove=True
            )
            await asyncio.wait_for(retired, RETIRE_PATIENCE)
        self.wake()
        await asyncio.sleep(LEAVE_PATIENCE)
        if job.state not in ENDED:
            with suppress(QueueError):
                await self.queue.cancel([job.id])
            self.wake()

    async def close(self) -> list[str]:
        """Cancel every job and see that they go; returns the ids that could not be cancelled."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not hasattr(self, "queue"):
            return []
        left = [job for job in self.jobs.values() if job.id and job.state not in ENDED]
        for job in left:
            job.state = JobState.CLOSING
        try:
            await asyncio.wait_for(self.queue.cancel([job.id for job in left]), CLOSE_PATIENCE)
        except (QueueError, TimeoutError):
            return [job.id for job in left]
        # They have been asked to end; one that takes its time is the queue's to kill.
        with suppress(QueueError, TimeoutError):
            await asyncio.wait_for(self._see_them_go(left), GO_PATIENCE)
        return []

    async def _see_them_go(self, left: list[Job]) -> None:
        while left:
            answer = await self.queue.status([job.id for job in left])
            listed = {job_id for job_id, each in answer.jobs.items() if not each.state.ended}
            for job in left:
                if job.id not in listed:
                    end(job, JobState.CANCELLED, answer.jobs.get(job.id))
            left = [job for job in left if job.state not in ENDED]
            await asyncio.sleep(0.05 if left else 0)

    def among(self, states: Iterable[JobState]) -> list[Job]:
        """Return the jobs in one of some states."""
        return [job for job in self.jobs.values() if job.state in states]

    def spawn(self, coroutine: Any) -> None:
        """Run a coroutine until the cluster closes."""
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _index(job_id: str) -> int:
    """Return an array element's index from its id, 0 for a single job."""
    return int(job_id.rpartition("_")[2]) if "_" in job_id else 0
