"""How a cluster starts, how it ends, and how it is left to another program."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import warnings
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from distributed.core import Status

from jupyter_jobqueue.adapters.text import jobs_shown
from jupyter_jobqueue.cluster.cleanup import keep_small
from jupyter_jobqueue.cluster.files import ClusterFiles
from jupyter_jobqueue.cluster.leftovers import cancel_leftovers
from jupyter_jobqueue.cluster.lifespan import Lifespan
from jupyter_jobqueue.errors import JobQueueError, SchedulerFailed, SchedulerGone
from jupyter_jobqueue.jobs.group import JobGroup
from jupyter_jobqueue.jobs.health import Health, Problem, Source
from jupyter_jobqueue.jobs.job import Job
from jupyter_jobqueue.jobs.tasks import TaskSet
from jupyter_jobqueue.placement import Placement
from jupyter_jobqueue.records.writer import RecordWriter

logger = logging.getLogger(__name__)
DISCONNECT_TIMEOUT = 2.0
"""Seconds to disconnect from the scheduler, which may hang."""


class DaskCluster(Protocol):
    """The attributes of the cluster object that the lifecycle uses."""

    status: Status
    name: str


class Phase(IntEnum):
    """The phases in the life of a cluster."""

    STARTING = 1
    OPEN = 2
    """Its jobs are watched."""
    CLOSING = 3
    """It is closing, or has closed."""
    LEFT = 4
    """It continues without this program."""


@dataclass(frozen=True)
class Steps:
    """What only the cluster object can do.

    Parameters
    ----------
    start_scheduler : callable
        Starts the scheduler and connects to it.
    connected_workers : callable
        Returns the names of the workers that are connected.
    request_first_jobs : callable
        Requests the initial size of the cluster.
    disconnect : callable
        Closes the connections to the scheduler.
    add_note : callable
        Adds a sentence to the notes of the cluster.
    undo : ExitStack
        Actions at the end.
    """

    start_scheduler: Callable[[], Awaitable[None]]
    connected_workers: Callable[[], list[str]]
    request_first_jobs: Callable[[], Awaitable[None]]
    disconnect: Callable[[], Awaitable[None]]
    add_note: Callable[[str], None]
    undo: contextlib.ExitStack


class Lifecycle:
    """Starts and ends a cluster.

    Parameters
    ----------
    dask : DaskCluster
        The cluster object; this sets its status.
    steps : Steps
        What only the cluster object can do.
    files : ClusterFiles
        Keys, job scripts and logs.
    placement : Placement
        Where the scheduler runs.
    groups : sequence of JobGroup
        Its jobs.
    writer : RecordWriter
        Keeps its record.
    lifespan : Lifespan
        Watches whether it must close.
    """

    def __init__(
        self,
        dask: DaskCluster,
        steps: Steps,
        files: ClusterFiles,
        placement: Placement,
        groups: Sequence[JobGroup],
        writer: RecordWriter,
        lifespan: Lifespan,
    ) -> None:
        self.dask = dask
        self.steps = steps
        self.files = files
        self.placement = placement
        self.groups = groups
        self.writer = writer
        self.lifespan = lifespan
        self.health = Health(self._changed)
        self.listeners: list[Callable[[Job | None], None]] = []
        """Called in the event loop with each job that has changed, or None for the cluster."""
        self._phase = Phase.STARTING
        self._tasks = TaskSet()

    def changed(self, job: Job | None) -> None:
        """Report a change to the listeners and the record.

        Parameters
        ----------
        job : Job or None
            The job that has changed; None for the cluster itself.
        """
        self.writer.mark_dirty()
        for listener in self.listeners:
            listener(job)

    def _changed(self) -> None:
        self.changed(None)

    @property
    def state(self) -> str:
        """``starting``, ``running``, ``degraded``, ``closing``, ``closed`` or ``failed``."""
        status = self.dask.status
        if self.health.of(Source.OWNER):
            return "failed"
        if self._phase >= Phase.CLOSING:
            return "closed" if status is Status.closed else "closing"
        if self.health.of(Source.START) or self.health.of(Source.SCHEDULER_ENDED):
            return "failed"
        if self._phase is Phase.STARTING and status is not Status.closed:
            return "starting"
        if status is not Status.running:
            return str(status.name)
        return "degraded" if any(group.degraded for group in self.groups) else "running"

    @property
    def problem(self) -> Problem | None:
        """The most important problem; None if there is none."""
        found = [each.worst for each in (self.health, *(group.health for group in self.groups))]
        return min(filter(None, found), default=(None, None), key=lambda item: item[0])[1]

    # -- start

    async def start(self) -> None:
        """Start the scheduler, then the first jobs."""
        self.dask.status = Status.starting
        try:
            self.files.create()
            await self.steps.start_scheduler()
            self.health.report(Source.SCHEDULER, None)
            await self.writer.save()  # the record exists before the first job
            await self._resume()
            await self.steps.request_first_jobs()
        except BaseException as error:
            self._report_failed_start(error)
            # If a scheduler has ended, whoever re-attached cancels its jobs.
            ours = self._phase is not Phase.LEFT and not isinstance(error, SchedulerGone)
            # In a separate task: in Python 3.11.2 (Debian 12), a time limit in a cancelled task
            # ends in a second cancellation.
            await asyncio.create_task(self._end() if ours else self._let_go())
            raise

    async def _resume(self) -> None:
        """Continue the work of an earlier program, and watch the cluster from now on."""
        self._watch()
        for group in self.groups:
            await group.resume(self.steps.connected_workers())
            group.start()
        self._phase = Phase.OPEN
        self._changed()

    def _watch(self) -> None:
        self._tasks.spawn(self.writer.run(self.placement.lease))
        self._tasks.spawn(self.lifespan.run())
        self._tasks.spawn(self._watch_scheduler())
        self._tasks.spawn(keep_small(self._jobs))
        if self.placement.kind == "program":
            self._tasks.spawn(self._cancel_leftovers())

    def _jobs(self) -> list[Job]:
        return [job for group in self.groups for job in group.table.jobs.values()]

    def _report_failed_start(self, error: BaseException) -> None:
        if isinstance(error, JobQueueError):
            self.health.report(Source.START, Problem.of(error))
        elif isinstance(error, Exception):
            details = f"{type(error).__name__}: {error}"
            self.health.report(Source.START, Problem("the cluster did not start", details))

    async def _watch_scheduler(self) -> None:
        """Report at once when the scheduler ends; its jobs are useless then."""
        await self.placement.ended()
        failure = self.placement.failure() or SchedulerFailed("the Dask scheduler has ended")
        self.health.report(Source.SCHEDULER_ENDED, Problem.of(failure))
        for group in self.groups:
            group.scheduler_ended()

    async def _cancel_leftovers(self) -> None:
        """Cancel the remaining jobs of killed programs; a failure does not affect this cluster."""
        try:
            for sentence in await cancel_leftovers(self.writer.store):
                logger.warning("%s", sentence)
                self.steps.add_note(sentence)
        except Exception:
            logger.exception("cancelling remaining jobs of other programs")

    def waits_for(self, sentence: str) -> None:
        """Report why the start takes long.

        Parameters
        ----------
        sentence : str
            What it waits for; empty when it continues.
        """
        self.health.report(Source.SCHEDULER, Problem(sentence) if sentence else None)

    # -- end

    def announce_closing(self) -> None:
        """Show the cluster as closing from now on."""
        self._phase = max(self._phase, Phase.CLOSING)
        self._changed()

    async def close(self) -> None:
        """Cancel every job and stop the scheduler."""
        if self.dask.status not in (Status.closed, Status.closing):
            self.announce_closing()
            await self._end()

    async def _end(self) -> None:
        self.dask.status = Status.closing
        try:
            await self._tasks.cancel()
            left, _ = await asyncio.gather(self._close_groups(), self.writer.save(closing=True))
            await self._disconnect()
            await self.placement.close()
            await self.writer.finish(left=bool(left or self.not_seen_to_end()))
            if left:
                text = f"{self.dask.name}: could not cancel {jobs_shown(left)}"
                warnings.warn(text, stacklevel=1)
        finally:
            self.dask.status = Status.closed
            self.files.retire()
            self.steps.undo.close()
            self._changed()

    async def _close_groups(self) -> list[str]:
        left = await asyncio.gather(*(group.close() for group in self.groups))
        return [job for each in left for job in each]

    async def _disconnect(self) -> None:
        with contextlib.suppress(TimeoutError, OSError):
            await asyncio.wait_for(self.steps.disconnect(), DISCONNECT_TIMEOUT)

    async def cancel_jobs(self) -> None:
        """Cancel every job by its id at the end of the program, when the event loop may be gone."""
        await asyncio.gather(*(group.retirer.cancel_known() for group in self.groups))

    def not_seen_to_end(self) -> list[str]:
        """Return ids of jobs that may still be in the queue; none if the cluster was left."""
        if self._phase is Phase.LEFT:
            return []
        return [job.id for group in self.groups for job in group.table.to_cancel]

    # -- leaving it to another program

    @property
    def can_be_left(self) -> bool:
        """Whether another program can take this cluster over."""
        return self.placement.kind == "server" and self.placement.process_id is not None

    async def detach(self) -> None:
        """Leave scheduler and jobs to the next program; cancel nothing."""
        if self.dask.status not in (Status.closed, Status.closing):
            self._phase = Phase.LEFT
            await self._stop()
            await self.writer.release()
            await self._let_go()

    async def _let_go(self) -> None:
        if self.dask.status is Status.closed:
            return
        await self._stop()
        self.placement.leave()
        await self._disconnect()
        self.dask.status = Status.closed
        self.steps.undo.close()
        self._changed()

    async def _stop(self) -> None:
        await self._tasks.cancel()
        await asyncio.gather(*(group.stop() for group in self.groups))

    def on_taken_over(self) -> None:
        """Leave the cluster to another program that has taken it over."""
        logger.warning("%s has been taken over by another program", self.dask.name)
        self.health.report(Source.OWNER, Problem("Another program has taken this cluster over."))
        self._detaching = asyncio.ensure_future(self.detach())
