"""What the ends of jobs and the comings and goings of workers mean for a cluster."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_jobqueue.errors import QueueError
from jupyter_jobqueue.jobs import limits, log
from jupyter_jobqueue.jobs.diagnosis import last_words
from jupyter_jobqueue.jobs.job import ENDED, LIVE, Job, JobState
from jupyter_jobqueue.jobs.observe import observe
from jupyter_jobqueue.jobs.retirer import Leaving

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster.cluster import JobQueueCluster

logger = logging.getLogger(__name__)
PAUSE = 1.0
"""Seconds before a job that ended is replaced; doubled with each failure."""
LOG_LINES = 400
"""Lines at the end of a log among which the cause of a failure is looked for."""
LATE = 60.0
"""Seconds for which accounting is asked how a job ended that has left the queue."""


class Ends(Leaving):
    """Learns how jobs ended, and counts those that failed to start.

    Parameters
    ----------
    cluster : JobQueueCluster
        The owner.
    """

    def __init__(self, cluster: JobQueueCluster) -> None:
        super().__init__(cluster)
        self.failures = 0
        self.not_before = 0.0
        """Nothing is submitted before this time."""
        self.expiring: tuple[set[str], set[str]] = (set(), set())
        """Names of the jobs whose walltime ends soon, and of those that must leave now."""
        self.since = 0.0
        """When we began to watch: how jobs fared that ended before is not known."""
        self._failed_at = 0.0
        self._crashes = limits.Pace()
        self._asked_late = 0.0

    @property
    def degraded(self) -> bool:
        """Whether too many jobs in a row ended before a worker of them joined."""
        return self.failures >= int(self.cluster.plan_.options["allowed_failures"])

    @property
    def failing(self) -> bool:
        """Whether within the last minute a job failed to start, or several soon after it."""
        several = not self._crashes.allows(limits.AFTER_FAILURE, time.monotonic())
        return several or time.time() - self._failed_at < 60

    def forget_failures(self) -> None:
        """Begin to count anew, and do not wait."""
        self.failures, self.not_before, self._failed_at = 0, 0.0, 0.0
        self._crashes = limits.Pace()

    async def learn_ends(self, changed: Sequence[Job]) -> None:
        """Find out how jobs ended, and what that means."""
        stuck = [job for job in changed if job.stuck and job.state in LIVE]
        await self._give_up(stuck)
        ended = [job for job in changed if job.state in ENDED]
        await self._ask_history([job for job in ended if job.state is JobState.LOST])
        if self.queue.adapter.exit_codes_expire:
            await self._read_exit_files([job for job in ended if job.exit_code is None])
        if self.queue.adapter.keeps_ended_jobs or self.queue.adapter.exit_codes_expire:
            _tell_unstarted([job for job in ended if job.state is JobState.LOST])
        for job in ended:
            if job.failed_start and (job.ended or self.since) >= self.since:
                await self._count_failure(job)
            elif job.name not in self._asked_to_end:
                self._note_end(job)
        await self._forgive([*ended, *_put_back(changed)])

    def _note_end(self, job: Job) -> None:
        """Replace a job that nobody here wanted to end: at once, if it did some work."""
        if not job.joined:
            self.slow_down()
        elif job.crashed:
            self._crashes.note(time.monotonic())

    def slow_down(self, failures: int = 0) -> None:
        """Submit not at once, the later the more failed, and seldom within the next minute."""
        self._failed_at = time.time()
        pause = min(60.0, PAUSE * 2.0**failures)
        self.not_before = max(self.not_before, self._failed_at + pause)

    async def _give_up(self, stuck: Sequence[Job]) -> None:
        """Cancel jobs that the queue holds after an error: they would never start."""
        for job in stuck:
            job.state = JobState.CLOSING
            await self._count_failure(job)
        if stuck:
            with suppress(QueueError):
                await self.cancel_closing()

    async def learn_late_ends(self) -> None:
        """Ask again how lost jobs ended: some accounting lags behind by a quarter of a minute."""
        now = time.time()
        lost = [job for job in self.among({JobState.LOST}) if now - (job.ended or 0) < LATE]
        if lost and now - self._asked_late > LATE / 6:
            self._asked_late = now
            await self._ask_history(lost)
            found = [job for job in lost if job.state is not JobState.LOST]
            for job in found:
                self.cluster._changed(job)
            await self._forgive(found)

    async def _ask_history(self, lost: Sequence[Job]) -> None:
        told = await self.queue.history([job.id for job in lost])
        for job in lost:
            if job.id in told and told[job.id].state.ended:
                observe(job, told[job.id], time.time())

    async def _read_exit_files(self, jobs: Sequence[Job]) -> None:
        """Learn the exit codes that the queue does not know from what the jobs noted."""
        for job in jobs:
            code = await asyncio.to_thread(_noted, self.cluster.folder.logs / f"{job.name}.exit")
            if code is not None:
                job.exit_code = code
            if job.state is JobState.LOST and code is not None:
                job.state = JobState.FAILED if code else JobState.DONE

    async def _count_failure(self, job: Job) -> None:
        text = last_words(await asyncio.to_thread(log.tail, job.stderr or job.stdout, LOG_LINES))
        self.failures += 1
        self.slow_down(self.failures)
        how = str(job.reason or job.state)
        if job.exit_code is not None:
            how = f"exit code {job.exit_code}"
        where = f" on {job.node}" if job.node else ""
        self.say(f"{job.name} ended before a worker joined ({how}{where})", text or job.reason)
        if self.failures == int(self.cluster.plan_.options["allowed_failures"]):
            told = filter(None, (self.detail, self.words, self.cluster.diagnosis))
            logger.warning("%s submits no more jobs: %s", self.cluster.name, "\n".join(told))

    async def _forgive(self, gone: Sequence[Job]) -> None:
        """Take the blame from tasks that were lost by no fault of theirs."""
        innocent = [
            job
            for job in gone
            if job.by_system or job.state in (JobState.CANCELLED, JobState.PENDING)
        ]
        names = [name for job in innocent for name in job.known_workers]
        for job in innocent:
            job.known_workers.clear()
        if names:
            with suppress(OSError):
                await self.scheduler.jobqueue_forgive(names=names)

    # -- workers

    def worker_changed(self, worker: str, *, joined: bool) -> None:
        """Note that a worker joined or left the Dask scheduler."""
        job = self.jobs.get(self.job_of(worker))
        if job is None:
            return
        if joined:
            self._note_joined(job, worker)
        else:
            job.workers.discard(worker)
        if job.state is JobState.RUNNING and not job.workers:
            job.state = JobState.STARTING
        self.cluster._changed(job)
        self.wake()

    def _note_joined(self, job: Job, worker: str) -> None:
        if not job.joined:
            self.failures, self.not_before = 0, 0.0
            self.say("")
        job.joined = True
        job.workers.add(worker)
        job.known_workers.add(worker)
        if job.state in LIVE:
            job.state = JobState.RUNNING

    def job_of(self, worker: str) -> str:
        """Return the job of a worker, named like it, with ``-0``, ``-1`` if one of several."""
        return worker if worker in self.jobs else worker.rpartition("-")[0]


def _put_back(jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs that wait once more although workers of theirs had been there."""
    return [job for job in jobs if job.state is JobState.PENDING and job.known_workers]


def _tell_unstarted(lost: Sequence[Job]) -> None:
    """Note which jobs left before they started: had they run, there would be a trace."""
    for job in lost:
        if job.started is None and not job.joined:
            job.state, job.reason = JobState.CANCELLED, "left the queue before it started"


def _noted(path: Path) -> int | None:
    """Return the exit code that a job wrote into its file; None if it did not."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
