"""What every way to run the Dask scheduler of a cluster has in common."""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from distributed import Security

from jupyter_jobqueue.errors import SchedulerFailed
from jupyter_jobqueue.records.process import Process


class Files(Protocol):
    """What a placement needs of the cluster's folder."""

    tls: dict[str, Any]
    """Keywords of `Security` that name files; empty without encryption."""


@dataclass
class Request:
    """What a scheduler is started with.

    Parameters
    ----------
    options : dict
        Keywords of `distributed.Scheduler`: host, interface, port, protocol and so on.
    security : Security
        Keys of the cluster; without encryption if the user chose so.
    files : Files
        The cluster's folder.
    on_waiting : callable
        Called with a sentence when the start takes long, and with an empty one when it goes on.
    """

    options: dict[str, Any]
    security: Security
    files: Files
    on_waiting: Callable[[str], None]


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
    prefix : str
        Secret first part of the dashboard's paths.
    """

    kind: ClassVar[Literal["server", "program"]] = "program"

    address: str = ""
    dashboard_port: int = 0
    process_id: Process | None = None
    lease: float = 0.0
    prefix: str = field(default_factory=partial(secrets.token_hex, 16))

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

    def failure(self) -> SchedulerFailed | None:
        """Return why the scheduler is gone although nobody closed it; None while it lives."""
        return None


LEASE = 600.0
"""Seconds for which a scheduler process lives on that no cluster object renews."""


WATCH_INTERVAL = 0.5
"""Seconds between two looks whether a process has ended."""


@dataclass
class ProcessPlacement(Placement):
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
            await asyncio.sleep(WATCH_INTERVAL)

    async def renew(self, comm: Any) -> None:
        """Renew the lease."""
        await comm.jobqueue_renew()

    def failure(self) -> SchedulerFailed | None:
        """Return how the process ended, with the last lines of its log."""
        gone = "" if self.closing else self.gone()
        return SchedulerFailed(gone, details=self.last_output()) if gone else None

    def last_output(self, lines: int = 20) -> str:
        """Return the last lines that the scheduler printed."""
        if self.log is None or not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def gone_within(self, timeout: float) -> bool:
        """Wait until the process has ended; returns whether it has within `timeout` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not self.gone():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        return bool(self.gone())
