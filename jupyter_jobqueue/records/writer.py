"""Keeps the record of a cluster up to date, and renews the lease of its scheduler."""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from jupyter_jobqueue.batch.threads import RECORDS
from jupyter_jobqueue.records.process import Process
from jupyter_jobqueue.records.record import Record
from jupyter_jobqueue.records.store import TOUCH_INTERVAL, Store, Taken

WRITE_INTERVAL = 1.0
"""Seconds between two writes at least."""
WRITE_TIMEOUT = 5.0
"""Seconds to wait for a disk or a scheduler before work continues without it."""


class RecordWriter:
    """Writes the record of one cluster after changes, at most once per `WRITE_INTERVAL`.

    Parameters
    ----------
    cluster : str
        Id of the cluster.
    make_record : callable
        Takes the owner (None to leave the cluster to others) and whether the cluster is closing.
        Returns the current `Record`; None while there is nothing to recover.
    renew : callable
        Renews the lease of the scheduler.
    on_taken : callable
        Called when another process has taken the cluster over.
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
        """Request a write, as something has changed."""
        self._dirty.set()

    async def run(self, lease: float) -> None:
        """Keep record and lease up to date until the cluster ends.

        Parameters
        ----------
        lease : float
            Seconds for which the scheduler runs without an owner; 0 if it ends with its owner.
        """
        interval = min(TOUCH_INTERVAL, lease / 4) if lease else TOUCH_INTERVAL
        due = time.monotonic() + interval
        while not self._over:
            with suppress(TimeoutError):
                # wait_for can swallow a cancellation in Python 3.11.
                async with asyncio.timeout(max(0.0, due - time.monotonic())):
                    await self._dirty.wait()
            if time.monotonic() >= due:
                due = time.monotonic() + interval
                await self._renew_ownership()
            if self._dirty.is_set():
                await self.save()
            await asyncio.sleep(min(WRITE_INTERVAL, interval))

    async def _renew_ownership(self) -> None:
        """Renew the lease, and update the record's time for other machines."""
        if self._unsaved:
            self.mark_dirty()
        with suppress(OSError, TimeoutError):
            # wait_for can swallow a cancellation in Python 3.11.
            async with asyncio.timeout(WRITE_TIMEOUT):
                await self._renew()
        with suppress(OSError):
            await _off_loop(self.store.touch, self.cluster)

    async def save(self, *, closing: bool = False) -> None:
        """Write the record now, but wait at most `WRITE_TIMEOUT` for the disk.

        Parameters
        ----------
        closing : bool
            Whether the cluster is closing.
        """
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
        """Report the error once; the next change tries again."""
        if not self._reported:
            self._reported = True
            self._on_problem(
                f"Cannot save this cluster's state; it cannot be recovered after a restart: {error}"
            )

    async def finish(self, *, left: bool) -> None:
        """Remove the record at the end of the cluster.

        Parameters
        ----------
        left : bool
            Whether jobs may remain; the record then stays for the next program.
        """
        if left:
            await self.release(closing=True)
        elif not self._over and self._make_record(None, True) is not None:
            self._over = True
            with suppress(OSError):
                await self._file.remove(self.cluster, self.owner)

    async def release(self, *, closing: bool = False) -> None:
        """Write the last state without an owner, so that another program can take over.

        Parameters
        ----------
        closing : bool
            Whether the cluster is closing.
        """
        record = None if self._over else self._make_record(None, closing)
        if record is not None:
            self._over = True
            with suppress(OSError, Taken):
                await self._file.write(record, self.owner)


class NumberedFile:
    """Writes records in threads in the right order, as a thread that hangs cannot be stopped.

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
        """Write a record unless a newer one has been written.

        Parameters
        ----------
        record : Record
            The record.
        owner : Process
            The process that writes.

        Raises
        ------
        Taken
            If another process owns the cluster.
        OSError
            If the file cannot be written.
        """
        await _off_loop(self._write, record, owner, next(self._numbers))

    async def remove(self, cluster: str, owner: Process) -> None:
        """Remove a record, and drop older writes that are still waiting.

        Parameters
        ----------
        cluster : str
            Id of the cluster.
        owner : Process
            The process that removes it.
        """
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
    """Call a slow function in a thread, or directly when the interpreter is shutting down."""
    try:
        await RECORDS.run(work, *args)
    except RuntimeError:
        work(*args)
