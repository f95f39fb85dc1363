"""Clocks: the queue's differs from ours, and somebody sets ours while jobs run."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus
from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.jobs.decide import Decision, decide
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.limits import Limits
from jupyter_jobqueue.jobs.observe import ahead, is_missing, observe
from jupyter_jobqueue.jobs.scaler import Target
from jupyter_jobqueue.jobs.walltime import expiring, next_date
from tests.unit.jobs.fakes import new_table
from tests.unit.jobs.test_group import Bench

STEPS = [3600, 172_800, -3600, -172_800]
each_step = pytest.mark.parametrize("step", STEPS, ids=["+1h", "+2d", "-1h", "-2d"])


def set_clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Set the time of day as this program sees it."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + seconds)


def running(**facts: Any) -> JobStatus:
    return JobStatus(BatchState.RUNNING, tag="jobqueue-abc-0", **facts)


def job(**facts: Any) -> Job:
    """Return a job that was submitted ten seconds ago, with a worker."""
    found = Job("c-0", 0, "jobqueue-abc-0", id="1", state=JobState.PENDING, workers={"c-0"})
    found.submitted = steady.now() - 10
    for name, value in facts.items():
        setattr(found, name, value)
    return found


# ---- the limit that the queue grants


@pytest.mark.parametrize("asked", [None, 3600.0])
def test_the_limit_that_the_queue_shows_counts(asked: float | None) -> None:
    """A default of the partition, and one that the site changes while the job runs."""
    found, now = job(walltime=asked), steady.now()
    observe(found, running(started=now, limit=60.0), now)
    assert (found.walltime, found.walltime_ends_at) == (60.0, now + 60)
    observe(found, running(started=now, limit=1200.0), now + 1)
    assert found.walltime_ends_at == now + 1200
    observe(found, running(started=now), now + 2)
    assert found.walltime == 1200.0, "a listing that shows no limit takes none back"
    observe(found, running(started=now, limit=math.inf), now + 3)
    assert vars(found)["walltime"] is None
    assert next_date([found], now) is None, "without a limit nobody leaves"


def test_a_limit_that_was_lowered_brings_the_successor() -> None:
    found, now = job(walltime=86_400.0), steady.now()
    observe(found, running(started=now - 50, limit=86_400.0), now)
    assert expiring([found], now) == (set(), set())
    observe(found, running(started=now - 50, limit=60.0), now)
    assert expiring([found], now) == ({"c-0"}, {"c-0"})


# ---- a queue whose clock differs from ours


def test_how_far_a_clock_is_ahead() -> None:
    assert ahead(0, 1000, 999.5, 1000.5) == 0
    assert ahead(0, 4600, 999.5, 1000.5) == 3599.5
    assert ahead(3600, 4600, 999.5, 1000.5) == 3600, "what was known stays while it may be true"
    assert ahead(0, 700, 999.5, 1000.5) == -298.5


@each_step
def test_a_queue_that_tells_how_long_a_job_has_run_may_have_any_clock(step: int) -> None:
    found, now = job(), steady.now()
    observe(found, running(started=now + step - 20, ran=20.0, limit=600.0), now - 0.5)
    assert found.started == pytest.approx(now - 20, abs=2)
    assert found.walltime_ends_at == pytest.approx(now + 580, abs=2)
    assert expiring([found], now) == (set(), set())


@each_step
def test_of_other_queues_the_time_of_submission_shows_the_clock(step: int) -> None:
    found, now = job(), steady.now()
    waiting = JobStatus(BatchState.PENDING, tag="jobqueue-abc-0", submitted=now + step - 9)
    observe(found, waiting, now)
    observe(found, running(started=now + step, limit=600.0), now)
    assert found.started == pytest.approx(now, abs=10)
    assert expiring([found], now) == (set(), set())
    ended = JobStatus(BatchState.DONE, tag="jobqueue-abc-0", ended=now + step + 30)
    observe(found, ended, now)
    assert found.ended == pytest.approx(now + 30, abs=10)


def test_a_slow_command_is_no_clock_that_differs() -> None:
    """The queue took in the job 25 s after it was sent, and both clocks agree."""
    found, now = job(), steady.now()
    found.submitted = now - 40
    observe(found, running(submitted=now - 15, started=now - 5, limit=60.0), now)
    assert (found.ahead, found.started) == (0.0, now - 5)


# ---- somebody sets our clock


@each_step
async def test_setting_the_clock_replaces_and_retires_nobody(
    step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(budget=100.0)
    bench.group.scaler.open()
    await bench.group.resize(Target(2))
    now = steady.now()
    bench.queue.time = now
    bench.queue.listed = {
        f"1_{element}": running(element=element, started=now, limit=3600.0) for element in (0, 1)
    }
    await bench.group.controller.look_at_queue()
    for name in ("c-0", "c-1"):
        bench.group.worker_joined(name)
    bench.group.failures.failed()
    assert bench.group.failures.paused
    set_clock(monkeypatch, step)
    for _ in range(3):
        await bench.group.controller.look_at_queue()
        await bench.group.scaler.follow_up()
    assert (bench.states, bench.queue.sizes) == (["running", "running"], [2])
    assert (bench.workers.retired, bench.queue.cancelled) == ([], [])
    assert bench.group.failures.paused, "the pause after a failure is as long as before"
    due = 3600 - 300 - 15  # the margin, and the start of a successor
    assert due - 30 < (next_date(bench.group.table.jobs.values(), steady.now()) or 0) <= due
    await bench.group.stop()


@each_step
def test_setting_the_clock_spends_no_budget(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    table = new_table([job(state=JobState.RUNNING, started=steady.now() - 360)], 3600.0)
    limits = Limits(budget=3.0)
    before = limits.capacity(table).jobs
    set_clock(monkeypatch, step)
    assert (before, limits.capacity(table).jobs) == (2, 2)


@each_step
def test_setting_the_clock_makes_no_report_too_old(
    step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = job(workers=set())
    set_clock(monkeypatch, step)
    assert is_missing(found, None, steady.now())
    assert decide([found], 1) == Decision()


def test_what_was_kept_before_the_clock_was_set_back_is_not_of_the_future() -> None:
    bench, now = Bench(), steady.now()
    state = bench.group.dump()
    state.jobs = [job(submitted=now + 172_800, last_missed_at=now + 172_800, workers=set())]
    bench.group.load(state, now)
    (found,) = bench.group.table.jobs.values()
    assert (found.submitted, found.last_missed_at) == (now, now)
