"""What the project adds to a Dask scheduler, and the program that runs a scheduler.

This file needs only `distributed`, as it also runs in a Python without jupyter-jobqueue:
``python program.py`` reads its configuration as JSON from standard input and writes one line of
JSON with the scheduler's address to standard output.

The names of the handlers (``jobqueue_load``, ...) never change: newer programs take over schedulers
that older ones started.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # Python searches the folder of a program first: our modules would hide others of the same name.
    FOLDER = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or os.curdir) != FOLDER]

import asyncio
import inspect
import json
import math
import pickle
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from distributed import Scheduler, Security
from tornado import web


def prepare(scheduler: Any, prefix: str) -> Any:
    """Add the handlers that a cluster needs, and restrict the HTTP server.

    Parameters
    ----------
    scheduler : distributed.Scheduler
        Not yet started.
    prefix : str
        The HTTP server answers only paths that begin with this part.

    Returns
    -------
    distributed.Scheduler
        The same scheduler.
    """
    restrict_paths(scheduler, f"/{prefix}/")
    scheduler.worker_plugins["jobqueue-close-http"] = pickle.dumps(Evaluated(CLOSE_HTTP))
    ledger = SuspicionLedger(scheduler)
    scheduler.handlers["jobqueue_load"] = lambda target_duration=None, threads=1: {
        **load(scheduler, target_duration, threads),
        "dropped": dict(ledger.dropped),
    }
    scheduler.handlers["jobqueue_spare"] = lambda groups: rank_by_idleness(scheduler, groups)
    scheduler.handlers["jobqueue_retire"] = lambda names, patience: retire(
        scheduler, names, patience
    )
    leave = scheduler.handlers["retire_workers"]
    scheduler.handlers["retire_workers"] = lambda **request: retire_at_lifetime(
        scheduler, leave, request
    )
    scheduler.handlers["jobqueue_forgive"] = ledger.clear_suspicion
    return scheduler


CLOSE_HTTP = """
type("CloseHttp", (__import__("distributed").WorkerPlugin,), {
    "setup": lambda self, worker: None if worker._dashboard else (
        worker.http_server.stop(), worker.http_server.close_all_connections()
    )[1]
})()
"""
"""A plugin with which a worker that joins stops listening for HTTP, unless it has a dashboard.

Dask has no option for that, and everybody on the node could read ``/metrics``."""


class Evaluated:
    """Becomes the value of a Python expression where it is unpickled.

    Text serves workers of any Python version, and those that lack this package.

    Parameters
    ----------
    source : str
        The expression.
    """

    def __init__(self, source: str) -> None:
        self.source = source.strip()

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """Return what pickle is to call."""
        return eval, (self.source,)


def restrict_paths(scheduler: Any, prefix: str) -> None:
    """Answer 404 to every path outside `prefix`.

    Without this, ``/`` redirects to the secret prefix, ``/sitemap.json`` lists it, and
    ``<prefix>/proxy/`` relays web sockets to any host and port.

    Parameters
    ----------
    scheduler : distributed.Scheduler
        Not yet started.
    prefix : str
        The allowed prefix, with slashes at both ends.
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
    """Return the current work.

    Parameters
    ----------
    scheduler : distributed.Scheduler
        The scheduler.
    target_duration : str or float, optional
        Seconds that the work should take; Dask's default if None.
    threads : int
        Threads of each future worker; Dask assumes one while no worker is connected.

    Returns
    -------
    dict
        ``target``: workers that the work could use; ``busy``: names of the busy workers;
        ``working``: whether there is any work.
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
    """Let workers finish their tasks, move their data away and leave.

    Dask alone moves the data and stops the workers, which loses their running tasks.

    Parameters
    ----------
    scheduler : distributed.Scheduler
        The scheduler.
    names : list of str
        Names of the workers.
    patience : float
        Seconds for the tasks to finish.
    """
    await drain(scheduler, names, patience)
    await scheduler.retire_workers(names=names, close_workers=True, remove=True)


async def drain(scheduler: Any, names: list[str], patience: float) -> None:
    """Let workers finish their tasks, and begin no others.

    Parameters
    ----------
    scheduler : distributed.Scheduler
        The scheduler.
    names : list of str
        Names of the workers.
    patience : float
        Seconds for the tasks to finish.
    """
    end = time.monotonic() + patience
    heard = {ws.address: ws.last_seen for ws in scheduler.workers.values()}
    await scheduler.retire_workers(names=names, close_workers=False, remove=False)
    while time.monotonic() < end and _computing(  # noqa: ASYNC110 (heartbeats)
        scheduler, names, heard
    ):
        await asyncio.sleep(0.1)


LAST_PATIENCE = 3.0
"""Seconds for the tasks of a worker to finish that leaves by itself, as its job is about to end."""


async def retire_at_lifetime(scheduler: Any, leave: Any, request: dict[str, Any]) -> Any:
    """Let a worker that has reached its lifetime stay until another one can take its data.

    Dask lets it go at once, and its data with it: all workers of an array would leave together.

    Parameters
    ----------
    scheduler : distributed.Scheduler
        The scheduler.
    leave : callable
        Dask's own handler of such requests.
    request : dict
        Its keywords, as a worker or a client sends them.
    """
    addresses = request.get("workers") or []
    if str(request.get("stimulus_id")).startswith("worker-close-gracefully"):
        while _holds_last_data(scheduler, addresses):  # until the queue ends it  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        names = [scheduler.workers[each].name for each in addresses if each in scheduler.workers]
        await drain(scheduler, list(map(str, names)), LAST_PATIENCE)
    return await leave(**request)


def _holds_last_data(scheduler: Any, addresses: list[str]) -> bool:
    """Return whether workers have work or data, and no other worker is there to take it."""
    others = [ws for ws in scheduler.running if ws.address not in addresses]
    leaving = [scheduler.workers[each] for each in addresses if each in scheduler.workers]
    return not others and any(ws.has_what or ws.processing for ws in leaving)


def _computing(scheduler: Any, names: list[str], heard: dict[str, float]) -> bool:
    """Return whether closing workers still compute, according to heartbeats after those `heard`.

    Heartbeats are told apart, not ordered: somebody may set the clock.
    """
    states = [ws for ws in scheduler.workers.values() if str(ws.name) in names]
    closing = [ws for ws in states if ws.status.name == "closing_gracefully"]
    return any(
        ws.processing and (ws.executing or ws.last_seen == heard.get(ws.address)) for ws in closing
    )


COUNTED_AFTER = 5.0
"""Seconds until a lost worker counts against its tasks, unless the loss is cleared before."""
MOST_DROPPED = 100
"""Lost workers of which it is known what was lost with them: the newest."""
MOST_UNCOUNTED = 10
"""Workers that a task may lose within that time before losses count at once."""


class SuspicionLedger:
    """Delays the counting of lost workers against tasks, until the reason of the loss is known.

    Dask counts a lost worker against each task that it computed (`suspicious`) and gives such a
    task up after a few losses (`KilledWorker`). A walltime, preemption or node failure is not the
    fault of a task. The queue reports it only after a moment, and meanwhile a task can move
    through many jobs that end together. For this reason a loss counts after `COUNTED_AFTER`
    seconds, unless `clear_suspicion` is called before.

    Parameters
    ----------
    scheduler : distributed.Scheduler
        Not yet started.
    """

    def __init__(self, scheduler: Any) -> None:
        self.scheduler = scheduler
        self.lost: dict[str, tuple[float, list[Any]]] = {}
        self.dropped: dict[str, list[int]] = {}
        """Running tasks and only copies of results that were lost with a worker."""
        self._uncounted: Counter[Any] = Counter()
        self._remove = scheduler.remove_worker
        # The keyword has another name in older versions of Dask.
        expected = "expected" in inspect.signature(self._remove).parameters
        self._expected = {"expected" if expected else "safe": True}
        scheduler.remove_worker = scheduler.handlers["unregister"] = self.remove_worker

    async def remove_worker(self, address: str, *args: Any, **kwargs: Any) -> Any:
        """Record the tasks of a worker, and remove it as Dask does.

        Parameters
        ----------
        address : str
            Address of the worker.
        *args, **kwargs : Any
            Passed to `distributed.Scheduler.remove_worker`.
        """
        state = self.scheduler.workers.get(address)
        if state is not None:
            self._note_dropped(state)
        if state is not None and not (kwargs.get("expected") or kwargs.get("safe")):
            tasks = list(state.processing)
            self.lost[str(state.name)] = time.monotonic(), [task.key for task in tasks]
            self._delay_count([task for task in tasks if self._may_delay(task)])
        return await self._remove(address, *args, **kwargs)

    def _note_dropped(self, state: Any) -> None:
        """Note what must be computed again because a worker is gone, however it left."""
        running = sum(task in state.processing for task in state.executing)
        only = [task for task in state.has_what if len(task.who_has or ()) == 1]
        lost = [running, sum(bool(task.who_wants or task.waiters) for task in only)]
        if any(lost):
            self.dropped[str(state.name)] = lost
            while len(self.dropped) > MOST_DROPPED:
                del self.dropped[next(iter(self.dropped))]

    def _may_delay(self, task: Any) -> bool:
        """Return whether a task may lose one more worker before its losses count."""
        allowed = self.scheduler.allowed_failures
        return bool(task.suspicious < allowed and self._uncounted[task.key] < MOST_UNCOUNTED)

    def _delay_count(self, tasks: list[Any]) -> None:
        """Undo what Dask is about to count, and count it later unless it is cleared."""
        for task in tasks:
            _count_suspicion(task, -1)
            self._uncounted[task.key] += 1
        keys = [task.key for task in tasks]
        asyncio.get_running_loop().call_later(COUNTED_AFTER, self._count_delayed, keys)

    def _count_delayed(self, keys: list[Any]) -> None:
        for key in keys:
            if self._uncounted[key] > 0:
                self._release(key)
                if (task := self.scheduler.tasks.get(key)) is not None:
                    _count_suspicion(task, 1)

    def _release(self, key: Any) -> None:
        self._uncounted[key] -= 1
        if self._uncounted[key] <= 0:
            del self._uncounted[key]

    async def clear_suspicion(self, names: list[str], window: float = 120.0) -> int:
        """Do not count the loss of workers against their tasks.

        Workers that are still listed are removed: a node without power closes no connection.

        Parameters
        ----------
        names : list of str
            Names of the workers.
        window : float
            Only workers lost within the last `window` seconds are cleared.

        Returns
        -------
        int
            Number of counts that were cleared.
        """
        await self._remove_silent(names)
        cleared = 0
        for when, keys in (self.lost.pop(name, (-math.inf, [])) for name in names):
            if time.monotonic() - when < window:
                cleared += sum(map(self._clear, keys))
        return cleared

    def _clear(self, key: Any) -> bool:
        if self._uncounted[key] > 0:
            self._release(key)
            return True
        task = self.scheduler.tasks.get(key)
        if task is None or task.suspicious <= 0:
            return False
        _count_suspicion(task, -1)
        return True

    async def _remove_silent(self, names: list[str]) -> None:
        workers = self.scheduler.workers.items()
        for address in [address for address, each in workers if str(each.name) in names]:
            stimulus = f"jobqueue-forgive-{time.time()}"
            await self._remove(address, stimulus_id=stimulus, **self._expected)


def _count_suspicion(task: Any, count: int) -> None:
    task.suspicious += count
    task.prefix.suspicious += count


def rank_by_idleness(scheduler: Any, groups: dict[str, list[str]]) -> list[str]:
    """Return the names of groups of workers: idle groups first, of these the ones with little data.

    Parameters
    ----------
    scheduler : distributed.Scheduler
        The scheduler.
    groups : dict
        Names of the workers of each job, by the name of the job.
    """
    workers = {str(ws.name): ws for ws in scheduler.workers.values()}

    def cost(group: str) -> tuple[bool, int]:
        states = [workers[name] for name in groups[group] if name in workers]
        return any(ws.processing for ws in states), sum(ws.nbytes for ws in states)

    return sorted(groups, key=cost)


async def serve(config: dict[str, Any]) -> None:
    """Run a scheduler until it is closed, gets a signal, or has no owner for ``lease`` seconds.

    Parameters
    ----------
    config : dict
        ``options``: keywords of `distributed.Scheduler`; ``security``: keywords of
        `distributed.Security`, empty without encryption; ``prefix``: the secret prefix of HTTP
        paths; ``lease``: seconds.
    """
    security = Security(**config["security"]) if config["security"] else None
    scheduler = Scheduler(security=security, http_prefix=config["prefix"], **config["options"])
    prepare(scheduler, config["prefix"])
    renewed = [time.monotonic()]
    scheduler.handlers["jobqueue_renew"] = lambda: renewed.__setitem__(0, time.monotonic())
    async with scheduler:
        _stop_on_signal(scheduler)
        sys.stdout.write(json.dumps(_description(scheduler)) + "\n")
        sys.stdout.flush()
        os.dup2(2, 1)  # the program that reads standard output may end first
        lease = asyncio.create_task(_end_when_unowned(scheduler, renewed, config["lease"]))
        await scheduler.finished()
        lease.cancel()


def _stop_on_signal(scheduler: Any) -> None:
    loop = asyncio.get_running_loop()
    tasks = set()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: tasks.add(asyncio.ensure_future(scheduler.close())))


def _description(scheduler: Any) -> dict[str, Any]:
    port = scheduler.http_server.port if scheduler.http_server else 0
    return {"address": scheduler.address, "dashboard_port": port, "pid": os.getpid()}


async def _end_when_unowned(scheduler: Any, renewed: list[float], lease: float) -> None:
    while time.monotonic() - renewed[0] < lease:  # noqa: ASYNC110 (the owner renews)
        await asyncio.sleep(min(10, lease / 10))
    await scheduler.close(reason="no owner renewed the lease")


if __name__ == "__main__":
    asyncio.run(serve(json.load(sys.stdin)))
