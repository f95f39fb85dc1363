"""A group of equal jobs that is kept as large as wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_jobqueue.batch.shared import SharedQueue
from jupyter_jobqueue.errors import JobQueueError, QueueError, WrongState
from jupyter_jobqueue.jobs.callbacks import Callbacks
from jupyter_jobqueue.jobs.controller import Controller
from jupyter_jobqueue.jobs.endings import Endings
from jupyter_jobqueue.jobs.failures import FailureTracker
from jupyter_jobqueue.jobs.health import Health, Problem, Source
from jupyter_jobqueue.jobs.job import LIVE, Job, JobState
from jupyter_jobqueue.jobs.limits import Limits
from jupyter_jobqueue.jobs.retirer import CANCEL_TIMEOUT, Retirer
from jupyter_jobqueue.jobs.scaler import Scaler, Target
from jupyter_jobqueue.jobs.submitter import ARRAY_SIZE, Submitter
from jupyter_jobqueue.jobs.table import JobTable, Submission
from jupyter_jobqueue.jobs.tasks import TaskSet
from jupyter_jobqueue.jobs.unconfirmed import Unconfirmed
from jupyter_jobqueue.jobs.workers import Workers

RESUME_TIMEOUT = 5.0
"""Seconds for the queue to report what is there; if it does not, it is asked again and again."""


@dataclass(frozen=True)
class GroupOptions:
    """What a group is made with.

    Parameters
    ----------
    options : Mapping
        Checked options of a job.
    logs : Path
        Folder of the jobs' output.
    cancel_words : sequence of str
        What the user wants in the command that cancels jobs.
    """

    options: Mapping[str, Any]
    logs: Path
    cancel_words: Sequence[str] = ()


@dataclass
class GroupState:
    """What is kept of a group when its program ends.

    Parameters
    ----------
    target : Target
        The wanted size.
    jobs : list of Job
        The table.
    count : int
        Jobs numbered so far.
    sizes : dict
        Number of jobs of each submission, by tag.
    failures : int
        Jobs in a row that ended before a worker joined.
    problem : Problem, optional
        What was wrong with them.
    """

    target: Target = field(default_factory=Target)
    jobs: list[Job] = field(default_factory=list)
    count: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    failures: int = 0
    problem: Problem | None = None


class JobGroup:
    """Puts the parts together that keep a group of jobs as large as wanted.

    Parameters
    ----------
    table : JobTable
        Its jobs.
    queue : SharedQueue
        The batch system.
    options : GroupOptions
        What its jobs are.
    workers : Workers
        The Dask workers of its cluster.
    callbacks : Callbacks
        Functions of its cluster.
    """

    def __init__(
        self,
        table: JobTable,
        queue: SharedQueue,
        options: GroupOptions,
        workers: Workers,
        callbacks: Callbacks,
    ) -> None:
        self.table = table
        self._on_change = callbacks.on_change
        self.health = Health(lambda: self._on_change(None))
        self.queue = queue
        self.failures = FailureTracker(int(options.options["allowed_failures"]))
        self.retirer = Retirer(table, self.queue, workers, options.cancel_words, self._job_changed)
        limits = Limits.of(options.options)
        self.scaler = Scaler(
            table,
            Submitter(
                table,
                Unconfirmed(table),
                self.queue,
                callbacks,
                self.retirer.cancel,
                ARRAY_SIZE if options.options.get("job_arrays", True) else 1,
                limits.take,
            ),
            self.retirer,
            self.failures,
            limits,
            self.health,
            workers,
        )
        self.endings = Endings(
            table,
            self.queue,
            options.logs,
            workers,
            self.failures,
            self.health,
            self.retirer.was_asked_to_end,
        )
        self.controller = Controller(
            table,
            self.queue,
            self.endings,
            self.scaler,
            self.health,
            workers,
            self._on_change,
        )
        self._tasks = TaskSet()

    # -- life

    def start(self) -> None:
        """Begin to watch, and to act on requests; needs a running event loop."""
        self._tasks.spawn(self.controller.run())
        self.scaler.open()

    async def resume(self, workers: Iterable[str]) -> None:
        """Go on with what an earlier program began.

        Parameters
        ----------
        workers : iterable of str
            Names of the workers that are connected.
        """
        for worker in workers:
            self.worker_joined(worker)
        for job in self.table.among({JobState.CLOSING}):
            self.retirer.retire(job)
        if self.scaler.submitter.unconfirmed.pending:
            # Before anybody asks for more: numbers that are not known of must not be used again.
            with suppress(QueueError, TimeoutError):
                await asyncio.wait_for(self.controller.look_at_queue(), RESUME_TIMEOUT)

    async def stop(self) -> None:
        """End all activity; jobs stay as they are."""
        await self._tasks.cancel()
        await self.scaler.stop()
        await self.retirer.stop()

    async def close(self) -> list[str]:
        """Cancel every job and see that they go.

        Returns
        -------
        list of str
            Ids of jobs that could not be cancelled, and tags of those that may be there.
        """
        await self.stop()
        unknown = await self._settle()
        return [*await self.retirer.cancel_all(), *unknown]

    async def _settle(self) -> list[str]:
        """Look for jobs that may or may not be there; returns what cannot be known."""
        unconfirmed = self.scaler.submitter.unconfirmed
        if not unconfirmed.pending:
            return []
        with suppress(QueueError, TimeoutError):
            query = self.queue.status([], everything=True)
            report = await asyncio.wait_for(query, CANCEL_TIMEOUT / 2)
            await self.scaler.submitter.take_in(report)
            return []
        return [f"what may be there with the name or comment {tag}" for tag in unconfirmed.attempts]

    # -- size

    @property
    def target(self) -> Target:
        """The wanted size."""
        return self.scaler.target

    async def resize(self, target: Target, timeout: float | None = None) -> None:
        """Request a size and wait until the queue has taken or refused it.

        Parameters
        ----------
        target : Target
            The wanted size.
        timeout : float, optional
            Seconds after which the request is left to itself: what comes of it is seen later.

        Raises
        ------
        QueueError
            If the queue refuses in time; the size is then what it was before.
        WrongState
            If the cluster closes meanwhile.
        """
        before, refusal = self.target, self.health.of(Source.REFUSED)
        request = self.scaler.request(target)
        self._on_change(None)
        await asyncio.wait({request}, timeout=timeout)
        if request.cancelled():
            raise WrongState(f"{self.table.name} is closing")
        try:
            if request.done():
                request.result()
        except JobQueueError:
            self.scaler.withdraw(before, refusal)
            raise
        finally:
            self.wake()

    def set_target(self, target: Target) -> None:
        """Set the wanted size; a refusal is seen as a problem only."""
        self.scaler.target = target
        self.wake()

    async def retry(self, timeout: float | None = None) -> None:
        """Submit again after failures, or what was refused; raises what `resize` does."""
        await self.resize(self.target, timeout)

    @property
    def degraded(self) -> bool:
        """Whether nothing is submitted until a person has looked at what is wrong."""
        return self.scaler.degraded

    def wake(self) -> None:
        """Look at the queue at once, and often for a while."""
        self.controller.wake()

    # -- workers

    def worker_joined(self, worker: str) -> None:
        """Note that a worker connected to the Dask scheduler."""
        job = self.table.owner_of(worker)
        if job is None:
            return
        if not job.joined:
            self.failures.joined()
            self.health.clear(Source.JOBS, Source.SUBMISSION)
        job.joined = True
        job.workers.add(worker)
        job.known_workers.add(worker)
        if job.state in LIVE:
            job.state = JobState.RUNNING
        self._job_changed(job)

    def worker_left(self, worker: str) -> None:
        """Note that a worker is no longer connected."""
        job = self.table.owner_of(worker)
        if job is None:
            return
        job.workers.discard(worker)
        if job.state is JobState.RUNNING and not job.workers:
            job.state = JobState.STARTING
        self._job_changed(job)

    def scheduler_ended(self) -> None:
        """Note that no worker is connected any more, and none can be: no job is wanted."""
        for job in self.table.jobs.values():
            for worker in list(job.workers):
                self.worker_left(worker)
        self.set_target(Target(0))

    def _job_changed(self, job: Job) -> None:
        self._on_change(job)
        self.wake()

    # -- what is kept

    def dump(self) -> GroupState:
        """Return what is kept of the group."""
        return GroupState(
            target=self.target,
            jobs=list(self.table.jobs.values()),
            count=self.table.count,
            sizes={tag: each.count for tag, each in self.table.submissions.items()},
            failures=self.failures.count,
            problem=self.health.of(Source.JOBS),
        )

    def load(self, state: GroupState, now: float) -> None:
        """Take up what was kept; the queue is asked for what was being submitted.

        Parameters
        ----------
        state : GroupState
            What `dump` returned.
        now : float
            Seconds since the epoch.
        """
        self.table.jobs.update({job.name: job for job in state.jobs})
        self.table.count = state.count
        for tag, count in state.sizes.items():
            first = int(tag.rpartition("-")[2])
            self.table.submissions[tag] = Submission(tag, first, count)
        self.failures.count = state.failures
        self.health.report(Source.JOBS, state.problem if state.failures else None)
        self.endings.watching_since = now
        self.scaler.submitter.unconfirmed.search()
        self.scaler.target = state.target
