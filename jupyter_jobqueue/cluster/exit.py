"""Cancels the jobs of a program's clusters when the program ends."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import signal
import threading
import weakref
from collections.abc import Iterable
from types import FrameType
from typing import Any, Protocol

from jupyter_jobqueue.cluster.lifecycle import Lifecycle
from jupyter_jobqueue.errors import JobQueueError, QueueError

CANCEL_TIMEOUT = 4.0
"""Seconds to cancel the jobs of a cluster when the program ends."""


class OwnedCluster(Protocol):
    """The part of a cluster that is needed at the end of its program."""

    lifecycle: Lifecycle

    @property
    def asynchronous(self) -> bool:
        """Whether the cluster can only be closed in its event loop."""

    def close(self, timeout: float | None = None) -> Any:
        """Close the cluster.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait.
        """


_owned: weakref.WeakSet[Any] = weakref.WeakSet()


def close_at_exit(cluster: OwnedCluster) -> None:
    """Cancel the jobs of a cluster when this program ends.

    Parameters
    ----------
    cluster : OwnedCluster
        The cluster.
    """
    _owned.add(cluster)
    _exit_on_signals()


def _exit_on_signals() -> None:
    """Make SIGTERM and SIGHUP end the program as `sys.exit` does, unless it handles them itself.

    By default, they end Python at once, without leaving ``with`` blocks or running exit handlers.
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
    ended = ("closing", "closed", "failed")
    owned: list[OwnedCluster] = [
        cluster for cluster in list(_owned) if cluster.lifecycle.state not in ended
    ]
    if not owned:
        return
    # Cancel all jobs first, as there may be no time to close one cluster after the other.
    asyncio.run(cancel_all(owned, CANCEL_TIMEOUT))
    for cluster in owned:
        with contextlib.suppress(JobQueueError, TimeoutError, RuntimeError, OSError):
            if not cluster.asynchronous:
                cluster.close(timeout=CANCEL_TIMEOUT + 1)
        cluster.lifecycle.files.retire()


async def cancel_all(clusters: Iterable[OwnedCluster], timeout: float) -> None:
    """Cancel the jobs of clusters concurrently, after their event loop has ended.

    Parameters
    ----------
    clusters : iterable of OwnedCluster
        The clusters.
    timeout : float
        Seconds for the batch system.
    """
    await asyncio.gather(*(_cancel(cluster, timeout) for cluster in clusters))


async def _cancel(cluster: OwnedCluster, timeout: float) -> None:
    with contextlib.suppress(QueueError, TimeoutError):
        await asyncio.wait_for(cluster.lifecycle.cancel_jobs(), timeout)
