"""Work that hangs stops neither other work nor the end of the program."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from jupyter_jobqueue.batch.threads import Threads


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    made = threading.Event()
    yield made
    made.set()


async def test_a_result_and_an_error_come_back() -> None:
    threads = Threads("tests", 2, 60.0)
    assert await threads.run(pow, 2, 5) == 32
    with pytest.raises(ZeroDivisionError):
        await threads.run(divmod, 1, 0)


async def test_more_work_than_threads_waits_for_its_turn() -> None:
    threads = Threads("tests", 2, 60.0)
    assert await asyncio.gather(*(threads.run(abs, -n) for n in range(50))) == list(range(50))


async def test_what_hangs_ends_in_an_error_and_so_does_what_comes_after(
    gate: threading.Event,
) -> None:
    threads, others = Threads("reading logs", 2, 0.1), Threads("others", 2, 60.0)
    for _ in range(4):
        with pytest.raises(TimeoutError, match=r"reading logs took more than 0\.1 s"):
            await threads.run(gate.wait)
    assert await others.run(abs, -1) == 1
    gate.set()
    async with asyncio.timeout(60):
        while True:
            try:
                assert await threads.run(abs, -1) == 1
                return
            except TimeoutError:
                continue


def test_a_program_ends_although_a_thread_hangs() -> None:
    text = (
        "import asyncio, threading\n"
        "from jupyter_jobqueue.batch.threads import Threads\n"
        "asyncio.run(Threads('tests', 1, 0.1).run(threading.Event().wait))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=120, check=False
    )
    assert "TimeoutError: tests took more than 0.1 s" in done.stderr
