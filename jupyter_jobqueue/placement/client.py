"""Typed requests to the Dask scheduler of a cluster, with time limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jupyter_jobqueue.errors import SchedulerFailed
from jupyter_jobqueue.jobs.workers import Load
from jupyter_jobqueue.placement.base import Placement

ANSWER_TIMEOUT = 10.0
"""Seconds within which a scheduler must answer; a busy one needs a few."""


class SchedulerClient:
    """Sends the requests of groups of jobs to the scheduler (see `jobs.workers.Workers`).

    Parameters
    ----------
    placement : Placement
        Where the scheduler runs.
    connection : callable
        Returns an open connection to the scheduler.
    on_load : callable
        Called with each `Load` that the scheduler reports.
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
        """Return the current work.

        Parameters
        ----------
        target_duration : str or float or None
            Seconds that the work should take; None for Dask's default.
        threads : int
            Threads of each worker.
        """
        answer = await self._request(
            "jobqueue_load", target_duration=target_duration, threads=max(1, threads)
        )
        dropped = {name: (lost[0], lost[1]) for name, lost in answer.get("dropped", {}).items()}
        load = Load(answer["target"], answer["busy"], answer["working"], dropped)
        self._on_load(load)
        return load

    async def is_working(self) -> bool:
        """Return whether the scheduler has any work."""
        return (await self.load(None, 1)).working

    async def rank_by_idleness(self, groups: Mapping[str, Sequence[str]]) -> list[str]:
        """Return the names of groups of workers, the idlest group first.

        Parameters
        ----------
        groups : Mapping
            Names of the workers of each job, by the name of the job.
        """
        ranked: list[str] = await self._request("jobqueue_spare", groups=dict(groups))
        return ranked

    async def retire(self, names: Sequence[str], drain_timeout: float) -> None:
        """Let workers finish their tasks, move their data away and leave.

        Parameters
        ----------
        names : sequence of str
            Names of the workers.
        drain_timeout : float
            Seconds for the tasks to finish.
        """
        # No time limit here, as moving much data takes long: the caller limits the wait.
        await self._request(
            "jobqueue_retire", bounded=False, names=list(names), patience=drain_timeout
        )

    async def clear_suspicion(self, names: Sequence[str]) -> None:
        """Do not count the loss of workers against the tasks that they computed.

        Parameters
        ----------
        names : sequence of str
            Names of the lost workers.
        """
        await self._request("jobqueue_forgive", names=list(names))

    async def renew(self) -> None:
        """Renew the lease of the scheduler."""
        # wait_for can swallow a cancellation in Python 3.11.
        async with asyncio.timeout(ANSWER_TIMEOUT):
            await self._placement.renew(self._connection())

    async def _request(self, handler: str, *, bounded: bool = True, **arguments: Any) -> Any:
        """Call a handler of `placement.program`; `SchedulerFailed` if there is no answer."""
        if failure := self._placement.failure():
            raise failure
        try:
            # wait_for can swallow a cancellation in Python 3.11.
            async with asyncio.timeout(ANSWER_TIMEOUT if bounded else None):
                return await getattr(self._connection(), handler)(**arguments)
        except (OSError, TimeoutError) as error:
            raise SchedulerFailed(
                "the Dask scheduler does not answer", details=str(error)
            ) from None
