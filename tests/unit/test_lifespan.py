"""When a cluster closes by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from jupyter_jobqueue.cluster.lifespan import Lifespan, in_words
from jupyter_jobqueue.errors import SchedulerFailed
from jupyter_jobqueue.jobs.workers import Load

WORK, NO_WORK = Load(1, ["c-0"], True), Load(0, [], False)


async def idle() -> bool:
    return False


def lifespan(
    idle_timeout: float | None = None,
    max_age: float | None = None,
    is_working: Callable[[], Awaitable[bool]] = idle,
) -> tuple[Lifespan, list[str]]:
    reasons: list[str] = []
    return Lifespan(idle_timeout, max_age, is_working, reasons.append), reasons


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(28_800, "8 h"), (1800, "30 min"), (90, "90 s"), (0.5, "0.5 s"), (0, "0 s")],
)
def test_a_duration_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


async def test_without_limits_it_does_not_end() -> None:
    span, reasons = lifespan()
    assert span.closes == (None, "")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(span.run(), 0.05)
    assert reasons == []


async def test_it_ends_at_its_maximum_age_whatever_is_computed() -> None:
    async def busy() -> bool:
        return True

    span, reasons = lifespan(idle_timeout=3600, max_age=0.05, is_working=busy)
    span.note_load(WORK)
    await span.run()
    assert reasons == ["it reached its maximum age (0.05 s)"]


async def test_it_ends_after_some_time_without_work() -> None:
    span, reasons = lifespan(idle_timeout=0.05)
    await span.run()
    assert reasons == ["it was idle for 0.05 s"]


async def test_the_scheduler_is_asked_once_more_before_the_end() -> None:
    """What it reported last may be some seconds old."""
    answers = [True, True, False]
    span, reasons = lifespan(idle_timeout=0.05)

    async def is_working() -> bool:
        if working := answers.pop(0):
            span.note_load(WORK)
        return working

    span = Lifespan(0.05, None, is_working, reasons.append)
    await span.run()
    assert (answers, reasons) == ([], ["it was idle for 0.05 s"])


async def test_a_scheduler_that_does_not_answer_is_not_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jupyter_jobqueue.cluster.lifespan.RETRY_INTERVAL", 0.0)
    failures = [SchedulerFailed("busy"), SchedulerFailed("busy")]

    async def is_working() -> bool:
        if failures:
            raise failures.pop()
        return False

    span, reasons = lifespan(idle_timeout=0.01, is_working=is_working)
    await span.run()
    assert (failures, reasons) == ([], ["it was idle for 0.01 s"])


@pytest.mark.parametrize("step", [3600, 172_800, -3600, -172_800])
async def test_the_time_of_day_ends_nothing(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    span, reasons = lifespan(idle_timeout=60, max_age=3600)
    now = time.time()
    monkeypatch.setattr("jupyter_jobqueue.cluster.lifespan.time.time", lambda: now + step)
    when, why = span.closes
    assert when == pytest.approx(now + step + 60, abs=5)
    assert why == "idle"
    assert span.idle_for < 5
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(span.run(), 0.05)
    assert reasons == []


def test_a_cluster_that_was_found_again_is_as_old_as_it_is() -> None:
    span, _ = lifespan(max_age=3600)
    span.set_age(3000)
    when, why = span.closes
    assert when == pytest.approx(time.time() + 600, abs=5)
    assert why == "age"
