"""How a cluster starts, how it ends, and how it is left for somebody else to find."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import warnings
from collections.abc import Callable
from typing import Any

from distributed import Security
from distributed.core import Status, rpc
from distributed.utils import get_ip, silence_logging_cmgr

from jupyter_jobqueue.cluster.leftovers import sweep_programs
from jupyter_jobqueue.cluster.resize import Resizing
from jupyter_jobqueue.cluster.snapshot import resume
from jupyter_jobqueue.errors import SchedulerGone
from jupyter_jobqueue.jobs.job import Job
from jupyter_jobqueue.placement import Request
from jupyter_jobqueue.records.writer import Keeper

logger = logging.getLogger(__name__)


class Living(Resizing):
    """The part of a cluster that starts and ends it."""

    security: Security | None
    _keeper: Keeper
    _first: int
    _leaving: bool
    _over: Callable[[str], None] | None
    _silence_logs: str | int | bool
    _stack: contextlib.ExitStack

    def _changed(self, job: Job | None = None) -> None:
        raise NotImplementedError

    async def _start(self) -> None:
        self.status = Status.starting
        if self._silence_logs:
            self._stack.enter_context(silence_logging_cmgr(level=self._silence_logs))
        try:
            self.folder.create()
            if self.security is None:
                # Making a key takes tens of milliseconds, too long for an event loop.
                self.security = await asyncio.to_thread(Security.temporary)
            self._reconciler.prepare()
            await self._start_scheduler()
            await super()._start()
            await self._begin()
        except BaseException as error:
            # Whoever attached sees to the jobs of a scheduler that is gone.
            own = not (self._leaving or isinstance(error, SchedulerGone))
            # In a task of its own: with Python 3.11.2, that of Debian 12, a time limit in one that
            # was cancelled ends in a second cancellation.
            await asyncio.create_task(self._close() if own else self._let_go())
            raise

    async def _begin(self) -> None:
        """Take up the work, after the way back to it is on disk."""
        await self._keeper.save()
        self._reconciler.start()
        self._reconciler.spawn(self._keeper.run())
        await resume(self)
        self._changed()
        if self.placement.kind == "program":
            self._reconciler.spawn(self._sweep())
        if self._first:
            await self._scale(self._first)

    async def _sweep(self) -> None:
        """See to what programs have left that were killed; whatever happens, this one goes on."""
        try:
            for sentence in await sweep_programs(self._keeper.store):
                logger.warning("%s", sentence)
                self.notes.append((time.time(), sentence))
        except Exception:
            logger.exception("left-overs of other programs")

    async def _start_scheduler(self) -> None:
        security = self.security or Security()
        files = self.folder.security_files(security) if security.require_encryption else {}
        await self.placement.start(
            Request(self._scheduler_options(), security, self._prefix, self.folder)
        )
        self._reconciler.tls = files
        self.scheduler_comm = rpc(
            self.placement.address, connection_args=security.get_connection_args("client")
        )

    def _scheduler_options(self) -> dict[str, Any]:
        chosen = {"dashboard_address": "127.0.0.1:0", "protocol": self.plan_.protocol}
        chosen.update(self.plan_.scheduler_options)
        if not {"host", "interface", "contact_address"} & set(chosen):
            interface = self.plan_.options["interface"]
            host = self.plan_.adapter.host or get_ip()
            chosen.update({"interface": interface} if interface else {"host": host})
        return chosen

    async def _close(self) -> None:
        if self.status in (Status.closed, Status.closing):
            return
        self.status = Status.closing
        self._changed()
        try:
            saving = self._keeper.save(closing=True)
            left, _ = await asyncio.gather(self._reconciler.close(), saving)
            if self.scheduler_comm is not None:
                await self._close_comms()
            await self.placement.close()
            await self._keeper.finish(left=bool(left or self.not_seen_to_end()))
            if left:
                warnings.warn(f"{self.name}: could not cancel {', '.join(left)}", stacklevel=1)
        finally:
            self.status = Status.closed
            self.folder.retire()
            self._stack.close()
            self._changed()

    def not_seen_to_end(self) -> list[str]:
        """Return ids of jobs that are not known to have left the queue; none if all are left."""
        if self._leaving:
            return []
        return [job.id for job in self.jobs.values() if job.in_queue]

    @property
    def can_be_left(self) -> bool:
        """Whether somebody else can find this cluster when its owner has gone."""
        return self.placement.kind == "server" and self.placement.process_id is not None

    async def detach(self) -> None:
        """Leave scheduler and jobs alone, for whoever finds the record; nothing is cancelled."""
        if self.status not in (Status.closed, Status.closing):
            self._leaving = True
            await self._reconciler.stop_tasks()
            await self._keeper.release()
            await self._let_go()

    async def _let_go(self) -> None:
        if self.status is Status.closed:
            return
        await self._reconciler.stop_tasks()
        self.placement.leave()
        if self.scheduler_comm is not None:
            await self._close_comms()
        self.status = Status.closed
        self._stack.close()
        self._changed()

    def taken(self) -> None:
        """Leave a cluster to somebody who has taken it for abandoned."""
        logger.warning("%s has been taken over by another program", self.name)
        self._reconciler.say("another server has taken this cluster over")
        self._ending = asyncio.ensure_future(self.detach())

    async def remember(self) -> None:
        """Write down what is about to be done, so that it is known whatever happens then."""
        await self._keeper.save()

    def when_over(self, callback: Callable[[str], None]) -> None:
        """Have `callback` called, with the reason, when the cluster has lived long enough.

        Without one the cluster closes itself.
        """
        self._over = callback

    def expire(self, why: str) -> None:
        """End what has lived long enough."""
        if self._over is not None:
            self._over(why)
        elif self.status is Status.running:
            logger.warning("%s closes: %s", self.name, why)
            self._ending = asyncio.ensure_future(self._close())

    async def _close_comms(self) -> None:
        # distributed waits for the scheduler's last word; one that hangs must not hang us.
        with contextlib.suppress(TimeoutError, OSError):
            await asyncio.wait_for(super()._close(), 2)

    def _update_worker_status(self, op: str, msg: Any) -> None:
        if op == "add":
            names = [info["name"] for info in msg["workers"].values()]
        else:
            names = [self.scheduler_info["workers"][msg]["name"]]
        super()._update_worker_status(op, msg)
        for worker in names:
            self._reconciler.worker_changed(str(worker), joined=op == "add")
