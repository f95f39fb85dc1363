"""Puts the parts of a cluster together and connects them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

from distributed import Security
from distributed.core import Status, rpc

from jupyter_jobqueue.adapters.adapter import JobSpec
from jupyter_jobqueue.batch.shared import SharedQueue
from jupyter_jobqueue.batch.threads import LOGS
from jupyter_jobqueue.cluster import snapshot
from jupyter_jobqueue.cluster.lifecycle import DaskCluster, Lifecycle, Steps
from jupyter_jobqueue.cluster.lifespan import Lifespan
from jupyter_jobqueue.jobs.callbacks import Callbacks
from jupyter_jobqueue.jobs.group import GroupOptions, JobGroup
from jupyter_jobqueue.jobs.observe import TAGS
from jupyter_jobqueue.jobs.table import JobTable, Submission
from jupyter_jobqueue.jobs.workers import Load
from jupyter_jobqueue.placement import Request
from jupyter_jobqueue.placement.client import SchedulerClient
from jupyter_jobqueue.records.process import Process
from jupyter_jobqueue.records.record import Record
from jupyter_jobqueue.records.writer import RecordWriter

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Hooks:
    """What only the object derived from `distributed.deploy.cluster.Cluster` can do.

    Parameters
    ----------
    connection : callable
        Returns the connection to the scheduler.
    start_scheduler : callable
        Starts the scheduler and connects to it; takes an `ExitStack` for actions at the end.
    connected_workers : callable
        Returns the names of the workers that are connected.
    request_first_jobs : callable
        Requests the initial size of the cluster.
    disconnect : callable
        Closes the connections to the scheduler.
    close : callable
        Closes the cluster.
    """

    connection: Callable[[], Any]
    start_scheduler: Callable[[ExitStack], Awaitable[None]]
    connected_workers: Callable[[], list[str]]
    request_first_jobs: Callable[[], Awaitable[None]]
    disconnect: Callable[[], Awaitable[None]]
    close: Callable[[], Awaitable[None]]


class Assembly:
    """Makes the groups and the lifecycle of a cluster.

    Parameters
    ----------
    kept : Kept
        The constant facts about the cluster.
    dask : DaskCluster
        The cluster object, whose status the lifecycle sets.
    hooks : Hooks
        What only the cluster object can do.

    Attributes
    ----------
    groups : list of JobGroup
        Its jobs.
    lifecycle : Lifecycle
        How it starts and ends.
    """

    def __init__(self, kept: snapshot.Kept, dask: DaskCluster, hooks: Hooks) -> None:
        self._kept = kept
        self._counted = 0.0, ""
        self._dask = dask
        self._hooks = hooks
        client = SchedulerClient(kept.placement, hooks.connection, self._note_load)
        self.groups = [self._group(client)]
        self.lifecycle = self._lifecycle(client)

    def _group(self, client: SchedulerClient) -> JobGroup:
        spec = self._kept.spec
        return JobGroup(
            JobTable(spec.name, f"{TAGS}{self._kept.id}-", spec.shape),
            SharedQueue(spec.system),
            GroupOptions(spec.options, self._kept.files.logs, spec.cancel_words),
            client,
            Callbacks(
                self.make_spec, self._save_record, self._is_open, self._on_change, self._set_note
            ),
        )

    def _lifecycle(self, client: SchedulerClient) -> Lifecycle:
        undo, hooks, options = ExitStack(), self._hooks, self._kept.spec.options
        steps = Steps(
            lambda: hooks.start_scheduler(undo),
            hooks.connected_workers,
            hooks.request_first_jobs,
            hooks.disconnect,
            self._add_note,
            undo,
        )
        writer = RecordWriter(
            self._kept.id, self._make_record, client.renew, self._on_taken_over, self._add_note
        )
        limits = options["idle_timeout"], options["max_age"]
        lifespan = Lifespan(*limits, client.is_working, self._close_expired)
        kept = self._kept
        return Lifecycle(
            self._dask, steps, kept.files, kept.placement, self.groups, writer, lifespan
        )

    # -- functions that the parts call

    def make_spec(self, submission: Submission) -> JobSpec:
        """Return the description of a submission for the adapter.

        Parameters
        ----------
        submission : Submission
            The submission.
        """
        return self._kept.spec.job_spec(
            address=self._kept.placement.address,
            tls=self._kept.files.tls,
            logs=str(self._kept.files.logs),
            count=submission.count,
            first=submission.first,
            tag=submission.tag,
        )

    def preview(self) -> tuple[str, str]:
        """Return the script and the command of the next submission."""
        table = self.groups[0].table
        return self._kept.spec.preview(self.make_spec(Submission(table.next_tag, table.count, 1)))

    async def start_scheduler(self, security: Security) -> rpc:
        """Start the scheduler and return a connection to it.

        Parameters
        ----------
        security : Security
            Keys of the cluster; empty without encryption.

        Raises
        ------
        SchedulerFailed
            If the scheduler does not start.
        """
        files, placement = self._kept.files, self._kept.placement
        files.write_keys(security)
        options = self._kept.spec.scheduler_keywords()
        await placement.start(Request(options, security, files, self.lifecycle.waits_for))
        return rpc(placement.address, connection_args=security.get_connection_args("client"))

    async def _save_record(self, tag: str, script: str) -> None:
        await self.lifecycle.writer.save()
        with suppress(TimeoutError):
            await LOGS.run(self._kept.files.keep_script, tag, script)

    def _make_record(self, owner: Process | None, closing: bool) -> Record | None:
        return snapshot.make_record(self._kept, self.groups[0].dump(), owner, closing)

    def _is_open(self) -> bool:
        return self._dask.status is Status.running

    def _on_change(self, job: Any) -> None:
        self.lifecycle.changed(job)

    def _note_load(self, load: Load) -> None:
        self.lifecycle.lifespan.note_load(load)

    def _on_taken_over(self) -> None:
        self.lifecycle.on_taken_over()

    def _add_note(self, sentence: str) -> None:
        logger.warning("%s: %s", self._kept.spec.name, sentence)
        self._kept.notes.append((time.time(), sentence))
        self.lifecycle.changed(None)

    def _set_note(self, sentence: str) -> None:
        """Add a note, or replace the one that counted the same so far."""
        notes = self._kept.notes
        if self._counted in notes:
            notes.remove(self._counted)
        self._add_note(sentence)
        self._counted = notes[-1]

    def _close_expired(self, why: str) -> None:
        if self._is_open():
            self._add_note(f"The cluster closes: {why}.")
            self._closing = asyncio.ensure_future(self._hooks.close())
