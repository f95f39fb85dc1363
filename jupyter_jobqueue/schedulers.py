"""Where the Dask scheduler of a cluster runs: in this process, or in one of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from distributed import Scheduler, Security

from jupyter_jobqueue import scheduler_process
from jupyter_jobqueue.errors import SchedulerFailed

START_TIMEOUT = 60.0
"""Seconds; on a slow shared file system importing distributed alone can take most of it."""
LEASE = 120.0
"""Seconds after which a scheduler process that no cluster object renews ends."""


class Files(Protocol):
    """What a placement needs of the cluster's folder."""

    def security_files(self, security: Security) -> dict[str, Any]:
        """Return keywords of `Security` that name files instead of holding keys."""


@dataclass
class Request:
    """What a scheduler is started with.

    Parameters
    ----------
    options : dict
        Keywords of `distributed.Scheduler`: host, interface, port, protocol and so on.
    security : Security
        Keys of the cluster; without encryption if the user chose so.
    prefix : str
        Secret first part of the dashboard's paths.
    files : Files
        The cluster's folder.
    """

    options: dict[str, Any]
    security: Security
    prefix: str
    files: Files


@dataclass
class Placement(ABC):
    """A way to run the scheduler of one cluster.

    Attributes
    ----------
    address : str
        Where clients and workers connect; empty until `start` has returned.
    dashboard_port : int
        0 if there is no dashboard.
    """

    address: str = ""
    dashboard_port: int = 0

    @abstractmethod
    async def start(self, request: Request) -> None:
        """Start the scheduler; `SchedulerFailed` says why it did not."""

    @abstractmethod
    async def close(self) -> None:
        """Stop the scheduler; never raises for one that has ended already."""

    async def renew(self, comm: Any) -> None:  # noqa: B027 (most need no lease)
        """Tell the scheduler that its owner lives."""

    def failure(self) -> str:
        """Return why the scheduler is gone although nobody closed it; empty while it lives."""
        return ""


@dataclass
class InProcess(Placement):
    """The scheduler runs in this program and ends with it, as in dask-jobqueue."""

    scheduler: Any = None

    async def start(self, request: Request) -> None:
        """Start it in the running event loop."""
        security = request.security if request.security.require_encryption else None
        try:
            self.scheduler = Scheduler(
                security=security, http_prefix=request.prefix, **request.options
            )
            scheduler_process.prepare(self.scheduler, request.prefix)
            await self.scheduler
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise SchedulerFailed("the Dask scheduler did not start", details=str(error)) from error
        self.address = self.scheduler.address
        self.dashboard_port = self.scheduler.http_server.port

    async def close(self) -> None:
        """Close it."""
        if self.scheduler is not None:
            await self.scheduler.close()


@dataclass
class OwnProcess(Placement):
    """The scheduler runs in a process of its own, so that the owner's event loop stays free.

    Parameters
    ----------
    python : str
        Python that runs it; it needs only `distributed`.
    log : Path or None
        File for what it prints.
    """

    python: str = sys.executable
    log: Path | None = None
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)
    closing: bool = False

    async def start(self, request: Request) -> None:
        """Start the process and wait for its address."""
        log = os.open(self.log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self.process = await asyncio.create_subprocess_exec(
                self.python,
                scheduler_process.__file__,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        except OSError as error:
            raise SchedulerFailed(f"{self.python} cannot be started", details=str(error)) from error
        finally:
            os.close(log)
        facts = await self._facts(_config(request))
        self.address, self.dashboard_port = facts["address"], facts["dashboard_port"]

    async def _facts(self, config: dict[str, Any]) -> dict[str, Any]:
        if not (self.process and self.process.stdin and self.process.stdout):
            raise SchedulerFailed("the Dask scheduler was not started")
        try:
            self.process.stdin.write(json.dumps(config).encode())
            self.process.stdin.close()
            line = await asyncio.wait_for(self.process.stdout.readline(), START_TIMEOUT)
            facts: dict[str, Any] = json.loads(line)
        except (TimeoutError, ValueError, ConnectionError):
            await self.close()
            raise SchedulerFailed(
                "the Dask scheduler did not start", details=self._said()
            ) from None
        return facts

    async def close(self) -> None:
        """Ask the process to end, and kill it when it does not."""
        self.closing = True
        for number, patience in ((signal.SIGTERM, 2), (signal.SIGKILL, 2)):
            if self.process is None or self.process.returncode is not None:
                return
            with suppress(ProcessLookupError):
                self.process.send_signal(number)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), patience)

    async def renew(self, comm: Any) -> None:
        """Renew the lease."""
        await comm.jobqueue_renew()

    def failure(self) -> str:
        """Return how the process ended and what it said last."""
        if self.closing or self.process is None or self.process.returncode is None:
            return ""
        return (
            f"the Dask scheduler ended with code {self.process.returncode}\n{self._said()}".strip()
        )

    def _said(self, lines: int = 20) -> str:
        if self.log is None or not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def _config(request: Request) -> dict[str, Any]:
    encrypted = request.security.require_encryption
    return {
        "options": request.options,
        "security": request.files.security_files(request.security) if encrypted else {},
        "prefix": request.prefix,
        "lease": LEASE,
    }
