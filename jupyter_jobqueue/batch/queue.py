"""A batch system as clusters use it: few commands at a time, one status query for all of them."""

from __future__ import annotations

import asyncio
import math
import time
import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple, TypeVar

from jupyter_jobqueue import __version__
from jupyter_jobqueue.adapters.adapter import NEVER, Adapter, Call, JobStatus, Listing, Queue
from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.batch.command import COMMAND_TIMEOUT, run
from jupyter_jobqueue.batch.dialect import adapter_for
from jupyter_jobqueue.batch.result import classify
from jupyter_jobqueue.batch.waiting import WaitingReasons
from jupyter_jobqueue.errors import (
    CancelRefused,
    CommandMissing,
    CommandTimedOut,
    QueueDown,
    QueueError,
)

T = TypeVar("T")

MAX_CONCURRENT_COMMANDS = 4
"""Commands at the same time; more gain nothing (measured) and may look like a flood to a site."""

ANALYSIS_TIMEOUT = 10.0
"""Seconds for the query why jobs wait, which delays the report of their states."""

INTEREST_DURATION = 120.0
"""Seconds for which every status query includes a job after a cluster last named it. It is longer
than the longest pause between two status queries of one cluster."""


class StatusReport(NamedTuple):
    """The jobs that a batch system listed at one moment.

    Parameters
    ----------
    queried_at : float
        When the query began (`time.time`); the batch system may have looked later.
    jobs : Mapping
        The listed jobs by id; there may be more than the query named.
    queried_ids : frozenset of str, optional
        The ids that the query named; None if it covered all jobs of the user.
    complete : bool
        Whether the whole answer could be parsed. If not, a missing job has not necessarily left.
    """

    queried_at: float
    jobs: Mapping[str, JobStatus]
    queried_ids: frozenset[str] | None = None
    complete: bool = True

    def covers(self, ids: Iterable[str], *, everything: bool) -> bool:
        """Whether a job that is not in the report has left the queue.

        Parameters
        ----------
        ids : iterable of str
            The jobs in question.
        everything : bool
            Whether all jobs of the user are in question.
        """
        return self.queried_ids is None or (not everything and self.queried_ids.issuperset(ids))


class StatusQuery(NamedTuple):
    """A status command in progress.

    Parameters
    ----------
    task : asyncio.Task
        Its result is the `StatusReport`.
    ids : frozenset of str or None
        The ids that it names; None if it covers all jobs of the user.
    """

    task: asyncio.Task[StatusReport]
    ids: frozenset[str] | None

    def covers(self, ids: Iterable[str], *, everything: bool) -> bool:
        """Whether its report will cover some jobs; a query that has finished covers none.

        Parameters
        ----------
        ids : iterable of str
            The jobs in question.
        everything : bool
            Whether all jobs of the user are in question.
        """
        report = StatusReport(0.0, {}, self.ids)
        return not self.task.done() and report.covers(ids, everything=everything)


class JobQueue:
    """One batch system, shared by all clusters of an event loop.

    Parameters
    ----------
    adapter : Adapter
        The batch system.
    timeout : float
        Seconds for one command.

    Attributes
    ----------
    adapter : Adapter
        The batch system.
    timeout : float
        Seconds for one command.
    latest : StatusReport
        The report of the last status query that succeeded.
    """

    def __init__(self, adapter: Adapter, *, timeout: float = COMMAND_TIMEOUT) -> None:
        self.adapter = adapter
        self.timeout = timeout
        self.latest = StatusReport(0.0, {}, frozenset())
        self._latest_began = -math.inf
        self._query: StatusQuery | None = None
        self._interest: dict[str, float] = {}
        self._reasons = WaitingReasons(adapter)
        self._free_slots = asyncio.Semaphore(MAX_CONCURRENT_COMMANDS)

    @classmethod
    def of(cls, system: str) -> JobQueue:
        """Return the queue of a batch system that all users of the running event loop share.

        Parameters
        ----------
        system : str
            A batch system, such as ``"slurm"``.
        """
        queues = _shared.setdefault(asyncio.get_running_loop(), {})
        if system not in queues:
            queues[system] = cls(adapter_for(system))
        return queues[system]

    async def submit(self, call: Call[list[str]]) -> list[str]:
        """Run a submit command.

        Parameters
        ----------
        call : Call
            The command, made by the adapter.

        Returns
        -------
        list of str
            The ids of the jobs, in the order of the array.

        Raises
        ------
        QueueError
            If the batch system refuses or fails; with `CommandTimedOut` and others, the jobs may
            have been submitted nevertheless.
        """
        ids = await self._run(call)
        self._interest.update(dict.fromkeys(ids, time.monotonic()))
        return ids

    async def cancel(self, ids: Sequence[str], extra: Sequence[str] = ()) -> None:
        """Cancel jobs.

        One command cancels all of them; if it fails for some, smaller ones follow.

        Parameters
        ----------
        ids : sequence of str
            The jobs.
        extra : sequence of str
            Words that follow the name of the command.

        Raises
        ------
        CancelRefused
            If some jobs cannot be cancelled; it names them.
        QueueError
            If the batch system cannot be reached, or does not answer in time.
        """
        refused = await self._cancel(ids, extra) if ids else {}
        if refused:
            raise CancelRefused(list(refused), details="\n".join(dict.fromkeys(refused.values())))

    async def _cancel(self, ids: Sequence[str], extra: Sequence[str]) -> dict[str, str]:
        """Cancel jobs; return the output of the batch system for each that it refused to cancel."""
        call = self.adapter.cancel(ids)
        try:
            await self._run(replace(call, argv=[call.argv[0], *extra, *call.argv[1:]]))
        except (QueueDown, CommandMissing, CommandTimedOut):
            raise
        except QueueError as error:
            if len(ids) == 1:
                return {ids[0]: error.details or error.message}
            half = len(ids) // 2
            return {
                **await self._cancel(ids[:half], extra),
                **await self._cancel(ids[half:], extra),
            }
        return {}

    async def status(
        self, ids: Sequence[str], *, max_age: float = 0.0, everything: bool = False
    ) -> StatusReport:
        """Query the user's jobs; queries made at the same time share one command.

        Parameters
        ----------
        ids : sequence of str
            Jobs of interest; the report may have more.
        max_age : float
            Seconds; a report that is not older is returned again.
        everything : bool
            Query all jobs of the user, even where that takes a command of its own.
        """
        now = time.monotonic()
        self._interest.update(dict.fromkeys(ids, now))
        recent = now - self._latest_began <= max_age
        if recent and self.latest.covers(ids, everything=everything):
            return self.latest
        query = self._query
        if query is None or not query.covers(ids, everything=everything):
            query = self._query = self._new_query(everything)
        return await asyncio.shield(query.task)

    async def look_for(self, job_id: str) -> Listing:
        """Query one job by its id alone, because the listing of all may lack it by mistake.

        Parameters
        ----------
        job_id : str
            The job.
        """
        return await self._run(self.adapter.look_for(job_id))

    async def history(self, ids: Sequence[str]) -> Mapping[str, JobStatus]:
        """Query the accounting for jobs that have left the queue.

        Parameters
        ----------
        ids : sequence of str
            The jobs.

        Returns
        -------
        Mapping
            The jobs that the accounting knows, by id; empty if there is no accounting.
        """
        call = self.adapter.history(ids) if ids else None
        if call is None:
            return {}
        with suppress(QueueError):
            return await self._run(call)
        return {}

    async def queues(self) -> list[Queue]:
        """Query the queues and their limits."""
        call = self.adapter.queues()
        return await self._run(call) if call else []

    async def version(self) -> str:
        """Query the version of the batch system."""
        call = self.adapter.version()
        return await self._run(call) if call else __version__

    def _new_query(self, everything: bool) -> StatusQuery:
        oldest = time.monotonic() - INTEREST_DURATION
        self._interest = {job: at for job, at in self._interest.items() if at >= oldest}
        ids = frozenset(self._interest)
        queried = None if everything or self.adapter.status_lists_all else ids
        # The time of now, not of the task's first step: the report need not have a job that is
        # submitted in between.
        report = self._fetch(sorted(ids), queried, steady.now(), time.monotonic())
        return StatusQuery(asyncio.create_task(report), queried)

    async def _fetch(
        self, ids: list[str], queried: frozenset[str] | None, now: float, began: float
    ) -> StatusReport:
        jobs = Listing()
        listing = self.adapter.list_ids() if queried is None else None
        if listing is not None:
            ids = sorted({*ids, *await self._run(listing)})
        if ids or (queried is None and listing is None):
            jobs = await self._with_reasons(await self._run(self.adapter.status(ids)))
        self.latest = StatusReport(now, jobs, queried, jobs.complete)
        self._latest_began = began
        return self.latest

    async def _with_reasons(self, jobs: Listing) -> Listing:
        if self.adapter.vague_reason == NEVER:
            return jobs
        question = self._reasons.question(jobs)
        if question is not None:
            with suppress(QueueError):
                answers = await self._run(question, timeout=min(ANALYSIS_TIMEOUT, self.timeout))
                self._reasons.note(answers, jobs)
        return self._reasons.complete(jobs)

    async def _run(self, call: Call[T], *, timeout: float | None = None) -> T:
        blocklist = self.adapter.env_blocklist
        async with self._free_slots:
            try:
                return await run(call, env_blocklist=blocklist, timeout=timeout or self.timeout)
            except QueueError as error:
                raise classify(error, self.adapter) from None


_shared: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, JobQueue]] = (
    weakref.WeakKeyDictionary()
)
