"""The only room that starts queue commands: timed out, without a shell, a few at a time."""

from __future__ import annotations

import asyncio
import math
import re
import time
import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from jupyter_jobqueue import __version__
from jupyter_jobqueue.adapters.adapter import Adapter, Call, JobStatus, Queue
from jupyter_jobqueue.batch.command import COMMAND_TIMEOUT, T, run
from jupyter_jobqueue.batch.dialect import adapter_for
from jupyter_jobqueue.errors import (
    LimitReached,
    QueueDown,
    QueueError,
)

AT_ONCE = 4
"""Commands in flight; more gain nothing (measured) and a site may see them as a flood."""


INTEREST = 120.0
"""Seconds for which a job that somebody asked for is asked for again with those of others; longer
than the longest pause between two questions of one cluster."""


class Answer(NamedTuple):
    """What a batch system said of its jobs, and when it was asked (`time.time`)."""

    asked: float
    jobs: Mapping[str, JobStatus]
    about: frozenset[str] | None = None
    """The jobs that it was asked for; None for all of the user."""

    def covers(self, ids: Iterable[str], *, everything: bool) -> bool:
        """Whether a job of `ids` that is not in the answer has left the queue."""
        return self.about is None or (not everything and self.about.issuperset(ids))


class Question(NamedTuple):
    """A status command that is running."""

    task: asyncio.Task[Answer]
    about: frozenset[str] | None


class JobQueue:
    """One batch system, shared by all clusters of an event loop.

    Parameters
    ----------
    adapter : Adapter
        The batch system.
    timeout : float
        Seconds for one command.
    """

    def __init__(self, adapter: Adapter, *, timeout: float = COMMAND_TIMEOUT) -> None:
        self.adapter = adapter
        self.timeout = timeout
        self._places = asyncio.Semaphore(AT_ONCE)
        self._question: Question | None = None
        self.last_answer = Answer(0.0, {}, frozenset())
        """What the batch system reported last."""
        self._asked = -math.inf
        self._interest: dict[str, float] = {}

    @classmethod
    def of(cls, system: str) -> JobQueue:
        """Return the queue of a batch system that the running event loop shares."""
        queues = _shared.setdefault(asyncio.get_running_loop(), {})
        if system not in queues:
            queues[system] = cls(adapter_for(system))
        return queues[system]

    async def submit(self, call: Call[list[str]]) -> list[str]:
        """Run a submit command of the adapter and return the ids of the jobs."""
        ids = await self._run(call)
        self._interest.update(dict.fromkeys(ids, time.monotonic()))
        return ids

    async def cancel(self, ids: Sequence[str], extra: Sequence[str] = ()) -> None:
        """Ask to end jobs with one command; `extra` words follow its name."""
        if ids:
            call = self.adapter.cancel(ids)
            await self._run(replace(call, argv=[call.argv[0], *extra, *call.argv[1:]]))

    async def status(
        self, ids: Sequence[str], *, max_age: float = 0.0, everything: bool = False
    ) -> Answer:
        """Ask for the user's jobs; questions asked at the same time share one command.

        Parameters
        ----------
        ids : sequence of str
            Jobs of interest; the answer may have more.
        max_age : float
            Seconds; an answer not older than this is given again.
        everything : bool
            Ask for all jobs of the user, also where that is a question of its own.
        """
        now = time.monotonic()
        self._interest.update(dict.fromkeys(ids, now))
        young = now - self._asked <= max_age
        if young and self.last_answer.covers(ids, everything=everything):
            return self.last_answer
        question = self._question
        if question is None or question.task.done() or not _covers(question, ids, everything):
            question = self._question = self._new_question(everything)
        return await asyncio.shield(question.task)

    def _new_question(self, everything: bool) -> Question:
        oldest = time.monotonic() - INTEREST
        self._interest = {job: at for job, at in self._interest.items() if at >= oldest}
        ids = frozenset(self._interest)
        about = None if everything or self.adapter.lists_all else ids
        # Now, not when the task begins: the answer may not be younger than the ids.
        asking = self._ask(sorted(ids), about, time.time(), time.monotonic())
        return Question(asyncio.create_task(asking), about)

    async def history(self, ids: Sequence[str]) -> Mapping[str, JobStatus]:
        """Ask the accounting for jobs that have left the queue; empty if there is none to ask."""
        call = self.adapter.history(ids) if ids else None
        if call is None:
            return {}
        with suppress(QueueError):
            return await self._run(call)
        return {}

    async def queues(self) -> list[Queue]:
        """Ask for queues and their limits."""
        call = self.adapter.queues()
        return await self._run(call) if call else []

    async def version(self) -> str:
        """Ask for the version."""
        call = self.adapter.version()
        return await self._run(call) if call else __version__

    async def _ask(
        self, ids: list[str], about: frozenset[str] | None, asked: float, begun: float
    ) -> Answer:
        jobs: Mapping[str, JobStatus] = {}
        mine = self.adapter.mine() if about is None else None
        if mine is not None:
            ids = sorted({*ids, *await self._run(mine)})
        if ids or (about is None and mine is None):
            jobs = await self._run(self.adapter.status(ids))
        self.last_answer, self._asked = Answer(asked, jobs, about), begun
        return self.last_answer

    async def _run(self, call: Call[T]) -> T:
        async with self._places:
            try:
                return await run(call, leaks=self.adapter.leaks, timeout=self.timeout)
            except QueueError as error:
                raise self._told_apart(error) from None

    def _told_apart(self, error: QueueError) -> QueueError:
        """Return the error as what it means: the system is away, or has no room now."""
        if type(error) is not QueueError:
            return error
        for pattern, kind in ((self.adapter.down, QueueDown), (self.adapter.limit, LimitReached)):
            if re.search(pattern, error.details):
                return kind(error.message, details=error.details)
        return error


def _covers(question: Question, ids: Iterable[str], everything: bool) -> bool:
    return Answer(0.0, {}, question.about).covers(ids, everything=everything)


_shared: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, JobQueue]] = (
    weakref.WeakKeyDictionary()
)
