"""Asks the Dask scheduler for the work at hand, and says when it does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from jupyter_jobqueue.errors import SchedulerFailed
from jupyter_jobqueue.jobs.health import Health, Problem, Source
from jupyter_jobqueue.jobs.scaler import Scaler
from jupyter_jobqueue.jobs.workers import Load, Workers

INTERVAL = 2.0
"""Seconds between two questions; an adaptive policy may want to ask more often."""
SHORTEST_PAUSE = 0.1
SAID_AFTER = 4.0
"""Seconds without an answer after which this is said; the question itself goes on for longer."""
SILENT = Problem("the Dask scheduler does not answer")


class SchedulerWatch:
    """Looks after the Dask scheduler, beside the loop that looks at the queue.

    So a scheduler that hangs is noticed in a few seconds, and keeps nobody from the queue.

    Parameters
    ----------
    workers : Workers
        Asks the scheduler.
    scaler : Scaler
        Has a policy that changes its target as the work needs.
    health : Health
        Gets what is wrong.
    on_load : callable
        Called with what the scheduler reports.
    on_target : callable
        Called when the policy has changed the target.
    """

    def __init__(
        self,
        workers: Workers,
        scaler: Scaler,
        health: Health,
        on_load: Callable[[Load], None],
        on_target: Callable[[], None],
    ) -> None:
        self.workers = workers
        self.scaler = scaler
        self.health = health
        self._on_load = on_load
        self._on_target = on_target
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Ask at once."""
        self._woken.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            self._woken.clear()
            await self.look()
            policy = self.scaler.target.adapt
            pause = min(INTERVAL, policy.interval) if policy else INTERVAL
            with suppress(TimeoutError):
                # Not wait_for, which in Python 3.11 can swallow a cancellation.
                async with asyncio.timeout(max(SHORTEST_PAUSE, pause)):
                    await self._woken.wait()

    async def look(self) -> None:
        """Ask once, and let the adaptive policy, if there is one, change the target."""
        loop = asyncio.get_running_loop()
        said = loop.call_later(SAID_AFTER, self.health.report, Source.SCHEDULER, SILENT)
        try:
            load = await self._load()
        except SchedulerFailed as error:
            self.health.report(Source.SCHEDULER, Problem.of(error))
            return
        finally:
            said.cancel()
        self.health.report(Source.SCHEDULER, None)
        self._on_load(load)
        before = self.scaler.target.jobs
        self.scaler.adapt(load)
        if self.scaler.target.jobs != before:
            self._on_target()

    async def _load(self) -> Load:
        policy = self.scaler.target.adapt
        return await self.workers.load(
            policy.target_duration if policy else None, self.scaler.table.shape.threads
        )
