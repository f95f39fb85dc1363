"""Recovers the clusters of an earlier server, and cancels the jobs of those that have ended."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from contextlib import suppress
from typing import Any, Protocol

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.batch.threads import RECORDS
from jupyter_jobqueue.cluster import CLASSES, JobQueueCluster
from jupyter_jobqueue.cluster.leftovers import (
    NotSeenToEnd,
    cancel_and_forget,
    cancel_leftovers,
    describe_cancelled,
    release,
)
from jupyter_jobqueue.discovery import Discovery
from jupyter_jobqueue.errors import QueueError
from jupyter_jobqueue.jobs.scaler import Target
from jupyter_jobqueue.records.process import Process, host
from jupyter_jobqueue.records.record import Record
from jupyter_jobqueue.records.store import STALE_AFTER, TOUCH_INTERVAL, Store
from jupyter_jobqueue.server.managed_cluster import ManagedCluster

FOUND = "Reconnected after a server restart"
LOOK_INTERVAL = 30.0
"""Seconds between two searches for clusters whose server was killed; much less than a lease."""
PAUSES = (0, 5, 15, 60, 180, 600)
"""Seconds before each attempt to cancel the remaining jobs, while the batch system is down."""


class Host(Protocol):
    """The part of the manager that recovery needs."""

    discovery: Discovery

    def add(self, cluster: JobQueueCluster, target: Target | None) -> ManagedCluster:
        """Start a cluster and add it to the list; see `ClusterManager.add`.

        Parameters
        ----------
        cluster : JobQueueCluster
            The cluster.
        target : Target or None
            Its first size; None to keep its current one.
        """

    def forget(self, entry: ManagedCluster, detail: str = "") -> None:
        """Remove a cluster from the list; see `ClusterManager.forget`.

        Parameters
        ----------
        entry : ManagedCluster
            The cluster.
        detail : str
            A sentence about jobs that could not be cancelled.
        """

    def notify(self, sentence: str) -> None:
        """Show a sentence to the user as a notice."""


class Recovery:
    """Takes over the clusters without an owner, in the background.

    Parameters
    ----------
    host : Host
        Receives the clusters.
    log : logging.Logger
        Log for details that people need not see.
    """

    def __init__(self, host: Host, log: Any) -> None:
        self.host = host
        self.log: logging.Logger = log
        self.owner = Process.of(os.getpid())
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to read the records; needs a running event loop."""
        self.store = Store()
        self._spawn(self._run())
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._keep_looking())

    async def settled(self) -> None:
        """Wait until the records that were there at the start have been dealt with."""
        while tasks := self._tasks:
            await asyncio.wait(tasks)

    async def stop(self) -> None:
        """Stop; the next server continues with the remaining records."""
        tasks = [*self._tasks, *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self) -> None:
        try:
            records, problems = await RECORDS.run(self.store.read_all)
            for sentence in problems:
                self.host.notify(f"{sentence}.")
            await self.host.discovery.detect_dialects()
            for record in records:
                if record.kind == "server":
                    self._spawn(self._take(record))
            for sentence in await cancel_leftovers(self.store):
                self.host.notify(f"{sentence[:1].upper()}{sentence[1:]}.")
        except Exception:
            self.log.exception("clusters of earlier servers")

    async def _keep_looking(self) -> None:
        """Take over the clusters of servers of this user that are killed while this one runs."""
        while True:
            await asyncio.sleep(LOOK_INTERVAL)
            with suppress(OSError):
                records, _ = await RECORDS.run(self.store.read_all)
                for record in records:
                    if record.kind == "server" and record.owner is not None and record.owner.here:
                        await self._take(record)

    async def _take(self, record: Record) -> None:
        try:
            if claimed := await self._claim(record):
                await self._revive(claimed)
        except Exception:
            self.log.exception("cluster %s of an earlier server", record.name)

    async def _claim(self, record: Record) -> Record | None:
        """Claim a cluster; it takes a while to know that an owner on another machine has ended."""
        adapter = ADAPTERS.get(record.system)
        if adapter is None or (adapter.host and record.scheduler.process.host != host()):
            return None  # the batch system is missing here, as on another machine
        deadline = time.monotonic() + STALE_AFTER + 2 * TOUCH_INTERVAL
        while True:
            if claimed := await RECORDS.run(self.store.claim, record.id, self.owner):
                return claimed
            elsewhere = record.owner is not None and not record.owner.here
            if not elsewhere or time.monotonic() > deadline:
                return None
            await asyncio.sleep(TOUCH_INTERVAL)

    async def _revive(self, record: Record) -> None:
        if record.closing:
            await self._finish_closing(record)
            return
        try:
            cluster = CLASSES[record.system].attach(record)
        except (ValueError, KeyError, TypeError) as error:
            path = self.store.path(record.id)
            self.host.notify(f"{await RECORDS.run(self.store.set_aside, path, str(error))}.")
            return
        cluster.notes.append((time.time(), FOUND))
        entry = self.host.add(cluster, None)
        if not await entry.found_scheduler():
            self.host.forget(entry)
            sentence = f"Cluster {record.name} could not be recovered: its scheduler has ended"
            await self._cancel_rest(record, sentence, always=True)

    async def _finish_closing(self, record: Record) -> None:
        """Finish closing a cluster whose server was killed, or whose queue did not answer."""
        with suppress(OSError):
            record.scheduler.process.kill()
        await self._cancel_rest(record, f"Cluster {record.name} is closed")

    async def _cancel_rest(self, record: Record, sentence: str, *, always: bool = False) -> None:
        """Cancel the remaining jobs of a cluster; retry while the queue is down."""
        cancelled = 0
        for attempt, pause in enumerate(PAUSES):
            await asyncio.sleep(pause)
            try:
                left = max(cancelled, await cancel_and_forget(self.store, record))
            except QueueError as error:
                cancelled = error.jobs if isinstance(error, NotSeenToEnd) else cancelled
                if not attempt:
                    self.host.notify(
                        f"{sentence}. Some of its jobs may remain, as the batch system is not "
                        f"responding: {error.message}."
                    )
                record = await RECORDS.run(self._claim_again, record)
            else:
                if left or always or attempt:
                    self.host.notify(f"{sentence}; {describe_cancelled(left)}.")
                return
        await RECORDS.run(release, self.store, record)

    def _claim_again(self, record: Record) -> Record:
        return self.store.claim(record.id, self.owner) or record
