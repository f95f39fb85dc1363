"""A scheduler that another program has started and left."""

from __future__ import annotations

import asyncio
import signal
import time
from dataclasses import dataclass, field
from typing import Any

from distributed import Security
from distributed.core import rpc

from jupyter_jobqueue.errors import SchedulerGone
from jupyter_jobqueue.placement.base import ProcessPlacement, Request

ANSWER_TIMEOUT = 5.0
"""Seconds for a scheduler to answer whoever wants to take it over."""


@dataclass
class Attached(ProcessPlacement):
    """A scheduler that somebody else has started and left.

    Parameters
    ----------
    process_id : Process
        Where it runs.
    """

    heard: float = field(default_factory=time.monotonic)
    """When it answered last."""
    _security: Security | None = field(default=None, repr=False)

    async def start(self, request: Request) -> None:
        """Wait until it answers; `SchedulerGone` if it has surely ended."""
        self._security = request.security
        pause = 1.0
        while not await self._answers():
            if gone := self.gone():
                raise SchedulerGone(gone, details=self.last_output())
            request.on_waiting(
                f"The scheduler at {self.address} does not answer; retrying every {pause:g} s."
            )
            await asyncio.sleep(pause)
            pause = min(30.0, pause * 2)
        request.on_waiting("")

    async def _answers(self) -> bool:
        return not self.gone() and await self._say("jobqueue_renew")

    async def _say(self, word: str, timeout: float = ANSWER_TIMEOUT) -> bool:
        """Send one word over a connection of its own; False if no answer came."""
        try:
            keys = (self._security or Security()).get_connection_args("client")
            async with rpc(self.address, connection_args=keys) as scheduler:
                await asyncio.wait_for(getattr(scheduler, word)(), timeout)
        except (OSError, TimeoutError):
            return False
        self.heard = time.monotonic()
        return True

    async def renew(self, comm: Any) -> None:
        """Renew the lease."""
        await super().renew(comm)
        self.heard = time.monotonic()

    async def close(self) -> None:
        """Ask it to end, and kill it if it does not and is surely the one."""
        self.closing = True
        if self.gone() or (await self._say("terminate", 2) and await self.gone_within(2)):
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process_id is not None and self.process_id.alive:
                self.process_id.send(number)
                await self.gone_within(2)

    def kill(self) -> None:
        """End the process at once."""
        if self.process_id is not None:
            self.process_id.send(signal.SIGKILL)

    def gone(self) -> str:
        """Return how it has ended; of one elsewhere the lease tells, which nobody else renews."""
        if self.process_id is not None and self.process_id.dead:
            return "the Dask scheduler has ended"
        here = self.process_id is not None and self.process_id.here
        if not here and time.monotonic() - self.heard > self.lease:
            return f"the Dask scheduler has not answered for {self.lease:g} s"
        return ""
