"""Typed questions to the Dask scheduler of a cluster, each with a time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jupyter_jobqueue.errors import SchedulerFailed
from jupyter_jobqueue.jobs.workers import Load
from jupyter_jobqueue.placement.base import Placement

ANSWER_TIMEOUT = 10.0
"""Seconds for a scheduler to answer; one that is busy may take some."""


class SchedulerClient:
    """The workers of a cluster, as groups of jobs see them (`jobs.workers.Workers`).

    Parameters
    ----------
    placement : Placement
        Where the scheduler runs.
    connection : callable
        Returns the connection to it.
    on_load : callable
        Called with each `Load` that it reports.
    """

    def __init__(
        self,
        placement: Placement,
        connection: Callable[[], Any],
        on_load: Callable[[Load], None],
    ) -> None:
        self._placement = placement
        self._connection = connection
        self._on_load = on_load

    async def load(self, target_duration: str | float | None, threads: int) -> Load:
        """Return the work at hand, for workers of `threads` threads each."""
        answer = await self._ask(
            "jobqueue_load", target_duration=target_duration, threads=max(1, threads)
        )
        load = Load(answer["target"], answer["busy"], answer["working"])
        self._on_load(load)
        return load

    async def is_working(self) -> bool:
        """Return whether there is any work."""
        return (await self.load(None, 1)).working

    async def rank_by_idleness(self, groups: Mapping[str, Sequence[str]]) -> list[str]:
        """Order groups of workers, each one job, by how well they can be spared."""
        ranked: list[str] = await self._ask("jobqueue_spare", groups=dict(groups))
        return ranked

    async def retire(self, names: Sequence[str], drain_timeout: float) -> None:
        """Let workers finish what they compute, move their data away and leave."""
        # The caller says how long it waits: that much data may take long to move.
        await self._ask("jobqueue_retire", bounded=False, names=list(names), patience=drain_timeout)

    async def clear_suspicion(self, names: Sequence[str]) -> None:
        """Take the blame for lost workers from the tasks that they computed."""
        await self._ask("jobqueue_forgive", names=list(names))

    async def renew(self) -> None:
        """Renew the lease of the scheduler."""
        await asyncio.wait_for(self._placement.renew(self._connection()), ANSWER_TIMEOUT)

    async def _ask(self, question: str, *, bounded: bool = True, **facts: Any) -> Any:
        """Ask a question of `placement.program`; `SchedulerFailed` if there is no answer."""
        if failure := self._placement.failure():
            raise failure
        try:
            # Not wait_for, which in Python 3.11 can swallow a cancellation.
            async with asyncio.timeout(ANSWER_TIMEOUT if bounded else None):
                return await getattr(self._connection(), question)(**facts)
        except (OSError, TimeoutError) as error:
            raise SchedulerFailed(
                "the Dask scheduler does not answer", details=str(error)
            ) from None
