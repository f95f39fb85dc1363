"""The end of a program that owns clusters: however it comes, their jobs are cancelled."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import signal
import threading
import weakref
from types import FrameType
from typing import Any, Protocol

from jupyter_jobqueue.cluster.lifecycle import Lifecycle
from jupyter_jobqueue.errors import JobQueueError, QueueError

CANCEL_TIMEOUT = 4.0
"""Seconds to cancel the jobs of one cluster when the program ends."""


class OwnedCluster(Protocol):
    """What is needed of a cluster at the end of its program."""

    lifecycle: Lifecycle

    @property
    def asynchronous(self) -> bool:
        """Whether it can only be closed in its event loop."""

    def close(self, timeout: float | None = None) -> Any:
        """Close it."""


_owned: weakref.WeakSet[Any] = weakref.WeakSet()


def close_at_exit(cluster: OwnedCluster) -> None:
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
    gone = ("closing", "closed", "failed")
    owned: list[OwnedCluster] = [
        cluster for cluster in list(_owned) if cluster.lifecycle.state not in gone
    ]
    if not owned:
        return
    # All jobs at once and first: closing one cluster after the other can take longer than is left.
    asyncio.run(_cancel_all(owned))
    for cluster in owned:
        with contextlib.suppress(JobQueueError, TimeoutError, RuntimeError, OSError):
            if not cluster.asynchronous:
                cluster.close(timeout=CANCEL_TIMEOUT + 1)
        cluster.lifecycle.files.retire()


async def _cancel_all(owned: list[OwnedCluster]) -> None:
    await asyncio.gather(*(_cancel(cluster) for cluster in owned))


async def _cancel(cluster: OwnedCluster) -> None:
    with contextlib.suppress(QueueError, TimeoutError):
        await asyncio.wait_for(cluster.lifecycle.cancel_jobs(), CANCEL_TIMEOUT)
