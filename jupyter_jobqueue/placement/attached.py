"""A scheduler that another program started and left running."""

from __future__ import annotations

import asyncio
import signal
import time
from dataclasses import dataclass, field
from typing import Any

from distributed import Security
from distributed.core import rpc

from jupyter_jobqueue.errors import SchedulerGone
from jupyter_jobqueue.placement.base import Placement, ProcessPlacement, Request
from jupyter_jobqueue.placement.own_process import OwnProcess

ANSWER_TIMEOUT = 5.0
"""Seconds within which the scheduler must answer a request."""


@dataclass
class Attached(ProcessPlacement):
    """A scheduler that another program started and left running.

    Parameters
    ----------
    process_id : Process
        Where the scheduler runs.
    last_answer : float
        When the scheduler last answered, on the monotonic clock.
    """

    last_answer: float = field(default_factory=time.monotonic)
    _security: Security | None = field(default=None, repr=False)

    async def start(self, request: Request) -> None:
        """Wait until the scheduler answers.

        Parameters
        ----------
        request : Request
            Its keys connect to the scheduler; `on_waiting` gets a sentence while it is silent.

        Raises
        ------
        SchedulerGone
            If the scheduler has certainly ended.
        """
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
        return not self.gone() and await self._call("jobqueue_renew")

    async def _call(self, handler: str, timeout: float = ANSWER_TIMEOUT) -> bool:
        """Call a handler over a new connection; return whether the scheduler answered."""
        try:
            keys = (self._security or Security()).get_connection_args("client")
            async with rpc(self.address, connection_args=keys) as scheduler:
                await asyncio.wait_for(getattr(scheduler, handler)(), timeout)
        except (OSError, TimeoutError):
            return False
        self.last_answer = time.monotonic()
        return True

    async def renew(self, comm: Any) -> None:
        """Renew the lease over an open connection to the scheduler."""
        await super().renew(comm)
        self.last_answer = time.monotonic()

    def another(self) -> Placement:
        """Return a placement that starts a scheduler in a process of this program."""
        return OwnProcess(lease=self.lease)

    async def close(self) -> None:
        """Request the end of the scheduler, and kill its process if it stays."""
        self.closing = True
        if self.gone() or (await self._call("terminate", 2) and await self.gone_within(2)):
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
        """Return how the process ended; empty while it may run.

        A process on another machine has ended once its lease has run out, as nobody else renews it.
        """
        if self.process_id is not None and self.process_id.dead:
            return "the Dask scheduler has ended"
        here = self.process_id is not None and self.process_id.here
        if not here and time.monotonic() - self.last_answer > self.lease:
            return f"the Dask scheduler has not answered for {self.lease:g} s"
        return ""
