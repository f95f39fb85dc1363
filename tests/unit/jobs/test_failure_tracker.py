"""Counting failures, and what follows from them."""

from __future__ import annotations

import pytest

from jupyter_jobqueue.jobs.failures import FailureTracker


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("jupyter_jobqueue.jobs.failures.time.monotonic", lambda: now[0])
    return now


def test_so_many_in_a_row_are_too_many(clock: list[float]) -> None:
    tracker = FailureTracker(allowed=3)
    tracker.failed()
    tracker.failed()
    assert not tracker.degraded
    tracker.failed()
    assert (tracker.degraded, tracker.count) == (True, 3)
    tracker.joined()
    assert (tracker.degraded, tracker.count, tracker.paused) == (False, 0, False)


def test_pauses_double_up_to_a_minute(clock: list[float]) -> None:
    tracker = FailureTracker(allowed=100)
    for pause in (2, 4, 8, 16, 32, 60, 60):
        tracker.failed()
        clock[0] += pause - 0.1
        assert tracker.paused
        clock[0] += 0.1
        assert not tracker.paused


def test_a_failure_is_recent_for_a_minute(clock: list[float]) -> None:
    tracker = FailureTracker()
    tracker.back_off()
    clock[0] += 59
    assert tracker.recent
    clock[0] += 1
    assert not tracker.recent


def test_five_crashes_within_a_minute_slow_down(clock: list[float]) -> None:
    tracker = FailureTracker()
    for _ in range(4):
        tracker.crashed()
    assert not tracker.recent
    tracker.crashed()
    assert (tracker.recent, tracker.paused, tracker.degraded) == (True, False, False)


def test_a_reset_forgets_everything(clock: list[float]) -> None:
    tracker = FailureTracker(allowed=1)
    tracker.failed()
    tracker.reset()
    assert (tracker.degraded, tracker.paused, tracker.recent) == (False, False, False)
