"""Whom a lost worker is counted against, on a real Dask scheduler with workers in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from distributed import Client, KilledWorker, Scheduler, Worker

from jupyter_jobqueue.placement import program


class Bench:
    """A scheduler with idle workers, and one task that waits for an event."""

    def __init__(self, scheduler: Scheduler, client: Client) -> None:
        self.scheduler, self.client = scheduler, client
        self.future = client.submit(_wait, key="task")

    async def lose(self) -> str:
        """Lose the worker that has the task, and return its name."""
        await _until(lambda: self.task.processing_on is not None)
        state = self.task.processing_on
        await self.scheduler.remove_worker(state.address, stimulus_id="lost")
        return str(state.name)

    @property
    def task(self) -> Any:
        return self.scheduler.tasks["task"]

    @property
    def blame(self) -> tuple[int, int]:
        return self.task.suspicious, self.task.prefix.suspicious

    async def forgive(self, *names: str) -> int:
        handler = self.scheduler.handlers["jobqueue_forgive"]
        return int(await handler(names=list(names)))


async def _wait() -> None:
    await asyncio.sleep(60)


async def _until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.01)


def on_bench(use: Callable[[Bench], Awaitable[None]], workers: int) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            scheduler = Scheduler(port=0, dashboard_address="127.0.0.1:0", host="127.0.0.1")
            program.prepare(scheduler, "secret")
            await stack.enter_async_context(scheduler)
            for number in range(workers):
                worker = Worker(
                    scheduler.address, name=number, nthreads=1, dashboard_address="127.0.0.1:0"
                )
                await stack.enter_async_context(worker)
            client = Client(scheduler.address, asynchronous=True, set_as_default=False)
            await stack.enter_async_context(client)
            bench = Bench(scheduler, client)
            await _until(lambda: "task" in scheduler.tasks)
            await use(bench)

    asyncio.run(run())


def test_a_task_handed_from_one_lost_worker_to_the_next_survives() -> None:
    """All jobs of a partition are preempted together; Dask alone gives up at the fourth."""

    async def use(bench: Bench) -> None:
        names = [await bench.lose() for _ in range(6)]
        assert bench.blame == (0, 0)
        assert await bench.forgive(*names) == 6
        assert bench.blame == (0, 0)
        await _until(lambda: bench.task.processing_on is not None)

    on_bench(use, workers=7)


def test_what_nobody_forgives_is_counted_and_the_fourth_loss_is_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(program, "COUNTED_AFTER", 0.1)

    async def use(bench: Bench) -> None:
        for count in range(1, 4):
            await bench.lose()
            await _until(lambda: bench.blame == (count, count))  # noqa: B023
        await bench.lose()
        with pytest.raises(KilledWorker):
            await bench.future

    on_bench(use, workers=5)


def test_a_task_that_takes_down_worker_after_worker_is_stopped_before_it_is_judged() -> None:
    async def use(bench: Bench) -> None:
        for _ in range(program.MOST_UNCOUNTED + 4):
            assert bench.future.status == "pending"
            await bench.lose()
        with pytest.raises(KilledWorker):
            await bench.future

    on_bench(use, workers=program.MOST_UNCOUNTED + 5)


def test_blame_that_was_counted_is_taken_back_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "COUNTED_AFTER", 0.0)

    async def use(bench: Bench) -> None:
        names = [await bench.lose() for _ in range(2)]
        await _until(lambda: bench.blame == (2, 2))
        assert await bench.forgive(names[0]) == 1
        assert bench.blame == (1, 1)
        assert await bench.forgive(names[0], "unknown") == 0
        assert bench.blame == (1, 1)

    on_bench(use, workers=3)


def test_a_forgiven_worker_that_is_still_there_is_removed_without_blame() -> None:
    """It runs on a node without power: no connection was closed."""

    async def use(bench: Bench) -> None:
        await _until(lambda: bench.task.processing_on is not None)
        silent = bench.task.processing_on
        await bench.forgive(str(silent.name))
        assert silent.address not in bench.scheduler.workers
        await _until(lambda: bench.task.processing_on not in (None, silent))
        assert bench.blame == (0, 0)

    on_bench(use, workers=2)
