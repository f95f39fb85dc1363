"""The end of the program that owns clusters: however it comes, their jobs are cancelled."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import signal
import threading
import weakref
from types import FrameType
from typing import TYPE_CHECKING

from distributed.core import Status

from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.errors import JobQueueError, QueueError

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster.cluster import JobQueueCluster

PATIENCE = 4.0
"""Seconds to cancel the jobs of one cluster when the program ends."""

_owned: weakref.WeakSet[JobQueueCluster] = weakref.WeakSet()


def own(cluster: JobQueueCluster) -> None:
    """See that the jobs of `cluster` do not outlive this program."""
    _owned.add(cluster)
    _exit_on_signals()


def _exit_on_signals() -> None:
    """Have SIGTERM and SIGHUP end the program as `sys.exit` does, unless it handles them itself.

    Python's default is to die on the spot: no ``with`` block is left, and no exit handler runs.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _exit)


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@atexit.register
def _close_owned() -> None:
    living = (Status.running, Status.starting)
    owned = [cluster for cluster in list(_owned) if cluster.status in living]
    if not owned:
        return
    # All jobs at once and first: closing one cluster after the other can take longer than is left.
    asyncio.run(_cancel_all(owned))
    for cluster in owned:
        with contextlib.suppress(JobQueueError, TimeoutError, RuntimeError, OSError):
            if not cluster.asynchronous:
                cluster.close(timeout=PATIENCE + 1)
        cluster.folder.retire()


async def _cancel_all(owned: list[JobQueueCluster]) -> None:
    await asyncio.gather(*(_cancel(cluster) for cluster in owned))


async def _cancel(cluster: JobQueueCluster) -> None:
    """Cancel the jobs of a cluster, whose own event loop may be gone."""
    plan = cluster.plan_
    ids = [job.id for job in cluster.jobs.values() if job.in_queue]
    with contextlib.suppress(QueueError, TimeoutError):
        await asyncio.wait_for(JobQueue(plan.adapter).cancel(ids, plan.cancel_words), PATIENCE)
