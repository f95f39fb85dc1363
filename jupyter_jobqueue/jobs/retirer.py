"""How jobs leave: spared, retired after their data has moved, or all at once at the end."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_jobqueue.errors import QueueError
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.observe import end
from jupyter_jobqueue.jobs.submitter import Submitting, ids_of

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster.cluster import JobQueueCluster

DRAIN_PATIENCE = 10.0
"""Seconds for what a worker computes to be finished before it leaves."""
RETIRE_PATIENCE = 30.0
"""Seconds for that and for the data of a worker to move, before its job is cancelled."""
GO_PATIENCE = 4.0
"""Seconds that closing waits for cancelled jobs to leave the queue."""
LEAVE_PATIENCE = 5.0
"""Seconds for a retired worker to end its job by itself, so that accounting calls the job
completed; a nanny takes 2.4 to leave."""
CLOSE_PATIENCE = 4.0
"""Seconds for the queue to take the order to cancel everything."""
REPEAT = 20.0
"""Seconds after which a job that should have left is cancelled once more."""


class Leaving(Submitting):
    """Takes jobs out of the queue."""

    def __init__(self, cluster: JobQueueCluster) -> None:
        super().__init__(cluster)
        self._retiring: set[str] = set()
        self._asked_to_end: dict[str, float] = {}

    async def drop(self, jobs: Sequence[Job]) -> None:
        """End jobs: those with workers after their data has moved, all others at once."""
        running = [job for job in jobs if job.state is JobState.RUNNING]
        for job in jobs:
            job.state = JobState.CLOSING
            self.cluster._changed(job)
        for job in running:
            self._retiring.add(job.name)
            self._asked_to_end[job.name] = -math.inf  # by its workers, not yet by the queue
            self.spawn(self._retire(job))
        await self.cancel_closing()
        self.wake()

    async def cancel_closing(self) -> None:
        """Ask the queue to end what must leave; again, where it has not heard or not obeyed."""
        oldest = time.monotonic() - REPEAT
        jobs = [
            job
            for job in self.among({JobState.CLOSING})
            if job.name not in self._retiring
            and self._asked_to_end.get(job.name, -math.inf) < oldest
        ]
        if not jobs:
            return
        names = [job.name for job in jobs]
        self._asked_to_end.update(dict.fromkeys(names, time.monotonic()))
        try:
            await self.cancel(ids_of(jobs))
        except BaseException:
            for name in names:
                self._asked_to_end.pop(name, None)
            raise

    async def _retire(self, job: Job) -> None:
        """Let a job's workers hand over their data and leave; then end it if it has not ended."""
        with suppress(TimeoutError, OSError):
            retired = self.scheduler.jobqueue_retire(
                names=sorted(job.workers), patience=DRAIN_PATIENCE
            )
            await asyncio.wait_for(retired, RETIRE_PATIENCE)
        self.wake()
        await asyncio.sleep(LEAVE_PATIENCE)
        self._retiring.discard(job.name)
        with suppress(QueueError):
            await self.cancel_closing()
        self.wake()

    async def close(self) -> list[str]:
        """Cancel every job and see that they go; returns the ids that could not be cancelled."""
        await self.stop_tasks()
        return await self._cancel_all() if hasattr(self, "queue") else []

    async def _cancel_all(self) -> list[str]:
        unknown = await self._settle_doubts()
        left = [job for job in self.jobs.values() if job.in_queue]
        for job in left:
            job.state = JobState.CLOSING
        try:
            await asyncio.wait_for(self.cancel(ids_of(left)), CLOSE_PATIENCE)
        except (QueueError, TimeoutError):
            return [*ids_of(left), *unknown]
        # They have been asked to end; one that takes its time is the queue's to kill.
        with suppress(QueueError, TimeoutError):
            await asyncio.wait_for(self._see_them_go(left), GO_PATIENCE)
        return unknown

    async def _settle_doubts(self) -> list[str]:
        """Look for jobs that may or may not be there; returns the tags that cannot be told."""
        if not self.doubts:
            return []
        with suppress(QueueError, TimeoutError):
            asked = self.queue.status([], everything=True)
            await self.cancel_extra(self.settle(await asyncio.wait_for(asked, CLOSE_PATIENCE / 2)))
            return []
        return [f"what may be there with the name or comment {tag}" for tag in self.doubts]

    async def _see_them_go(self, left: list[Job]) -> None:
        while left:
            answer = await self.queue.status(ids_of(left))
            listed = {job_id for job_id, each in answer.jobs.items() if not each.state.ended}
            for job in left:
                if job.id not in listed:
                    end(job, JobState.CANCELLED, answer.jobs.get(job.id))
            left = [job for job in left if job.in_queue]
            await asyncio.sleep(0.05 if left else 0)
