"""Schedulers in processes of their own: one that we start, and one that somebody has left."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from abc import abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distributed import Security
from distributed.core import rpc

from jupyter_jobqueue import scheduler_process
from jupyter_jobqueue.errors import SchedulerFailed, SchedulerGone
from jupyter_jobqueue.identity import Process
from jupyter_jobqueue.schedulers.placement import Placement, Request

START_TIMEOUT = 60.0
"""Seconds; on a slow shared file system importing distributed alone can take most of it."""
LEASE = 600.0
"""Seconds for which a scheduler process lives on that no cluster object renews."""
ANSWER_PATIENCE = 5.0
"""Seconds for a scheduler to answer whoever wants to take it over."""
LOOK = 0.5
"""Seconds between two looks whether a process has ended."""


@dataclass
class Apart(Placement):
    """The scheduler runs in a process of its own, and outlives its owner by the lease.

    Parameters
    ----------
    log : Path or None
        File for what it prints.
    """

    kind = "server"

    lease: float = LEASE
    log: Path | None = None
    closing: bool = False

    @abstractmethod
    def gone(self) -> str:
        """Return how the process has ended; empty while it may live."""

    async def ended(self) -> None:
        """Wait until the process has ended."""
        while not self.gone():  # noqa: ASYNC110 (nothing tells of it everywhere)
            await asyncio.sleep(LOOK)

    async def renew(self, comm: Any) -> None:
        """Renew the lease."""
        await comm.jobqueue_renew()

    def failure(self) -> str:
        """Return how the process ended and what it said last."""
        gone = "" if self.closing else self.gone()
        return f"{gone}\n{self._said()}".strip() if gone else ""

    def _said(self, lines: int = 20) -> str:
        if self.log is None or not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def _gone_within(self, patience: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not self.gone():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        return bool(self.gone())


@dataclass
class OwnProcess(Apart):
    """A scheduler that this program starts, so that its event loop stays free.

    Parameters
    ----------
    python : str
        Python that runs it; it needs only `distributed`.
    """

    python: str = sys.executable
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    """Not one of asyncio's: these are killed when their loop is closed."""

    async def start(self, request: Request) -> None:
        """Start the process and wait for its address."""
        log = os.open(self.log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self.process = subprocess.Popen(  # noqa: ASYNC220 (takes a millisecond)
                [self.python, scheduler_process.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        except OSError as error:
            raise SchedulerFailed(f"{self.python} cannot be started", details=str(error)) from error
        finally:
            os.close(log)
        facts = await self._facts(self.process, _config(request, self.lease))
        self.process_id = Process.of(facts["pid"])
        self.address, self.dashboard_port = facts["address"], facts["dashboard_port"]

    async def _facts(
        self, process: subprocess.Popen[bytes], config: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            talk = asyncio.to_thread(_talk, process, json.dumps(config).encode())
            facts: dict[str, Any] = json.loads(await asyncio.wait_for(talk, START_TIMEOUT))
        except (TimeoutError, ValueError, OSError):
            await self.close()
            raise SchedulerFailed(
                "the Dask scheduler did not start", details=self._said()
            ) from None
        return facts

    async def close(self) -> None:
        """Ask the process to end, and kill it when it does not."""
        self.closing = True
        for number, patience in ((signal.SIGTERM, 2), (signal.SIGKILL, 2)):
            if self.process is None or self.gone():
                return
            self.process.send_signal(number)
            await self._gone_within(patience)

    def kill(self) -> None:
        """End the process at once."""
        if self.process is not None:
            self.process.kill()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(1)

    def leave(self) -> None:
        """Let it run."""
        self.closing = True
        if self.process is not None and self.process.returncode is None:
            self.process.returncode = 0  # else Python warns of a process that nobody waited for

    def gone(self) -> str:
        """Return the exit code; empty while it runs."""
        code = self.process.poll() if self.process is not None else None
        return "" if code is None else f"the Dask scheduler ended with code {code}"


@dataclass
class Attached(Apart):
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
                raise SchedulerGone(gone, details=self._said())
            self.waiting = f"its scheduler at {self.address} does not answer; it is asked again"
            await asyncio.sleep(pause)
            pause = min(30.0, pause * 2)
        self.waiting = ""

    async def _answers(self) -> bool:
        return not self.gone() and await self._say("jobqueue_renew")

    async def _say(self, word: str, patience: float = ANSWER_PATIENCE) -> bool:
        """Send one word over a connection of its own; False if no answer came."""
        try:
            keys = (self._security or Security()).get_connection_args("client")
            async with rpc(self.address, connection_args=keys) as scheduler:
                await asyncio.wait_for(getattr(scheduler, word)(), patience)
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
        if self.gone() or (await self._say("terminate", 2) and await self._gone_within(2)):
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process_id is not None and self.process_id.alive:
                self.process_id.send(number)
                await self._gone_within(2)

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


def _talk(process: subprocess.Popen[bytes], text: bytes) -> bytes:
    """Give a process its configuration and return the line that it answers."""
    if process.stdin is None or process.stdout is None:
        return b""
    with process.stdin, process.stdout:
        process.stdin.write(text)
        process.stdin.close()
        return process.stdout.readline()


def _config(request: Request, lease: float) -> dict[str, Any]:
    encrypted = request.security.require_encryption
    return {
        "options": request.options,
        "security": request.files.security_files(request.security) if encrypted else {},
        "prefix": request.prefix,
        "lease": lease,
    }
