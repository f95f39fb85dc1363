"""Removes jobs: at once, after their workers have moved their data, or all together."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from jupyter_jobqueue.batch import steady
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
"""Seconds in which a worker may finish its tasks before it leaves."""
RETIRE_TIMEOUT = 30.0
"""Seconds to finish the tasks and to move the data of a worker before its job is cancelled."""
LEAVE_TIMEOUT = 5.0
"""Seconds in which a retired worker may end its job by itself, so that the job counts as completed
in the accounting; a nanny takes 2.4 s to leave."""
CANCEL_TIMEOUT = 4.0
"""Seconds for the queue to accept the request to cancel everything."""
CANCEL_TIME_OF_ONE = 0.1
"""Additional seconds for each job."""
WHOSE_TIMEOUT = 2.0
"""Seconds to wait for a status report that shows whose ids these are; then they are cancelled."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two status reports while jobs leave."""
GONE_TIMEOUT = 4.0
"""Seconds that closing waits for cancelled jobs to leave the queue."""
CANCEL_INTERVAL = 20.0
"""Seconds after which a job that has not left is cancelled again."""
OWNER_KNOWN_FOR = 2.0
"""Maximum age in seconds of a status report that shows whose job an id is."""


class Retirer:
    """Removes jobs from the queue.

    Parameters
    ----------
    table : JobTable
        The jobs.
    queue : SharedQueue
        The batch system.
    workers : Workers
        The Dask workers of the jobs.
    cancel_words : sequence of str
        Additional words for the command that cancels jobs.
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
        """Cancel jobs, except those whose ids belong to other jobs by now."""
        if ids:
            await self.queue.cancel(await self._still_ours(ids), self._cancel_words)

    async def _still_ours(self, ids: Sequence[str]) -> list[str]:
        """Leave out the ids that the queue has assigned to other jobs.

        If the queue does not answer, all ids count as ours: jobs must not keep running for lack of
        an answer.
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
        """Remove jobs: those with workers after their data has moved, all others at once."""
        running = [job for job in jobs if job.state is JobState.RUNNING]
        for job in jobs:
            job.state = JobState.CLOSING
            self._on_change(job)
        for job in running:
            self.retire(job)
        await self.cancel_due()

    def retire(self, job: Job) -> None:
        """Let a job's workers move their data and leave; then cancel it if it still exists.

        This runs in the background.
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

        A job that leaves because of its walltime may use the remaining time, up to the second half
        of that for the hand-over, in which its data moves.
        """
        soon, _ = expiring([job], steady.now())
        if not soon or job.walltime_ends_at is None or job.walltime is None:
            return DRAIN_TIMEOUT
        return max(0.0, job.walltime_ends_at - handover(job.walltime) / 2 - steady.now())

    async def cancel_due(self) -> None:
        """Cancel the jobs that must leave; repeat requests that had no effect."""
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
        """Cancel every job by its id, without checking whether the ids are still ours."""
        await self.queue.cancel(ids_of(self.table.to_cancel), self._cancel_words)

    async def cancel_all(self) -> list[str]:
        """Cancel every job and wait a while until they leave.

        Returns
        -------
        list of str
            Ids of the jobs that the queue refused to cancel, or that may still run because the
            queue did not answer.
        """
        left = self.table.to_cancel
        for job in left:
            job.state = JobState.CLOSING
        refused, heard = await self._cancel_in_time(ids_of(left))
        with suppress(QueueError, TimeoutError):
            await asyncio.wait_for(self._wait_until_gone(left, once=not heard), GONE_TIMEOUT)
        still = [job.id for job in left if job.state is JobState.CLOSING]
        for job in left:
            if job.state is JobState.CLOSING:  # the queue needs longer, but will end them
                job.vanished = True
                end(job, JobState.CANCELLED, None)
        return refused if heard else still

    async def _cancel_in_time(self, ids: Sequence[str]) -> tuple[list[str], bool]:
        """Cancel jobs; return those that were refused, and whether the queue has answered."""
        patience = CANCEL_TIMEOUT + len(ids) * CANCEL_TIME_OF_ONE
        try:
            await asyncio.wait_for(self.cancel(ids), patience)
        except CancelRefused as error:
            return error.ids, True
        except (QueueError, TimeoutError):
            return [], False
        return [], True

    async def _wait_until_gone(self, left: list[Job], *, once: bool) -> None:
        """Wait until no job with our tags is listed; cancel unknown ones too.

        If the queue did not answer the cancel, one report shows which jobs still exist.
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
        """Cancel jobs with our tags that are not in the table."""
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
        """Stop all removals in progress."""
        await self._tasks.cancel()
