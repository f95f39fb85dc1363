"""The scheduler in this program, as in dask-jobqueue."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from distributed import Scheduler

from jupyter_jobqueue.errors import SchedulerFailed
from jupyter_jobqueue.placement import program
from jupyter_jobqueue.placement.base import Placement, Request
from jupyter_jobqueue.records.process import Process


@dataclass
class InProcess(Placement):
    """The scheduler runs in this program and ends with it, as in dask-jobqueue.

    Parameters
    ----------
    scheduler : distributed.Scheduler, optional
        The scheduler; None until `start`.
    """

    scheduler: Any = None

    async def start(self, request: Request) -> None:
        """Start the scheduler in the running event loop; see `Placement.start`."""
        security = request.security if request.security.require_encryption else None
        try:
            self.scheduler = Scheduler(
                security=security, http_prefix=self.prefix, **request.options
            )
            program.prepare(self.scheduler, self.prefix)
            await self.scheduler
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise SchedulerFailed("the Dask scheduler did not start", details=str(error)) from error
        self.process_id = Process.of(os.getpid())
        self.address = self.scheduler.address
        self.dashboard_port = self.scheduler.http_server.port

    def another(self) -> Placement:
        """Return a placement for another scheduler in this program."""
        return InProcess()

    async def close(self) -> None:
        """Close the scheduler."""
        if self.scheduler is not None:
            await self.scheduler.close()
