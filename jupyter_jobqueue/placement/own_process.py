"""A scheduler in a process that this program starts."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from jupyter_jobqueue.batch.environment import without_secrets
from jupyter_jobqueue.batch.threads import SCHEDULERS
from jupyter_jobqueue.errors import SchedulerFailed
from jupyter_jobqueue.placement import program
from jupyter_jobqueue.placement.base import Placement, ProcessPlacement, Request
from jupyter_jobqueue.records.process import Process

START_TIMEOUT = 60.0
"""Seconds for the start; on a slow shared file system, importing distributed takes most of them."""


@dataclass
class OwnProcess(ProcessPlacement):
    """A scheduler in a process that this program starts, so that its event loop stays free.

    Parameters
    ----------
    python : sequence of str
        Command of the scheduler's Python; it needs only `distributed`.
    process : subprocess.Popen, optional
        The process; None until `start`.
    """

    python: Sequence[str] = (sys.executable,)
    # Not a process of asyncio, which is killed when its loop closes.
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    async def start(self, request: Request) -> None:
        """Start the process and wait for the scheduler's address; see `Placement.start`."""
        log = os.open(self.log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self.process = subprocess.Popen(  # noqa: ASYNC220 (takes a millisecond)
                [*self.python, program.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                env=without_secrets(os.environ),
            )
        except OSError as error:
            raise SchedulerFailed(
                f"{shlex.join(self.python)} cannot be started", details=str(error)
            ) from error
        finally:
            os.close(log)
        answer = await self._configure(self.process, _config(request, self.prefix, self.lease))
        self.process_id = Process.of(answer["pid"])
        self.address, self.dashboard_port = answer["address"], answer["dashboard_port"]

    async def _configure(
        self, process: subprocess.Popen[bytes], config: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            exchange = SCHEDULERS.run(_exchange, process, json.dumps(config).encode())
            answer: dict[str, Any] = json.loads(await asyncio.wait_for(exchange, START_TIMEOUT))
        except (TimeoutError, ValueError, OSError):
            await self.close()
            raise SchedulerFailed(
                "the Dask scheduler did not start", details=self.last_output()
            ) from None
        return answer

    def another(self) -> Placement:
        """Return a placement for another process of the same kind."""
        return OwnProcess(lease=self.lease, python=self.python)

    async def close(self) -> None:
        """Send SIGTERM to the process, and SIGKILL if it does not end."""
        self.closing = True
        for number, timeout in ((signal.SIGTERM, 2), (signal.SIGKILL, 2)):
            if self.process is None or self.gone():
                return
            self.process.send_signal(number)
            await self.gone_within(timeout)

    def kill(self) -> None:
        """End the process at once."""
        if self.process is not None:
            self.process.kill()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(1)

    def leave(self) -> None:
        """Leave the process running."""
        self.closing = True
        if self.process is not None and self.process.returncode is None:
            self.process.returncode = 0  # otherwise Python warns of a running process

    def gone(self) -> str:
        """Return how the process ended; empty while it runs."""
        code = self.process.poll() if self.process is not None else None
        return "" if code is None else f"the Dask scheduler ended with code {code}"


def _exchange(process: subprocess.Popen[bytes], text: bytes) -> bytes:
    """Write text to a process and return the first line of its output."""
    if process.stdin is None or process.stdout is None:
        return b""
    with process.stdin, process.stdout:
        process.stdin.write(text)
        process.stdin.close()
        return process.stdout.readline()


def _config(request: Request, prefix: str, lease: float) -> dict[str, Any]:
    return {
        "options": request.options,
        "security": request.files.tls,
        "prefix": prefix,
        "lease": lease,
    }
