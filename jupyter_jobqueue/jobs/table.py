"""The table of a cluster's jobs, and what every hand that changes it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.errors import CommandTimedOut, QueueDown, QueueError
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.observe import is_of

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster.cluster import JobQueueCluster

RECENT = 2.0
"""Seconds for which an answer tells whose an id is."""


class JobTable:
    """The jobs of one cluster.

    Parameters
    ----------
    cluster : JobQueueCluster
        Its owner.
    """

    queue: JobQueue
    detail: str
    """What is wrong, in a sentence; empty if all is well."""
    words: str
    """What the queue or a log said of it."""

    def __init__(self, cluster: JobQueueCluster) -> None:
        self.cluster = cluster
        self.jobs: dict[str, Job] = {}
        self.tls: dict[str, Any] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def scheduler(self) -> Any:
        """The connection to the Dask scheduler."""
        return self.cluster.scheduler_comm

    def wake(self) -> None:
        """Have the table looked at soon."""
        raise NotImplementedError

    def say(self, detail: str, words: str = "") -> None:
        """Set what is wrong; an empty text says that all is well."""
        raise NotImplementedError

    async def cancel(self, ids: Sequence[str]) -> None:
        """Ask the queue to end jobs, with the words that the user wants in the command."""
        if ids:
            words = self.cluster.plan_.cancel_words
            await self.queue.cancel(await self._still_ours(ids), words)

    async def _still_ours(self, ids: Sequence[str]) -> list[str]:
        """Leave out the ids that the queue has given to other jobs after it had forgotten ours."""
        try:
            answer = await self.queue.status(ids, max_age=RECENT)
        except (QueueDown, CommandTimedOut):
            raise
        except QueueError:  # an answer that cannot be read must not keep jobs running
            return list(ids)
        mine = {job.id: job for job in self.jobs.values() if job.submitted < answer.queried_at}
        return [
            job_id
            for job_id in ids
            if job_id not in answer.jobs
            or job_id not in mine
            or is_of(answer.jobs[job_id], mine[job_id])
        ]

    def among(self, states: Iterable[JobState]) -> list[Job]:
        """Return the jobs in one of some states."""
        return [job for job in self.jobs.values() if job.state in states]

    def spawn(self, coroutine: Any) -> None:
        """Run a coroutine until the cluster closes."""
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop_tasks(self) -> None:
        """End what `spawn` has begun."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
