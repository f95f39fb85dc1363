"""How jobs ended, and the consequences for the group and for the tasks of their workers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.batch.shared import SharedQueue
from jupyter_jobqueue.batch.threads import LOGS
from jupyter_jobqueue.errors import SchedulerFailed
from jupyter_jobqueue.jobs import log
from jupyter_jobqueue.jobs.diagnosis import diagnose, last_words
from jupyter_jobqueue.jobs.failures import FailureTracker
from jupyter_jobqueue.jobs.health import Health, Problem, Source
from jupyter_jobqueue.jobs.job import ENDED, LIVE, Job, JobState
from jupyter_jobqueue.jobs.observe import mark_never_started, observe, requeued
from jupyter_jobqueue.jobs.table import JobTable
from jupyter_jobqueue.jobs.workers import Workers

logger = logging.getLogger(__name__)
LOG_LINES = 400
"""Lines at the end of a log that are searched for the cause of a failure."""
ACCOUNTING_LAG = 60.0
"""Seconds for which the accounting is queried for the end of a job that has left the queue."""


class Endings:
    """Finds out how jobs ended, and counts those that failed to start.

    Parameters
    ----------
    table : JobTable
        The jobs.
    queue : SharedQueue
        The batch system.
    logs : Path
        Folder to which jobs write their exit codes, if the batch system may lose them.
    workers : Workers
        The Dask workers of the jobs.
    failures : FailureTracker
        Counts jobs that fail.
    health : Health
        Receives the problems of jobs.
    was_asked_to_end : callable
        Returns whether this cluster wanted a job to end.
    """

    def __init__(
        self,
        table: JobTable,
        queue: SharedQueue,
        logs: Path,
        workers: Workers,
        failures: FailureTracker,
        health: Health,
        was_asked_to_end: Callable[[Job], bool],
    ) -> None:
        self.table = table
        self.queue = queue
        self.logs = logs
        self.workers = workers
        self.failures = failures
        self.health = health
        self.was_asked_to_end = was_asked_to_end
        self.watching_since = 0.0
        """When this program began to watch: earlier ends of jobs count for nothing."""
        self._accounting_queried_at = 0.0
        self._innocent: set[str] = set()
        """Workers whose loss is no task's fault, but has not been cleared in the scheduler yet."""

    async def record(self, changed: Sequence[Job]) -> None:
        """Find out how jobs ended, and act on it.

        Jobs that the batch system holds after an error would never start, so they are removed.
        """
        for job in [job for job in changed if job.stuck and job.state in LIVE]:
            job.state = JobState.CLOSING
            await self._count_failure(job)
        ended = [job for job in changed if job.state in ENDED]
        await self._find_exit_codes(ended)
        for job in ended:
            new = (job.ended or self.watching_since) >= self.watching_since
            if job.failed_start and new and not job.vanished:
                await self._count_failure(job)
            elif not self.was_asked_to_end(job):
                self._note_end(job)
        self._find_innocent([*ended, *requeued(list(changed))])
        await self._clear_suspicion()

    async def _find_exit_codes(self, ended: list[Job]) -> None:
        adapter = self.queue.adapter
        await self._query_accounting([job for job in ended if job.state is JobState.LOST])
        if adapter.exit_codes_expire:
            await self._read_exit_files([job for job in ended if job.exit_code is None])
        if adapter.keeps_ended_jobs or adapter.exit_codes_expire:
            mark_never_started([job for job in ended if job.state is JobState.LOST])

    def _note_end(self, job: Job) -> None:
        """Allow the replacement of a job that ended by itself: at once if it did some work."""
        if not job.joined:
            self.failures.back_off()
        elif job.crashed:
            self.failures.crashed()

    async def recheck_lost(self) -> list[Job]:
        """Query the accounting again for lost jobs, as it may lag behind by 15 seconds.

        Returns
        -------
        list of Job
            Jobs whose end is known now.
        """
        await self._clear_suspicion()
        now = steady.now()
        lost = [
            job
            for job in self.table.among({JobState.LOST})
            if now - (job.ended or 0) < ACCOUNTING_LAG
        ]
        if not lost or now - self._accounting_queried_at <= ACCOUNTING_LAG / 6:
            return []
        self._accounting_queried_at = now
        await self._query_accounting(lost)
        found = [job for job in lost if job.state is not JobState.LOST]
        self._find_innocent(found)
        await self._clear_suspicion()
        return found

    async def _query_accounting(self, lost: Sequence[Job]) -> None:
        found = await self.queue.history([job.id for job in lost])
        for job in lost:
            if job.id in found and found[job.id].state.ended:
                observe(job, found[job.id], steady.now())

    async def _read_exit_files(self, jobs: Sequence[Job]) -> None:
        """Read exit codes that the batch system does not know from the files of the jobs."""
        for job in jobs:
            code = None
            with suppress(TimeoutError):
                code = await LOGS.run(_noted_exit_code, self.logs / f"{job.name}.exit")
            if code is not None:
                job.exit_code = code
            if job.state is JobState.LOST and code is not None:
                job.state = JobState.FAILED if code else JobState.DONE

    async def _count_failure(self, job: Job) -> None:
        tail = ""
        with suppress(TimeoutError):
            tail = await LOGS.run(log.tail, job.stderr or job.stdout, LOG_LINES)
        words = last_words(tail) or job.reason
        self.failures.failed()
        problem = Problem(_sentence(job), words, diagnose(words), can_retry=True)
        self.health.report(Source.JOBS, problem)
        if self.failures.count == self.failures.allowed:
            text = "\n".join(filter(None, (problem.message, words, problem.diagnosis)))
            logger.warning("%s submits no more jobs: %s", self.table.name, text)

    def _find_innocent(self, gone: Sequence[Job]) -> None:
        """Remember the workers of jobs that the system or the cluster ended."""
        for job in gone:
            if job.ended_by_system or job.state in (JobState.CANCELLED, JobState.PENDING):
                self._innocent |= job.known_workers
                job.known_workers.clear()

    async def _clear_suspicion(self) -> None:
        """Clear the tasks of these workers; if the scheduler is busy, the next poll tries again."""
        if self._innocent:
            with suppress(SchedulerFailed):
                names = sorted(self._innocent)
                await self.workers.clear_suspicion(names)
                self._innocent.difference_update(names)


def _sentence(job: Job) -> str:
    how = str(job.reason or job.state) if job.exit_code is None else f"exit code {job.exit_code}"
    where = f" on {job.node}" if job.node else ""
    return f"{job.name} ended before a worker joined ({how}{where})"


def _noted_exit_code(path: Path) -> int | None:
    """Return the exit code in the file of a job; None if there is none."""
    try:
        with open(path, opener=log.open_log) as file:
            return int(file.read(20))
    except (OSError, ValueError):
        return None
