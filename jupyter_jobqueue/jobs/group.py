"""A group of equal jobs whose number is kept at its target."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.batch.shared import SharedQueue
from jupyter_jobqueue.errors import JobQueueError, QueueError, WrongState
from jupyter_jobqueue.jobs.callbacks import Callbacks
from jupyter_jobqueue.jobs.controller import Controller
from jupyter_jobqueue.jobs.endings import Endings
from jupyter_jobqueue.jobs.failures import FailureTracker
from jupyter_jobqueue.jobs.health import Health, Problem, Source
from jupyter_jobqueue.jobs.job import LIVE, Job, JobState
from jupyter_jobqueue.jobs.limits import Limits
from jupyter_jobqueue.jobs.losses import Losses
from jupyter_jobqueue.jobs.retirer import CANCEL_TIMEOUT, Retirer
from jupyter_jobqueue.jobs.scaler import Scaler, Target
from jupyter_jobqueue.jobs.scheduler_watch import SchedulerWatch
from jupyter_jobqueue.jobs.submitter import ARRAY_SIZE, Submitter
from jupyter_jobqueue.jobs.table import JobTable, Submission
from jupyter_jobqueue.jobs.tasks import TaskSet
from jupyter_jobqueue.jobs.unconfirmed import Unconfirmed
from jupyter_jobqueue.jobs.workers import Load, Workers

RESUME_TIMEOUT = 5.0
"""Seconds to wait for the first report of the queue; later ones follow in any case."""


@dataclass(frozen=True)
class GroupOptions:
    """The options of a group.

    Parameters
    ----------
    options : Mapping
        Checked options of a job.
    logs : Path
        Folder of the jobs' output.
    cancel_words : sequence of str
        Additional words for the command that cancels jobs.
    """

    options: Mapping[str, Any]
    logs: Path
    cancel_words: Sequence[str] = ()


@dataclass
class GroupState:
    """The state of a group that its record keeps.

    Parameters
    ----------
    target : Target
        The wanted size.
    jobs : list of Job
        The jobs of the table.
    count : int
        Jobs numbered so far.
    sizes : dict
        Number of jobs of each submission, by tag.
    failures : int
        Jobs in a row that ended before a worker joined.
    problem : Problem, optional
        The problem of these jobs.
    """

    target: Target = field(default_factory=Target)
    jobs: list[Job] = field(default_factory=list)
    count: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    failures: int = 0
    problem: Problem | None = None


class JobGroup:
    """Puts together the parts that keep the number of jobs at the target.

    Parameters
    ----------
    table : JobTable
        Its jobs.
    queue : SharedQueue
        The batch system.
    options : GroupOptions
        The options of its jobs.
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
        self.scaler = self._make_scaler(options.options, workers, callbacks)
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
            self._on_change,
        )
        self.watch = SchedulerWatch(workers, self.scaler, self.health, self._note_load, self.wake)
        self._losses, self._set_note = Losses(), callbacks.set_note
        self._tasks = TaskSet()
        self._wanted_before: Target | None = None

    def _make_scaler(
        self, options: Mapping[str, Any], workers: Workers, callbacks: Callbacks
    ) -> Scaler:
        limits = Limits.of(options)
        submitter = Submitter(
            self.table,
            Unconfirmed(self.table),
            self.queue,
            callbacks,
            self.retirer.cancel,
            ARRAY_SIZE if options.get("job_arrays", True) else 1,
            limits.take,
        )
        return Scaler(
            self.table, submitter, self.retirer, self.failures, limits, self.health, workers
        )

    # -- start and end

    def start(self) -> None:
        """Begin to poll and to act on requests; needs a running event loop."""
        self._tasks.spawn(self.controller.run())
        self._tasks.spawn(self.watch.run())
        self.scaler.open()

    async def resume(self, workers: Iterable[str]) -> None:
        """Continue the work of an earlier program.

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
            # Before the first request: numbers of unknown jobs must not be used again.
            with suppress(QueueError, TimeoutError):
                await asyncio.wait_for(self.controller.look_at_queue(), RESUME_TIMEOUT)

    async def stop(self) -> None:
        """End all activity; jobs stay as they are."""
        await self._tasks.cancel()
        await self.scaler.stop()
        await self.retirer.stop()

    async def close(self) -> list[str]:
        """Cancel every job and wait until they leave.

        Returns
        -------
        list of str
            Ids of jobs that could not be cancelled, and phrases for jobs that may exist.
        """
        await self.stop()
        unknown = await self._settle()
        return [*await self.retirer.cancel_all(), *unknown]

    async def _settle(self) -> list[str]:
        """Look for jobs that may exist; return phrases for those that remain unknown."""
        unconfirmed = self.scaler.submitter.unconfirmed
        if not unconfirmed.pending:
            return []
        with suppress(QueueError, TimeoutError):
            query = self.queue.status([], everything=True)
            report = await asyncio.wait_for(query, CANCEL_TIMEOUT / 2)
            await self.scaler.submitter.take_in(report)
            return []
        return [f"with {tag} in its name or comment" for tag in unconfirmed.attempts]

    # -- size

    @property
    def target(self) -> Target:
        """The wanted size."""
        return self.scaler.target

    @property
    def wanted_last(self) -> Target:
        """The size that is wanted, or was until the scheduler ended."""
        return self._wanted_before or self.target

    async def resize(self, target: Target, timeout: float | None = None) -> None:
        """Request a size and wait until the queue has accepted or refused it.

        Parameters
        ----------
        target : Target
            The wanted size.
        timeout : float, optional
            Seconds to wait; after that, the request continues in the background.

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
        """Set the wanted size without waiting; a refusal appears as a problem.

        Parameters
        ----------
        target : Target
            The wanted size.
        """
        self.scaler.target = target
        self.wake()

    async def retry(self, timeout: float | None = None) -> None:
        """Resume submitting after failures or a refusal.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait, as in `resize`, which raises the same errors.
        """
        await self.resize(self.target, timeout)

    @property
    def degraded(self) -> bool:
        """Whether submission has stopped until a person retries."""
        return self.scaler.degraded

    def wake(self) -> None:
        """Poll scheduler and queue at once, and the queue often for a while."""
        self.controller.wake()
        self.watch.wake()

    # -- workers

    def worker_joined(self, worker: str) -> None:
        """Record that a worker has connected to the Dask scheduler.

        Parameters
        ----------
        worker : str
            Name of the worker.
        """
        job = self.table.owner_of(worker)
        if job is None:
            return
        if not job.joined:
            job.joined_at = steady.now()
            self.failures.joined()
            self.health.clear(Source.JOBS, Source.SUBMISSION)
        job.joined = True
        job.workers.add(worker)
        job.known_workers.add(worker)
        if job.state in LIVE:
            job.state = JobState.RUNNING
        self._job_changed(job)

    def worker_left(self, worker: str) -> None:
        """Record that a worker is no longer connected.

        Parameters
        ----------
        worker : str
            Name of the worker.
        """
        job = self.table.owner_of(worker)
        if job is None:
            return
        job.workers.discard(worker)
        if job.state is JobState.RUNNING and not job.workers:
            job.state = JobState.STARTING
        self._job_changed(job)

    def scheduler_ended(self) -> None:
        """Record that all workers are disconnected, and set the target to no jobs."""
        for job in self.table.jobs.values():
            for worker in list(job.workers):
                self.worker_left(worker)
        self._wanted_before = self.target
        self.set_target(Target(0))

    def _note_load(self, load: Load) -> None:
        """Say what was lost with workers whose jobs had no time left."""
        if load.dropped and self._losses.note(load.dropped, self.table, steady.now()):
            self._set_note(self._losses.sentence)

    def _job_changed(self, job: Job) -> None:
        self._on_change(job)
        self.wake()

    # -- state for the record

    def dump(self) -> GroupState:
        """Return the state of the group for the record."""
        return GroupState(
            target=self.target,
            jobs=list(self.table.jobs.values()),
            count=self.table.count,
            sizes={tag: each.count for tag, each in self.table.submissions.items()},
            failures=self.failures.count,
            problem=self.health.of(Source.JOBS),
        )

    def load(self, state: GroupState, now: float) -> None:
        """Restore the state of a record; the first report shows jobs that were being submitted.

        Parameters
        ----------
        state : GroupState
            What `dump` returned.
        now : float
            Seconds since the epoch.
        """
        for job in state.jobs:  # a clock that was set back must not make them jobs of the future
            job.submitted = min(job.submitted, now)
            job.last_missed_at = min(job.last_missed_at, now)
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
