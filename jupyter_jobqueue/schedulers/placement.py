"""A way to run the Dask scheduler of a cluster, and the way of dask-jobqueue: in this process."""

from __future__ import annotations

import asyncio
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from distributed import Scheduler, Security

from jupyter_jobqueue import scheduler_process
from jupyter_jobqueue.errors import SchedulerFailed
from jupyter_jobqueue.identity import Process


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
    process_id : Process or None
        Where the scheduler runs.
    lease : float
        Seconds for which it lives without an owner; 0 if it ends with its owner.
    waiting : str
        What `start` waits for, if that is worth telling.
    """

    kind: ClassVar[Literal["server", "program"]] = "program"

    address: str = ""
    dashboard_port: int = 0
    process_id: Process | None = None
    lease: float = 0.0
    waiting: str = ""

    @abstractmethod
    async def start(self, request: Request) -> None:
        """Start the scheduler; `SchedulerFailed` says why it did not."""

    @abstractmethod
    async def close(self) -> None:
        """Stop the scheduler; never raises for one that has ended already."""

    def kill(self) -> None:  # noqa: B027 (what runs in this process ends with it)
        """End the scheduler at once, whatever hangs."""

    def leave(self) -> None:  # noqa: B027
        """Let the scheduler live on without this owner."""

    async def ended(self) -> None:
        """Wait until the scheduler's process has ended."""
        await asyncio.Event().wait()

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
        self.process_id = Process.of(os.getpid())
        self.address = self.scheduler.address
        self.dashboard_port = self.scheduler.http_server.port

    async def close(self) -> None:
        """Close it."""
        if self.scheduler is not None:
            await self.scheduler.close()
