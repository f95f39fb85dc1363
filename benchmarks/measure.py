"""One measurement in a fresh process: what to do comes as JSON on the command line.

It prints ``poll N`` when it requests N jobs, and reads the moment at which the queue showed them.
The measured loop does not poll the queue itself. Its last line is the result as JSON, in
seconds. It imports nothing of its package: its folder need not be on the path of jobs.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TICK = 0.001
IDLE, AFTER = 0.5, 2.0
"""Seconds to watch an idle loop, and to continue when all jobs are in the queue."""


class Ticker:
    """A task that wants to run every millisecond, and notes by how much it was late."""

    def __init__(self) -> None:
        self._longest = 0.0
        self._count = 0
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            self._longest = max(self._longest, now - last - TICK)
            self._count += 1
            last = now

    async def take(self) -> float:
        """Return the longest stall since the last call, including one that may end now."""
        seen = self._count
        await until(lambda: self._count > seen)
        longest, self._longest = self._longest, 0.0
        return longest


async def until(condition: Callable[[], bool]) -> None:
    """Wait; the time limit is the parent's."""
    while not condition():  # noqa: ASYNC110 (what is waited for sets no event)
        await asyncio.sleep(0.005)


def make(order: dict[str, Any]) -> Any:
    """Return the cluster to measure, not yet started."""
    settings = {
        "cores": order["processes"],
        "processes": order["processes"],
        "memory": f"{500 * order['processes']}MB",
        "queue": "closed" if order["held"] else "debug",
        "interface": "lo",
        "walltime": "00:20:00",
        "scheduler_options": {"dashboard_address": "127.0.0.1:0"},
        "asynchronous": True,
    }
    if order["theirs"]:
        from dask_jobqueue.slurm import SLURMCluster

        # A dashboard in each worker, as by default, but not one that listens to the network.
        return SLURMCluster(
            worker_extra_args=["--dashboard-address", "127.0.0.1:0"],
            **settings,
        )
    from jupyter_jobqueue import SLURMCluster as OurCluster

    cluster = OurCluster(security=None if order["tls"] else False, **settings)
    if order["listener"]:
        cluster.lifecycle.listeners.append(listen)
    return cluster


def listen(job: Any) -> None:
    """Do the minimum of sending an event."""
    json.dumps([job.name, job.state, job.reason] if job else [])


def ids(cluster: Any, theirs: bool) -> int:
    """Return the number of jobs whose ids the cluster knows."""
    if theirs:
        return sum(bool(worker.job_id) for worker in cluster.workers.values())
    return sum(bool(job.id) for job in cluster.jobs.values())


async def scale(cluster: Any, jobs: int) -> float:
    """Request jobs and return the time."""
    started = time.monotonic()
    asked = cluster.scale(jobs=jobs)
    if inspect.isawaitable(asked):
        await asked
    return started


async def held(cluster: Any, order: dict[str, Any]) -> dict[str, float]:
    """Measure jobs that are submitted and never start."""
    ticker = Ticker()
    await asyncio.sleep(IDLE)
    idle = await ticker.take()
    print("poll", order["jobs"], flush=True)
    started = await scale(cluster, order["jobs"])
    visible = float(await asyncio.to_thread(sys.stdin.readline)) - started
    await until(lambda: ids(cluster, order["theirs"]) >= order["jobs"])
    await asyncio.sleep(AFTER)
    stall = await ticker.take()
    closing = time.monotonic()
    await cluster.close()
    close = time.monotonic() - closing
    stall_close = await ticker.take()
    return {
        "idle": idle,
        "visible": visible,
        "stall": stall,
        "close": close,
        "stall_close": stall_close,
    }


async def workers(cluster: Any, order: dict[str, Any]) -> dict[str, float]:
    """Measure jobs until their workers are connected."""
    wanted = order["jobs"] * order["processes"]
    scheduler = cluster.scheduler if order["theirs"] else cluster.placement.scheduler
    started = await scale(cluster, order["jobs"])
    await until(lambda: len(scheduler.workers) >= wanted)
    connected = time.monotonic() - started
    await cluster.close()
    return {"connected": connected}


async def main(order: dict[str, Any]) -> None:
    """Execute the measurement that `order` describes, and print the result."""
    cluster = await make(order)
    print(json.dumps(await (held if order["held"] else workers)(cluster, order)), flush=True)


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1]))  # for a checkout that is not installed
    asyncio.run(main(json.loads(sys.argv[1])))
