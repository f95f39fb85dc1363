"""Keeps what a cluster needs to be found again on disk, and its scheduler's lease renewed."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_jobqueue.cluster.snapshot import snapshot
from jupyter_jobqueue.records.process import Process
from jupyter_jobqueue.records.record import Record
from jupyter_jobqueue.records.store import TOUCH, Store, Taken

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster.cluster import JobQueueCluster

logger = logging.getLogger(__name__)
PAUSE = 1.0
"""Seconds between two writings at the least."""
PATIENCE = 5.0
"""Seconds for a disk or a scheduler to answer; then things go on without."""


class Keeper:
    """Writes the record of one cluster whenever something changes, but not at every change.

    Parameters
    ----------
    cluster : JobQueueCluster
        Whose record it is.
    """

    def __init__(self, cluster: JobQueueCluster) -> None:
        self.cluster = cluster
        self.store = Store()
        self.owner = Process.of(os.getpid())
        self._changed = asyncio.Event()
        self._disk = threading.Lock()
        self._over = False
        self._said = self._unsaved = False
        self._numbers = itertools.count(1)
        self._written = 0

    def touch(self) -> None:
        """Note that something has changed."""
        self._changed.set()

    async def run(self) -> None:
        """Keep record and lease up to date until the cluster ends."""
        lease = self.cluster.placement.lease
        beat = min(TOUCH, lease / 4) if lease else TOUCH
        due = time.monotonic() + beat
        while not self._over:
            with suppress(TimeoutError):
                # Not wait_for, which in Python 3.11 can swallow a cancellation.
                async with asyncio.timeout(max(0.0, due - time.monotonic())):
                    await self._changed.wait()
            if time.monotonic() >= due:
                due = time.monotonic() + beat
                await self._show_life()
            if self._changed.is_set():
                await self.save()
            await asyncio.sleep(min(PAUSE, beat))

    async def _show_life(self) -> None:
        """Renew the lease, and touch the record for whoever cannot see this process."""
        if self._unsaved:
            self.touch()
        with suppress(OSError, TimeoutError):
            renewal = self.cluster.placement.renew(self.cluster.scheduler_comm)
            await asyncio.wait_for(renewal, PATIENCE)
        with suppress(OSError):
            await _off_loop(self.store.touch, self.cluster.id)

    async def save(self, *, closing: bool = False) -> None:
        """Write the record now; a disk that does not answer is not waited for."""
        if self._over or self.cluster.placement.process_id is None:
            return
        self._changed.clear()
        record = snapshot(self.cluster, self.owner, closing=closing)
        writing = asyncio.ensure_future(self._write(record))
        await asyncio.wait({writing}, timeout=PATIENCE)

    async def _write(self, record: Record) -> None:
        try:
            await _off_loop(self._write_in_turn, record, next(self._numbers))
            self._unsaved = False
        except Taken:
            self._over = True
            self.cluster.taken()
        except OSError as error:
            self._unsaved = True
            self._say(f"what is needed to find this cluster again cannot be written: {error}")

    def _write_in_turn(self, record: Record, number: int) -> None:
        """Write unless something later is written: a thread that hung cannot be stopped."""
        with self._disk:
            if number > self._written:
                self.store.write(record, self.owner)
                self._written = number

    def _say(self, sentence: str) -> None:
        """Tell once; it is tried again with the next change."""
        if not self._said:
            self._said = True
            logger.warning("%s: %s", self.cluster.name, sentence)
            self.cluster.notes.append((time.time(), sentence))
            self.cluster._changed()

    async def finish(self, *, left: bool) -> None:
        """Remove the record; if jobs may be left, keep it for whoever comes next."""
        if left:
            await self.release(closing=True)
        elif not self._over and self.cluster.placement.process_id is not None:
            self._over = True
            with suppress(OSError):
                await _off_loop(self._remove)

    async def release(self, *, closing: bool = False) -> None:
        """Write the last state, for a new owner to find."""
        if self._over or self.cluster.placement.process_id is None:
            return
        self._over = True
        with suppress(OSError, Taken):
            record = snapshot(self.cluster, None, closing=closing)
            await _off_loop(self._write_in_turn, record, next(self._numbers))

    def _remove(self) -> None:
        with self._disk:
            self._written = next(self._numbers)
            self.store.remove(self.cluster.id, self.owner)


async def _off_loop(work: Callable[..., Any], *args: Any) -> None:
    """Do what may take long in a thread; at the end of the interpreter there are none any more."""
    try:
        doing = asyncio.to_thread(work, *args)
        await doing
    except RuntimeError:
        work(*args)
