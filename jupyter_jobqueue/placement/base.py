"""The interface of placements, and what placements in a separate process share."""

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
    """The files of a cluster that a placement needs."""

    tls: dict[str, Any]
    """Keywords of `Security` that name files; empty without encryption."""


@dataclass
class Request:
    """The settings that a scheduler starts with.

    Parameters
    ----------
    options : dict
        Keywords of `distributed.Scheduler`: host, interface, port, protocol and so on.
    security : Security
        Keys of the cluster; empty without encryption.
    files : Files
        The cluster's files.
    on_waiting : callable
        Called with a sentence when the start takes long, and with an empty text when it continues.
    """

    options: dict[str, Any]
    security: Security
    files: Files
    on_waiting: Callable[[str], None]


@dataclass
class Placement(ABC):
    """A way to run the scheduler of one cluster.

    Parameters
    ----------
    address : str
        Address for clients and workers; empty until `start` has returned.
    dashboard_port : int
        Port of the dashboard; 0 if there is none.
    process_id : Process, optional
        Process of the scheduler; None until `start` has returned.
    lease : float
        Seconds for which the scheduler runs without an owner; 0 if it ends with its owner.
    prefix : str
        Secret first part of the dashboard's paths.
    """

    kind: ClassVar[Literal["server", "program"]] = "program"
    """The owner of such clusters: a Jupyter server, or a Python program."""

    address: str = ""
    dashboard_port: int = 0
    process_id: Process | None = None
    lease: float = 0.0
    prefix: str = field(default_factory=partial(secrets.token_hex, 16))

    @abstractmethod
    async def start(self, request: Request) -> None:
        """Start the scheduler.

        Parameters
        ----------
        request : Request
            The settings of the scheduler.

        Raises
        ------
        SchedulerFailed
            If the scheduler does not start.
        """

    @abstractmethod
    async def close(self) -> None:
        """Stop the scheduler; one that has already ended is no error."""

    @abstractmethod
    def another(self) -> Placement:
        """Return a placement that starts another scheduler in the same way."""

    def kill(self) -> None:  # noqa: B027 (a scheduler in this program ends with it)
        """End the scheduler at once, without waiting for an answer."""

    def leave(self) -> None:  # noqa: B027
        """Leave the scheduler running without this owner."""

    async def ended(self) -> None:
        """Wait until the scheduler's process has ended."""
        await asyncio.Event().wait()

    async def renew(self, comm: Any) -> None:  # noqa: B027 (most need no lease)
        """Renew the lease of the scheduler.

        Parameters
        ----------
        comm : distributed.rpc
            An open connection to the scheduler.
        """

    def failure(self) -> SchedulerFailed | None:
        """Return why the scheduler has ended although nobody closed it; None while it runs."""
        return None


LEASE = 600.0
"""Seconds for which a scheduler process runs without an owner."""


WATCH_INTERVAL = 0.5
"""Seconds between two checks of whether a process has ended."""


@dataclass
class ProcessPlacement(Placement):
    """The scheduler runs in a process of its own, and outlives its owner by the lease.

    Parameters
    ----------
    log : Path, optional
        File for the output of the scheduler.
    closing : bool
        Whether the end of the process is expected.
    """

    kind = "server"

    lease: float = LEASE
    log: Path | None = None
    closing: bool = False

    @abstractmethod
    def gone(self) -> str:
        """Return how the process ended; empty while it may run."""

    async def ended(self) -> None:
        """Wait until the process has ended."""
        while not self.gone():  # noqa: ASYNC110 (no signal of its end works everywhere)
            await asyncio.sleep(WATCH_INTERVAL)

    async def renew(self, comm: Any) -> None:
        """Renew the lease over an open connection to the scheduler."""
        await comm.jobqueue_renew()

    def failure(self) -> SchedulerFailed | None:
        """Return how the process ended, with the last lines of its output."""
        gone = "" if self.closing else self.gone()
        return SchedulerFailed(gone, details=self.last_output()) if gone else None

    def last_output(self, lines: int = 20) -> str:
        """Return the last lines of the scheduler's output.

        Parameters
        ----------
        lines : int
            Number of lines.
        """
        if self.log is None or not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def gone_within(self, timeout: float) -> bool:
        """Wait until the process has ended.

        Parameters
        ----------
        timeout : float
            Seconds to wait at most.

        Returns
        -------
        bool
            Whether the process has ended.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not self.gone():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        return bool(self.gone())
