"""The table of a cluster's jobs, and what every hand that changes it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jupyter_jobqueue.cluster.job import Job, JobState
from jupyter_jobqueue.jobs import JobQueue

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster.core import JobQueueCluster


class JobTable:
    """The jobs of one cluster.

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
