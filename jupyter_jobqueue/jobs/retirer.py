"""How jobs leave: at once, after their workers have moved their data, or all together."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from jupyter_jobqueue.batch.queue import StatusReport
from jupyter_jobqueue.batch.shared import SharedQueue
from jupyter_jobqueue.errors import CancelRefused, QueueError, SchedulerFailed
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.observe import end, is_of
from jupyter_jobqueue.jobs.table import JobTable, ids_of
from jupyter_jobqueue.jobs.tasks import TaskSet
from jupyter_jobqueue.jobs.walltime import expiring, handover
from jupyter_jobqueue.jobs.workers import Workers

DRAIN_TIMEOUT = 10.0
"""Seconds for what a worker computes to be finished before it leaves."""
RETIRE_TIMEOUT = 30.0
"""Seconds for that and for the data of a worker to move, before its job is cancelled."""
LEAVE_TIMEOUT = 5.0
"""Seconds for a retired worker to end its job by itself, so that accounting calls the job
completed; a nanny takes 2.4 to leave."""
CANCEL_TIMEOUT = 4.0
"""Seconds for the queue to take the order to cancel everything."""
CANCEL_TIME_OF_ONE = 0.1
"""Seconds that the queue may need for each of them."""
WHOSE_TIMEOUT = 2.0
"""Seconds for a status report that shows whose ids are, before they are cancelled all the same."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two status reports while jobs leave."""
GONE_TIMEOUT = 4.0
"""Seconds that closing waits for cancelled jobs to leave the queue."""
CANCEL_INTERVAL = 20.0
"""Seconds after which a job that should have left is cancelled once more."""
OWNER_KNOWN_FOR = 2.0
"""Seconds for which a status report shows whose an id is."""


class Retirer:
    """Takes jobs out of the queue.

    Parameters
    ----------
    table : JobTable
        The jobs.
    queue : SharedQueue
        The batch system.
    workers : Workers
        The Dask workers of the jobs.
    cancel_words : sequence of str
        What the user wants in the command that cancels jobs.
    on_change : callable
        Called with each job whose state has changed.
    """

    def __init__(
        self,
        table: JobTable,
        queue: SharedQueue,
        workers: Workers,
        cancel_words: Sequence[str],
        on_change: Callable[[Job], None],
    ) -> None:
        self.table = table
        self.queue = queue
        self.workers = workers
        self._cancel_words = cancel_words
        self._on_change = on_change
        self._tasks = TaskSet()
        self._retiring: set[str] = set()
        self._cancelled_at: dict[str, float] = {}

    def was_asked_to_end(self, job: Job) -> bool:
        """Return whether this cluster wanted a job to end."""
        return job.name in self._cancelled_at

    async def cancel(self, ids: Sequence[str]) -> None:
        """Ask the queue to end jobs; ids that belong to other jobs by now are left alone."""
        if ids:
            await self.queue.cancel(await self._still_ours(ids), self._cancel_words)

    async def _still_ours(self, ids: Sequence[str]) -> list[str]:
        """Leave out the ids that the queue has given to other jobs after it had forgotten ours.

        A queue that does not tell must not keep jobs running: what it is asked to end is ours as
        far as is known.
        """
        try:
            async with asyncio.timeout(WHOSE_TIMEOUT):
                report = await self.queue.status(ids, max_age=OWNER_KNOWN_FOR)
        except (QueueError, TimeoutError):
            return list(ids)
        mine = {
            job.id: job for job in self.table.jobs.values() if job.submitted < report.queried_at
        }
        return [
            job_id
            for job_id in ids
            if job_id not in report.jobs
            or job_id not in mine
            or is_of(report.jobs[job_id], mine[job_id])
        ]

    async def remove(self, jobs: Sequence[Job]) -> None:
        """End jobs: those with workers after their data has moved, all others at once."""
        running = [job for job in jobs if job.state is JobState.RUNNING]
        for job in jobs:
            job.state = JobState.CLOSING
            self._on_change(job)
        for job in running:
            self.retire(job)
        await self.cancel_due()

    def retire(self, job: Job) -> None:
        """Let a job's workers hand over their data and leave; then cancel it if it is still there.

        Nobody waits for it.
        """
        self._retiring.add(job.name)
        self._cancelled_at[job.name] = -math.inf  # by its workers, not yet by the queue
        self._tasks.spawn(self._retire(job))

    async def _retire(self, job: Job) -> None:
        with suppress(TimeoutError, SchedulerFailed):
            # Not wait_for, which in Python 3.11 can swallow a cancellation.
            patience = self._patience(job)
            async with asyncio.timeout(patience + RETIRE_TIMEOUT - DRAIN_TIMEOUT):
                await self.workers.retire(sorted(job.workers), patience)
            job.handed_over = True
        self._on_change(job)
        await asyncio.sleep(LEAVE_TIMEOUT)
        self._retiring.discard(job.name)
        with suppress(QueueError):
            await self.cancel_due()
        self._on_change(job)

    def _patience(self, job: Job) -> float:
        """Return the seconds in which a job may finish its tasks.

        One that leaves for its walltime may use the time that it has: nobody waits for its cores.
        """
        soon, _ = expiring([job], time.time())
        if not soon or job.walltime_ends_at is None or job.walltime is None:
            return DRAIN_TIMEOUT
        left = job.walltime_ends_at - handover(job.walltime) - time.time()
        return max(DRAIN_TIMEOUT, left)

    async def cancel_due(self) -> None:
        """Ask the queue to end what must leave; again, where it has not heard or not obeyed."""
        oldest = time.monotonic() - CANCEL_INTERVAL
        jobs = [
            job
            for job in self.table.among({JobState.CLOSING})
            if job.name not in self._retiring
            and self._cancelled_at.get(job.name, -math.inf) < oldest
        ]
        if not jobs:
            return
        names = [job.name for job in jobs]
        self._cancelled_at.update(dict.fromkeys(names, time.monotonic()))
        try:
            await self.cancel(ids_of(jobs))
        except BaseException:
            for name in names:
                self._cancelled_at.pop(name, None)
            raise

    async def cancel_known(self) -> None:
        """Cancel every job by its id; there is no time to see whether the ids are still ours."""
        await self.queue.cancel(ids_of(self.table.to_cancel), self._cancel_words)

    async def cancel_all(self) -> list[str]:
        """Cancel every job and wait a while until they have left.

        Returns
        -------
        list of str
            Ids of the jobs that the queue refused to end, or of which it has not told that they
            have left after it could not be asked.
        """
        left = self.table.to_cancel
        for job in left:
            job.state = JobState.CLOSING
        refused, heard = await self._cancel_in_time(ids_of(left))
        with suppress(QueueError, TimeoutError):
            await asyncio.wait_for(self._wait_until_gone(left, once=not heard), GONE_TIMEOUT)
        still = [job.id for job in left if job.state is JobState.CLOSING]
        for job in left:
            if job.state is JobState.CLOSING:  # it takes its time: the queue's to kill
                job.vanished = True
                end(job, JobState.CANCELLED, None)
        return refused if heard else still

    async def _cancel_in_time(self, ids: Sequence[str]) -> tuple[list[str], bool]:
        """Cancel jobs; returns those that were refused, and whether the queue has answered."""
        patience = CANCEL_TIMEOUT + len(ids) * CANCEL_TIME_OF_ONE
        try:
            await asyncio.wait_for(self.cancel(ids), patience)
        except CancelRefused as error:
            return error.ids, True
        except (QueueError, TimeoutError):
            return [], False
        return [], True

    async def _wait_until_gone(self, left: list[Job], *, once: bool) -> None:
        """See that no job with a tag of ours is listed; those that were not known go too.

        Where the queue has not heard that jobs must end, one look shows which of them are there.
        """
        pause = FIRST_PAUSE
        while left:
            report = await self.queue.status(ids_of(left), everything=True)
            await self._cancel_strays(report)
            listed = {job_id for job_id, job in report.jobs.items() if not job.state.ended}
            for job in left:
                if job.id not in listed and (report.complete or job.id in report.jobs):
                    end(job, JobState.CANCELLED, report.jobs.get(job.id))
            left = [job for job in left if job.in_queue and not once]
            await asyncio.sleep(pause if left else 0)
            pause = min(LONGEST_PAUSE, pause * 1.5)

    async def _cancel_strays(self, report: StatusReport) -> None:
        """Cancel jobs that have a tag of ours, but are in no table."""
        known = {job.id for job in self.table.jobs.values()}
        strays = [
            job_id
            for job_id, status in report.jobs.items()
            if status.tag.startswith(self.table.tags)
            and job_id not in known
            and not status.state.ended
        ]
        if strays:
            await self.queue.cancel(strays, self._cancel_words)

    async def stop(self) -> None:
        """End what is under way."""
        await self._tasks.cancel()
