"""What the project adds to a Dask scheduler, and a program that runs one for a single cluster.

This file needs nothing but `distributed`: it also runs in a Python that does not have
jupyter-jobqueue, as
``python scheduler_process.py``, with its configuration as JSON on standard input. It answers one
line of JSON on
standard output, with the scheduler's address.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # Python puts the folder of a program first, where our modules would hide others of that name.
    FOLDER = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or os.curdir) != FOLDER]

import asyncio
import inspect
import json
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from distributed import Scheduler, Security
from tornado import web


def prepare(scheduler: Any, prefix: str) -> Any:
    """Add what a cluster asks of its scheduler, and close what must not be open.

    Parameters
    ----------
    scheduler : distributed.Scheduler
        Not yet started.
    prefix : str
        The only first part of a path that its HTTP server answers.
    """
    fence(scheduler, f"/{prefix}/")
    scheduler.handlers["jobqueue_load"] = lambda target_duration=None, threads=1: load(
        scheduler, target_duration, threads
    )
    scheduler.handlers["jobqueue_spare"] = lambda groups: spare(scheduler, groups)
    scheduler.handlers["jobqueue_retire"] = lambda names, patience: retire(
        scheduler, names, patience
    )
    losses = Losses(scheduler)
    scheduler.handlers["jobqueue_forgive"] = losses.forgive
    return scheduler


def fence(scheduler: Any, prefix: str) -> None:
    """Answer 404 to every path outside `prefix`.

    Without this ``/`` redirects to the secret prefix and ``/sitemap.json`` lists it, and
    ``<prefix>/proxy/`` relays
    web sockets to any host and port.
    """
    application = scheduler.http_application
    find: Callable[..., Any] = application.find_handler

    def find_handler(request: Any, **kwargs: Any) -> Any:
        inside = request.path.startswith(prefix) and not request.path.startswith(f"{prefix}proxy/")
        if inside:
            return find(request, **kwargs)
        return application.get_handler_delegate(request, web.ErrorHandler, {"status_code": 404})

    application.find_handler = find_handler


def load(scheduler: Any, target_duration: Any = None, threads: int = 1) -> dict[str, Any]:
    """Return how many workers the work would need, which are busy, and if there is any work.

    Parameters
    ----------
    scheduler : distributed.Scheduler
        Whose work it is.
    target_duration : str or float, optional
        Seconds that the work should take.
    threads : int
        Threads of a worker to come: Dask takes them for one each while there is no worker.
    """
    target = scheduler.adaptive_target(target_duration)
    busy = [str(ws.name) for ws in scheduler.workers.values() if ws.processing or ws.long_running]
    working = bool(busy or scheduler.queued or scheduler.unrunnable)
    return {
        "target": target if scheduler.workers else -(-target // threads),
        "busy": busy,
        "working": working,
    }


async def retire(scheduler: Any, names: list[str], patience: float) -> None:
    """Let workers finish what they compute, move their data away and leave.

    Dask alone moves the data and stops: what is being computed at that moment is lost.
    """
    begun = time.time()
    await scheduler.retire_workers(names=names, close_workers=False, remove=False)
    while time.time() - begun < patience and _computing(  # noqa: ASYNC110 (heartbeats)
        scheduler, names, begun
    ):
        await asyncio.sleep(0.1)
    await scheduler.retire_workers(names=names, close_workers=True, remove=True)


def _computing(scheduler: Any, names: list[str], since: float) -> bool:
    """Tell whether workers that accept no tasks any more still compute; heartbeats tell."""
    states = [ws for ws in scheduler.workers.values() if str(ws.name) in names]
    closing = [ws for ws in states if ws.status.name == "closing_gracefully"]
    return any(ws.processing and (ws.executing or ws.last_seen <= since) for ws in closing)


JUDGED_AFTER = 5.0
"""Seconds for the queue to tell why a worker was lost."""
MOST_UNJUDGED = 10
"""Workers that a task may lose within that time, however it ends."""


class Losses:
    """Remembers what workers computed when they were lost, so that no task is blamed unjustly.

    Dask counts a lost worker against each task that it computed, and gives such a task up after
    a few (`KilledWorker`). A job that ended by its walltime or was preempted is nobody's fault.
    That is known a moment later only, and all jobs may go at once, with a task handed from one to
    the next: so the blame waits.

    Parameters
    ----------
    scheduler : distributed.Scheduler
        Not yet started.
    """

    def __init__(self, scheduler: Any) -> None:
        self.scheduler = scheduler
        self.lost: dict[str, tuple[float, list[Any]]] = {}
        self._held: Counter[Any] = Counter()
        self._remove = scheduler.remove_worker
        # Versions of Dask differ in the name.
        expected = "expected" in inspect.signature(self._remove).parameters
        self._blameless = {"expected" if expected else "safe": True}
        scheduler.remove_worker = scheduler.handlers["unregister"] = self.remove_worker

    async def remove_worker(self, address: str, *args: Any, **kwargs: Any) -> Any:
        """Note what the worker computed, and remove it as Dask does."""
        state = self.scheduler.workers.get(address)
        if state is not None and not (kwargs.get("expected") or kwargs.get("safe")):
            tasks = list(state.processing)
            self.lost[str(state.name)] = time.time(), [task.key for task in tasks]
            self._hold_blame([task for task in tasks if self._may_wait(task)])
        return await self._remove(address, *args, **kwargs)

    def _may_wait(self, task: Any) -> bool:
        """Tell whether a task may lose one more worker before it is judged."""
        allowed = self.scheduler.allowed_failures
        return bool(task.suspicious < allowed and self._held[task.key] < MOST_UNJUDGED)

    def _hold_blame(self, tasks: list[Any]) -> None:
        """Take back what Dask is about to count; it counts later, unless it is forgiven."""
        for task in tasks:
            _blame(task, -1)
            self._held[task.key] += 1
        held = [task.key for task in tasks]
        asyncio.get_running_loop().call_later(JUDGED_AFTER, self._judge, held)

    def _judge(self, keys: list[Any]) -> None:
        for key in keys:
            if self._held[key] > 0:
                self._release(key)
                if (task := self.scheduler.tasks.get(key)) is not None:
                    _blame(task, 1)

    def _release(self, key: Any) -> None:
        self._held[key] -= 1
        if self._held[key] <= 0:
            del self._held[key]

    async def forgive(self, names: list[str], window: float = 120.0) -> int:
        """Take back the blame for workers lost within the last `window` seconds.

        Those that have not been missed yet are removed: a node without power closes no connection.
        """
        await self._remove_silent(names)
        forgiven = 0
        for when, keys in (self.lost.pop(name, (0.0, [])) for name in names):
            if time.time() - when < window:
                forgiven += sum(map(self._forgive, keys))
        return forgiven

    def _forgive(self, key: Any) -> bool:
        if self._held[key] > 0:
            self._release(key)
            return True
        task = self.scheduler.tasks.get(key)
        if task is None or task.suspicious <= 0:
            return False
        _blame(task, -1)
        return True

    async def _remove_silent(self, names: list[str]) -> None:
        workers = self.scheduler.workers.items()
        for address in [address for address, each in workers if str(each.name) in names]:
            stimulus = f"jobqueue-forgive-{time.time()}"
            await self._remove(address, stimulus_id=stimulus, **self._blameless)


def _blame(task: Any, count: int) -> None:
    task.suspicious += count
    task.prefix.suspicious += count


def spare(scheduler: Any, groups: dict[str, list[str]]) -> list[str]:
    """Order groups of workers, each one job, by how well they can be spared.

    Idle ones come first, and of these the ones with little data.
    """
    workers = {str(ws.name): ws for ws in scheduler.workers.values()}

    def cost(group: str) -> tuple[bool, int]:
        states = [workers[name] for name in groups[group] if name in workers]
        return any(ws.processing for ws in states), sum(ws.nbytes for ws in states)

    return sorted(groups, key=cost)


async def serve(config: dict[str, Any]) -> None:
    """Run a scheduler until it is closed, told to stop, or unowned for ``lease`` seconds."""
    security = Security(**config["security"]) if config["security"] else None
    scheduler = Scheduler(security=security, http_prefix=config["prefix"], **config["options"])
    prepare(scheduler, config["prefix"])
    renewed = [time.monotonic()]
    scheduler.handlers["jobqueue_renew"] = lambda: renewed.__setitem__(0, time.monotonic())
    async with scheduler:
        _stop_on_signal(scheduler)
        sys.stdout.write(json.dumps(_facts(scheduler)) + "\n")
        sys.stdout.flush()
        os.dup2(2, 1)  # who started us may end before us: nobody reads there any more
        lease = asyncio.create_task(_end_when_unowned(scheduler, renewed, config["lease"]))
        await scheduler.finished()
        lease.cancel()


def _stop_on_signal(scheduler: Any) -> None:
    loop = asyncio.get_running_loop()
    tasks = set()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: tasks.add(asyncio.ensure_future(scheduler.close())))


def _facts(scheduler: Any) -> dict[str, Any]:
    port = scheduler.http_server.port if scheduler.http_server else 0
    return {"address": scheduler.address, "dashboard_port": port, "pid": os.getpid()}


async def _end_when_unowned(scheduler: Any, renewed: list[float], lease: float) -> None:
    while time.monotonic() - renewed[0] < lease:  # noqa: ASYNC110 (the other side tells us)
        await asyncio.sleep(min(10, lease / 10))
    await scheduler.close(reason="no owner renewed the lease")


if __name__ == "__main__":
    asyncio.run(serve(json.load(sys.stdin)))
