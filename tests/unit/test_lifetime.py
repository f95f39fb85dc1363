"""Workers that reach their lifetime, and what is lost with a worker, on a real Dask scheduler."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from distributed import Client, Scheduler, Worker

from jupyter_jobqueue.placement import program


@asynccontextmanager
async def dask() -> AsyncIterator[tuple[Any, Any]]:
    """Run a scheduler as clusters have it, with a client."""
    scheduler = program.prepare(
        Scheduler(host="127.0.0.1", port=0, dashboard_address="127.0.0.1:0"), "secret"
    )
    async with (
        scheduler,
        Client(scheduler.address, asynchronous=True, set_as_default=False) as client,
    ):
        yield scheduler, client


def worker(scheduler: Any, name: str) -> Any:
    return Worker(scheduler.address, name=name, nthreads=1, host="127.0.0.1")


async def test_at_its_lifetime_a_worker_stays_until_another_can_take_its_data() -> None:
    async with dask() as (scheduler, client), worker(scheduler, "old") as old:
        futures = client.map(lambda x: x + 1, range(10), pure=False)
        assert await client.gather(futures) == list(range(1, 11))
        leaving = asyncio.create_task(old.close_gracefully(reason="worker-lifetime-reached"))
        await asyncio.sleep(0.5)
        assert not leaving.done()
        assert await client.submit(lambda: 42, pure=False) == 42, "it computes meanwhile"
        async with worker(scheduler, "new") as new:
            async with asyncio.timeout(60):
                await leaving
            assert len(new.data) >= 10
            assert await client.gather(futures) == list(range(1, 11))
            assert (await new.scheduler.jobqueue_load())["dropped"] == {}


async def test_a_worker_without_data_leaves_at_once() -> None:
    async with dask() as (scheduler, _), worker(scheduler, "old") as old:
        async with asyncio.timeout(60):
            await old.close_gracefully(reason="worker-lifetime-reached")
        assert scheduler.workers == {}


async def test_only_copies_that_are_lost_with_a_worker_are_counted() -> None:
    async with dask() as (scheduler, client), worker(scheduler, "heir") as heir:
        async with worker(scheduler, "old") as old:
            there = {"workers": [old.address], "allow_other_workers": True, "pure": False}
            futures = client.map(lambda x: x, range(3), **there)
            await client.gather(futures, direct=False)
            copied = await client.scatter(7, broadcast=True)
        async with asyncio.timeout(60):
            while len(scheduler.workers) > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        found = (await heir.scheduler.jobqueue_load())["dropped"]
        assert {name: list(lost) for name, lost in found.items()} == {"old": [0, 3]}
        assert await client.gather(futures) == [0, 1, 2]
        assert await copied == 7
