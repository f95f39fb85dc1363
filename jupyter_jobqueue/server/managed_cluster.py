"""One cluster of the Jupyter server, from its creation to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from jupyter_jobqueue.cluster import CLASSES, JobQueueCluster
from jupyter_jobqueue.cluster.environment import scheduler_python
from jupyter_jobqueue.cluster.request import ClusterSpec
from jupyter_jobqueue.cluster.snapshot import Kept
from jupyter_jobqueue.cluster.status import ClusterStatus
from jupyter_jobqueue.errors import JobQueueError, SchedulerGone, WrongState
from jupyter_jobqueue.jobs.group import JobGroup
from jupyter_jobqueue.jobs.job import Job
from jupyter_jobqueue.jobs.scaler import Target
from jupyter_jobqueue.placement import OwnProcess

logger = logging.getLogger(__name__)


def new_cluster(spec: ClusterSpec, *, lease: float, encrypted: bool) -> JobQueueCluster:
    """Return a cluster, not started yet, whose scheduler will run in a process of its own.

    Parameters
    ----------
    spec : ClusterSpec
        The settings of the cluster.
    lease : float
        Seconds for which the scheduler runs without an owner.
    encrypted : bool
        Whether the cluster uses TLS.
    """
    placement = OwnProcess(lease=lease, python=scheduler_python(spec.options))
    kept = Kept.new(spec, placement)
    placement.log = kept.files.path / "scheduler.log"
    return CLASSES[spec.system](
        _kept=kept,
        asynchronous=True,
        silence_logs=False,
        security=None if encrypted else False,
    )


class ManagedCluster:
    """A cluster of the server, with the tasks that start and close it.

    Parameters
    ----------
    cluster : JobQueueCluster
        Not yet started, and asynchronous; its scheduler will run in a separate process, or does
        so already.
    target : Target or None
        The first size; None to keep that of the cluster.
    changed : callable
        Called with each job that has changed, and with None when the cluster has.
    """

    def __init__(
        self,
        cluster: JobQueueCluster,
        target: Target | None,
        changed: Callable[[Job | None], None],
    ) -> None:
        self.cluster = cluster
        self.id: str = cluster.id
        self.name: str = cluster.spec.name
        self.created = cluster.created
        cluster.lifecycle.listeners.append(changed)
        if target is not None and target != Target():
            self.group.scaler.request(target)  # the state shows a refusal
        self._scheduler_gone = False
        self._closing: asyncio.Task[None] | None = None
        self._starting = asyncio.create_task(self._start())

    @property
    def group(self) -> JobGroup:
        """The jobs of the cluster."""
        return self.cluster.groups[0]

    # -- state

    @property
    def status(self) -> ClusterStatus:
        """The current status of the cluster."""
        return self.cluster.describe()

    @property
    def state(self) -> str:
        """``starting``, ``running``, ``degraded``, ``closing`` or ``failed``."""
        return self.cluster.lifecycle.state

    def require_open(self) -> None:
        """Raise `WrongState` if the cluster is closing or has failed."""
        if self.state in ("closing", "closed"):
            raise WrongState(f"{self.name} is closing")
        if self.state == "failed":
            raise WrongState(f"{self.name} has failed")

    def require_failed(self) -> None:
        """Refuse what would end a cluster that works."""
        if self.state != "failed":
            raise WrongState(f"{self.name} is {self.state}: only what has failed is restarted")

    def require_started(self) -> None:
        """Raise `WrongState` if the scheduler has no address yet."""
        self.require_open()
        if self.state == "starting":
            raise WrongState(f"{self.name} is still starting")

    # -- start

    async def _start(self) -> None:
        try:
            await self.cluster
        except SchedulerGone:
            self._scheduler_gone = True
        except JobQueueError as error:
            logger.info("start of %s: %s", self.name, error)
        except Exception:
            logger.exception("start of %s", self.name)

    async def found_scheduler(self) -> bool:
        """Wait until the start has ended; return False if the scheduler no longer exists."""
        await asyncio.wait({self._starting})
        return not self._scheduler_gone

    # -- size

    async def resize(self, target: Target, timeout: float) -> None:
        """Request a size, and wait a while for a refusal of the queue.

        If the queue takes longer, the state shows the result later.

        Parameters
        ----------
        target : Target
            The wanted size.
        timeout : float
            Seconds to wait.

        Raises
        ------
        QueueError
            If the queue refuses in time; the size is then what it was before.
        WrongState
            If the cluster is closing or has failed.
        """
        self.require_open()
        await self.group.resize(target, timeout)

    async def retry(self, timeout: float) -> None:
        """Request again what was refused, or resume submitting after too many failures."""
        self.require_open()
        await self.group.retry(timeout)

    # -- end

    def close(self, timeout: float) -> asyncio.Task[None]:
        """Begin to close, unless it is closing already; it takes at most `timeout` seconds."""
        if self._closing is None:
            self.cluster.lifecycle.announce_closing()
            self._closing = asyncio.create_task(self._close(timeout))
        return self._closing

    async def _close(self, timeout: float) -> None:
        closing = asyncio.ensure_future(self._close_cluster())
        _, late = await asyncio.wait({closing}, timeout=timeout)
        if late:
            closing.cancel()
            self.kill()

    async def _close_cluster(self) -> None:
        self._starting.cancel()
        await asyncio.wait({self._starting})
        try:
            await self.cluster.close()
        except (JobQueueError, OSError, UserWarning) as error:
            logger.warning("close of %s: %s", self.name, error)

    async def leave(self, timeout: float) -> None:
        """Leave scheduler and jobs to the next server; a cluster that has not started is closed."""
        await asyncio.wait({self._starting}, timeout=timeout)
        if self.state != "failed" and self.cluster.lifecycle.can_be_left:
            self._closing = asyncio.create_task(self.cluster.lifecycle.detach())
            await self._closing
        else:
            await self.close(timeout)

    def kill(self) -> None:
        """End the scheduler and remove the keys at once; workers end without their scheduler."""
        self.cluster.placement.kill()
        self.cluster.files.remove_keys()

    def left(self) -> list[str]:
        """Return ids of jobs that may still be in the queue."""
        return self.cluster.lifecycle.not_seen_to_end()
