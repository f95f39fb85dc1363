"""Keeps the record of a cluster on disk up to date, and the lease of its scheduler renewed."""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from jupyter_jobqueue.records.process import Process
from jupyter_jobqueue.records.record import Record
from jupyter_jobqueue.records.store import TOUCH, Store, Taken

WRITE_INTERVAL = 1.0
"""Seconds between two writings at the least."""
WRITE_TIMEOUT = 5.0
"""Seconds for a disk or a scheduler to answer; then things go on without."""


class RecordWriter:
    """Writes the record of one cluster whenever something changes, but not at every change.

    Parameters
    ----------
    cluster : str
        Id of the cluster.
    make_record : callable
        Returns the `Record` of now for an owner (None to leave it to others), and whether the
        cluster is closing; None while there is nothing that could be found again.
    renew : callable
        Renews the lease of the scheduler.
    on_taken : callable
        Called when somebody else has taken the cluster over.
    on_problem : callable
        Called once with a sentence when the record cannot be written.
    """

    def __init__(
        self,
        cluster: str,
        make_record: Callable[[Process | None, bool], Record | None],
        renew: Callable[[], Awaitable[None]],
        on_taken: Callable[[], None],
        on_problem: Callable[[str], None],
    ) -> None:
        self.cluster = cluster
        self._make_record = make_record
        self._renew = renew
        self._on_taken = on_taken
        self._on_problem = on_problem
        self.owner = Process.of(os.getpid())
        self._dirty = asyncio.Event()
        self._file = NumberedFile(Store())
        self._over = self._unsaved = self._reported = False

    @property
    def store(self) -> Store:
        """The records of the user."""
        return self._file.store

    def mark_dirty(self) -> None:
        """Note that something has changed."""
        self._dirty.set()

    async def run(self, lease: float) -> None:
        """Keep record and lease up to date until the cluster ends.

        Parameters
        ----------
        lease : float
            Seconds for which the scheduler lives without an owner; 0 if it ends with its owner.
        """
        beat = min(TOUCH, lease / 4) if lease else TOUCH
        due = time.monotonic() + beat
        while not self._over:
            with suppress(TimeoutError):
                # Not wait_for, which in Python 3.11 can swallow a cancellation.
                async with asyncio.timeout(max(0.0, due - time.monotonic())):
                    await self._dirty.wait()
            if time.monotonic() >= due:
                due = time.monotonic() + beat
                await self._show_life()
            if self._dirty.is_set():
                await self.save()
            await asyncio.sleep(min(WRITE_INTERVAL, beat))

    async def _show_life(self) -> None:
        """Renew the lease, and touch the record for whoever cannot see this process."""
        if self._unsaved:
            self.mark_dirty()
        with suppress(OSError, TimeoutError):
            await asyncio.wait_for(self._renew(), WRITE_TIMEOUT)
        with suppress(OSError):
            await _off_loop(self.store.touch, self.cluster)

    async def save(self, *, closing: bool = False) -> None:
        """Write the record now; a disk that does not answer is not waited for."""
        record = None if self._over else self._make_record(self.owner, closing)
        if record is None:
            return
        self._dirty.clear()
        writing = asyncio.ensure_future(self._write(record))
        await asyncio.wait({writing}, timeout=WRITE_TIMEOUT)

    async def _write(self, record: Record) -> None:
        try:
            await self._file.write(record, self.owner)
            self._unsaved = False
        except Taken:
            self._over = True
            self._on_taken()
        except OSError as error:
            self._unsaved = True
            self._report(error)

    def _report(self, error: OSError) -> None:
        """Report once; writing is tried again with the next change."""
        if not self._reported:
            self._reported = True
            self._on_problem(
                f"Cannot save this cluster's state; it cannot be recovered after a restart: {error}"
            )

    async def finish(self, *, left: bool) -> None:
        """Remove the record; if jobs may be left, keep it for whoever comes next."""
        if left:
            await self.release(closing=True)
        elif not self._over and self._make_record(None, True) is not None:
            self._over = True
            with suppress(OSError):
                await self._file.remove(self.cluster, self.owner)

    async def release(self, *, closing: bool = False) -> None:
        """Write the last state, for a new owner to find."""
        record = None if self._over else self._make_record(None, closing)
        if record is not None:
            self._over = True
            with suppress(OSError, Taken):
                await self._file.write(record, self.owner)


class NumberedFile:
    """Writes records in threads, and the newest last: a thread that hung cannot be stopped.

    Parameters
    ----------
    store : Store
        The records of the user.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._disk = threading.Lock()
        self._numbers = itertools.count(1)
        self._written = 0

    async def write(self, record: Record, owner: Process) -> None:
        """Write a record unless a newer one has been written."""
        await _off_loop(self._write, record, owner, next(self._numbers))

    async def remove(self, cluster: str, owner: Process) -> None:
        """Remove a record; none that was made before is written any more."""
        await _off_loop(self._remove, cluster, owner, next(self._numbers))

    def _write(self, record: Record, owner: Process, number: int) -> None:
        with self._disk:
            if number > self._written:
                self.store.write(record, owner)
                self._written = number

    def _remove(self, cluster: str, owner: Process, number: int) -> None:
        with self._disk:
            self._written = number
            self.store.remove(cluster, owner)


async def _off_loop(work: Callable[..., Any], *args: Any) -> None:
    """Do what may take long in a thread; at the end of the interpreter there are none any more."""
    try:
        doing = asyncio.to_thread(work, *args)
        await doing
    except RuntimeError:
        work(*args)
