"""One cluster of the Jupyter server, from the click on: starting, scaling, failing, closing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from jupyter_jobqueue.cluster import JobQueueCluster
from jupyter_jobqueue.errors import JobQueueError, SchedulerFailed, WrongState

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wish:
    """A size that a user asked for: a number of jobs, or bounds between which the work decides."""

    jobs: int = 0
    adapt: tuple[int, int] | None = None


class ManagedCluster:
    """A cluster, and what the server knows of it beyond.

    Parameters
    ----------
    cluster : JobQueueCluster
        Not yet started; asynchronous, with its scheduler in a process of its own, or one that is
        to be found again.
    wish : Wish
        The first size.
    changed : callable
        Called with job name (empty for the cluster itself), state and detail.
    """

    def __init__(
        self, cluster: JobQueueCluster, wish: Wish, changed: Callable[[str, str, str], None]
    ) -> None:
        self.cluster = cluster
        self.id: str = cluster.id
        self.name: str = cluster.plan_.name
        self.created = cluster.created
        self.error: JobQueueError | None = None
        # What was asked for and is neither granted nor refused.
        self._asked = None if wish == Wish() else wish
        # What the queue said when nobody waited for its answer any more.
        self._refused: tuple[Wish, JobQueueError] | None = None
        self._changed = changed
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._scheduler_end: asyncio.Task[None] | None = None
        cluster.add_listener(self._heard)
        self._starting = asyncio.create_task(self._start())
        if self._asked:
            self._greeting = asyncio.create_task(self._carry_out(wish, self._grant(wish), 0))

    # -- state

    @property
    def state(self) -> str:
        """``starting``, ``running``, ``degraded``, ``closing`` or ``failed``."""
        if self._closing is not None:
            return "closing"
        if self.error is not None:
            return "failed"
        if not self._starting.done():
            return "starting"
        if self.cluster.state in ("running", "degraded"):
            return "degraded" if self._refused else str(self.cluster.state)
        return "failed"

    @property
    def trouble(self) -> tuple[str, str]:
        """What is wrong in one sentence, and what the queue or a log said; empty if all is well."""
        if error := self.error or (self._refused[1] if self._refused else None):
            return error.message, error.details
        if self.state == "failed":
            sentence, _, words = self.cluster.placement.failure().partition("\n")
            return (sentence, words) if sentence else self._told
        if self.state == "starting" and self.cluster.placement.waiting:
            return self.cluster.placement.waiting, ""
        return self._told

    @property
    def _told(self) -> tuple[str, str]:
        return self.cluster.status_detail, self.cluster.status_words

    @property
    def wanted(self) -> int:
        """Jobs wanted, from the click on."""
        asked, wanted = self._wish, self.cluster.wanted
        if asked is None:
            return wanted
        low, high = asked.adapt or (asked.jobs, asked.jobs)
        return min(max(low, wanted), high)

    @property
    def adapt(self) -> tuple[int, int | None] | None:
        """Minimum and maximum of jobs, if the work decides."""
        if self._wish is not None:
            return self._wish.adapt
        policy = self.cluster.adaptive
        return (policy.minimum, policy.maximum) if policy else None

    @property
    def _wish(self) -> Wish | None:
        """What was asked for and is not granted; what was refused can be asked for again."""
        return self._asked or (self._refused[0] if self._refused else None)

    def require_open(self) -> None:
        """Refuse what only a living cluster can do."""
        if self.state in ("closing", "failed"):
            raise WrongState(
                f"{self.name} {'is closing' if self.state == 'closing' else 'has failed'}"
            )

    def require_started(self) -> None:
        """Refuse what needs the address of the scheduler."""
        self.require_open()
        if self.state == "starting":
            raise WrongState(f"{self.name} is still starting")

    def _heard(self, name: str, state: str, detail: str) -> None:
        self._changed(name, state if name else self.state, detail if name else self.trouble[0])

    # -- start

    async def _start(self) -> None:
        try:
            await self.cluster
            self._watch_scheduler()
        except JobQueueError as error:
            self.error = error
        except Exception as error:
            logger.exception("start of %s", self.name)
            self.error = SchedulerFailed(
                "the cluster did not start", details=f"{type(error).__name__}: {error}"
            )
        asyncio.get_running_loop().call_soon(self._heard, "", "", "")

    def _watch_scheduler(self) -> None:
        """Tell at once when the scheduler dies; the cluster sees it at its next look only."""
        self._scheduler_end = asyncio.ensure_future(self.cluster.placement.ended())
        self._scheduler_end.add_done_callback(
            lambda end: None if end.cancelled() else self._heard("", "", "")
        )

    async def started(self) -> JobQueueError | None:
        """Wait until the start has ended; returns what it failed of."""
        await asyncio.wait({self._starting})
        return self.error

    # -- size

    async def request(self, wish: Wish, patience: float) -> None:
        """Ask for a size, and wait `patience` seconds for the queue to refuse it.

        A queue that takes longer is carried on with, and what comes of it is seen in the state.
        """
        self.require_open()
        self._asked = wish
        await self._carry_out(wish, self._grant(wish), patience)

    async def retry(self, patience: float) -> None:
        """Ask again for what was refused, or submit again after too many failures."""
        self.require_open()
        if self._refused:
            await self.request(self._refused[0], patience)
        else:
            await self._carry_out(self._present(), self._retry(), patience)

    def _present(self) -> Wish:
        low, high = self.adapt or (0, None)
        return Wish(self.wanted) if high is None else Wish(adapt=(low, high))

    async def _carry_out(
        self, wish: Wish, work: Coroutine[Any, Any, None], patience: float
    ) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if patience:
            await asyncio.wait({task}, timeout=patience)
        if task.done():
            task.result()
        else:
            task.add_done_callback(partial(self._note_refusal, wish))

    def _note_refusal(self, wish: Wish, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, JobQueueError) and not isinstance(error, WrongState):
            self._refused = wish, error
            self._heard("", "", "")
        elif error is not None:
            logger.error("%s: %s", self.name, error, exc_info=error)

    async def _grant(self, wish: Wish) -> None:
        try:
            async with self._lock:
                await self._started()
                await self._resize(wish)
                self._refused = None
        finally:
            if self._asked is wish:
                self._asked = None

    async def _resize(self, wish: Wish) -> None:
        if wish.adapt is None:
            await self.cluster.scale(jobs=wish.jobs)
            return
        low, high = wish.adapt
        if self.cluster.wanted < low:
            # So that a refusal of the first jobs reaches the one who asked for them.
            await self.cluster.scale(jobs=low)
        self.cluster.adapt(minimum_jobs=low, maximum_jobs=high)

    async def _retry(self) -> None:
        async with self._lock:
            await self._started()
            await self.cluster.retry()

    async def _started(self) -> None:
        await asyncio.wait({self._starting})
        self.require_open()

    # -- end

    def close(self, patience: float) -> asyncio.Task[None]:
        """Begin to close, if that has not begun; done after `patience` seconds at the latest."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(patience))
            self._heard("", "", "")
        return self._closing

    async def _close(self, patience: float) -> None:
        work = self._stop_tasks()
        closing = asyncio.ensure_future(self._close_cluster(work))
        _, late = await asyncio.wait({closing}, timeout=patience)
        if late:
            closing.cancel()
            self.kill()

    def _stop_tasks(self) -> set[asyncio.Task[None]]:
        work = {self._starting, *self._tasks}
        if self._scheduler_end is not None:
            work.add(self._scheduler_end)
        for task in work:
            task.cancel()
        return work

    async def leave(self, patience: float) -> None:
        """Leave scheduler and jobs to the next server; what has not started by then is closed."""
        await asyncio.wait({self._starting}, timeout=patience)
        if self.error is None and self.cluster.can_be_left:
            self._closing = asyncio.create_task(self.cluster.detach())
            self._stop_tasks()
            await self._closing
        else:
            await self.close(patience)

    async def _close_cluster(self, work: set[asyncio.Task[None]]) -> None:
        await asyncio.wait(work)
        try:
            await self.cluster.close()
        except (JobQueueError, OSError, UserWarning) as error:
            logger.warning("close of %s: %s", self.name, error)

    def kill(self) -> None:
        """End the scheduler and remove the keys, whatever hangs; workers end when they miss it."""
        self.cluster.placement.kill()
        self.cluster.folder.remove_keys()

    def left(self) -> list[str]:
        """Return ids of jobs that are not known to have left the queue."""
        return self.cluster.not_seen_to_end()
