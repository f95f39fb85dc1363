"""A scheduler in a process that this program starts."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from jupyter_jobqueue.errors import SchedulerFailed
from jupyter_jobqueue.placement import program
from jupyter_jobqueue.placement.base import ProcessPlacement, Request
from jupyter_jobqueue.records.process import Process

START_TIMEOUT = 60.0
"""Seconds; on a slow shared file system importing distributed alone can take most of it."""


@dataclass
class OwnProcess(ProcessPlacement):
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
                [self.python, program.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        except OSError as error:
            raise SchedulerFailed(f"{self.python} cannot be started", details=str(error)) from error
        finally:
            os.close(log)
        facts = await self._facts(self.process, _config(request, self.prefix, self.lease))
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
                "the Dask scheduler did not start", details=self.last_output()
            ) from None
        return facts

    async def close(self) -> None:
        """Ask the process to end, and kill it when it does not."""
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
        """Let it run."""
        self.closing = True
        if self.process is not None and self.process.returncode is None:
            self.process.returncode = 0  # else Python warns of a process that nobody waited for

    def gone(self) -> str:
        """Return the exit code; empty while it runs."""
        code = self.process.poll() if self.process is not None else None
        return "" if code is None else f"the Dask scheduler ended with code {code}"


def _talk(process: subprocess.Popen[bytes], text: bytes) -> bytes:
    """Give a process its configuration and return the line that it answers."""
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
