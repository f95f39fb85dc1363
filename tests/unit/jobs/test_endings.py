"""How jobs ended, and what follows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus
from jupyter_jobqueue.errors import SchedulerFailed
from jupyter_jobqueue.jobs.endings import Endings
from jupyter_jobqueue.jobs.failures import FailureTracker
from jupyter_jobqueue.jobs.health import Health, Problem, Source
from jupyter_jobqueue.jobs.job import Job, JobState
from tests.unit.jobs.fakes import FakeQueue, FakeWorkers, new_table


class Bench:
    """An `Endings` and what it works with."""

    def __init__(self, logs: Path, *jobs: Job) -> None:
        self.queue, self.workers = FakeQueue(), FakeWorkers()
        self.failures, self.health = FailureTracker(3), Health(lambda: None)
        self.wanted_to_end: set[str] = set()
        queue: Any = self.queue
        self.endings = Endings(
            new_table(jobs),
            queue,
            logs,
            self.workers,
            self.failures,
            self.health,
            lambda job: job.name in self.wanted_to_end,
        )


def job(state: JobState, **facts: Any) -> Job:
    return Job("c-0", 0, "t", id="7", state=state, **{"submitted": 1.0, "ended": 2e9, **facts})


async def test_a_job_that_ended_before_a_worker_joined_is_a_failure_with_its_last_words(
    tmp_path: Path,
) -> None:
    log = tmp_path / "err"
    log.write_text("ModuleNotFoundError: No module named 'distributed'\n")
    failed = job(JobState.FAILED, exit_code=1, node="n1", stderr=str(log))
    bench = Bench(tmp_path, failed)
    await bench.endings.record([failed])
    assert bench.failures.count == 1
    assert bench.health.of(Source.JOBS) == Problem(
        "c-0 ended before a worker joined (exit code 1 on n1)",
        "ModuleNotFoundError: No module named 'distributed'",
        "The Python of the jobs has no module distributed. Choose another Python with the option "
        "`python`, or load its environment in `job_script_prologue`.",
        can_retry=True,
    )


async def test_a_job_that_ended_before_anybody_watched_is_no_failure(tmp_path: Path) -> None:
    failed = job(JobState.FAILED, ended=100.0)
    bench = Bench(tmp_path, failed)
    bench.endings.watching_since = 200.0
    await bench.endings.record([failed])
    assert (bench.failures.count, bench.health.problem) == (0, None)


async def test_a_job_that_the_queue_holds_after_an_error_must_leave(tmp_path: Path) -> None:
    stuck = job(JobState.HELD, ended=None, stuck=True, reason="launch failed requeued held")
    bench = Bench(tmp_path, stuck)
    await bench.endings.record([stuck])
    assert (stuck.state, bench.failures.count) == (JobState.CLOSING, 1)


@pytest.mark.parametrize(("wanted", "paused"), [(True, False), (False, True)])
async def test_only_a_job_that_nobody_here_ended_slows_down(
    tmp_path: Path, wanted: bool, paused: bool
) -> None:
    cancelled = job(JobState.CANCELLED)
    bench = Bench(tmp_path, cancelled)
    bench.wanted_to_end = {"c-0"} if wanted else set()
    await bench.endings.record([cancelled])
    assert bench.failures.paused is paused


async def test_accounting_knows_how_a_lost_job_ended(tmp_path: Path) -> None:
    lost = job(JobState.LOST, joined=True, started=1.0)
    bench = Bench(tmp_path, lost)
    bench.queue.accounting = {"7": JobStatus(BatchState.FAILED, "OUT_OF_MEMORY", exit_code=9)}
    await bench.endings.record([lost])
    assert (lost.state, lost.reason, lost.exit_code) == (JobState.FAILED, "OUT_OF_MEMORY", 9)


async def test_accounting_that_lags_behind_is_queried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_jobqueue.batch.steady.now", lambda: 2e9 + 20)
    lost = job(JobState.LOST, joined=True, started=1.0, known_workers={"c-0"})
    bench = Bench(tmp_path, lost)
    assert await bench.endings.recheck_lost() == []
    bench.queue.accounting = {"7": JobStatus(BatchState.CANCELLED)}
    assert await bench.endings.recheck_lost() == [], "not again at once"
    monkeypatch.setattr("jupyter_jobqueue.batch.steady.now", lambda: 2e9 + 31)
    assert await bench.endings.recheck_lost() == [lost]
    assert (lost.state, bench.workers.cleared) == (JobState.CANCELLED, [["c-0"]])


@pytest.mark.parametrize(("noted", "state"), [("0", JobState.DONE), ("3", JobState.FAILED)])
async def test_a_job_notes_the_exit_code_that_the_queue_forgets(
    tmp_path: Path, noted: str, state: JobState
) -> None:
    (tmp_path / "c-0.exit").write_text(f"{noted}\n")
    lost = job(JobState.LOST, joined=True, started=1.0)
    bench = Bench(tmp_path, lost)
    bench.queue.adapter.exit_codes_expire = True
    await bench.endings.record([lost])
    assert (lost.state, lost.exit_code) == (state, int(noted))


async def test_a_job_without_a_trace_never_started_where_there_would_be_one(
    tmp_path: Path,
) -> None:
    lost = job(JobState.LOST)
    bench = Bench(tmp_path, lost)
    bench.queue.adapter.keeps_ended_jobs = True
    await bench.endings.record([lost])
    assert (lost.state, lost.reason) == (JobState.CANCELLED, "left the queue before it started")
    assert bench.failures.count == 0


@pytest.mark.parametrize(
    ("facts", "cleared"),
    [
        ({"state": JobState.FAILED, "ended_by_system": True}, [["c-0-0"]]),
        ({"state": JobState.CANCELLED}, [["c-0-0"]]),
        ({"state": JobState.PENDING, "ended": None}, [["c-0-0"]]),  # requeued
        ({"state": JobState.FAILED}, []),  # it may have been the fault of a task
    ],
)
async def test_tasks_are_not_suspected_of_what_the_system_did(
    tmp_path: Path, facts: dict[str, Any], cleared: list[list[str]]
) -> None:
    gone = job(**facts, joined=True, started=1.0, known_workers={"c-0-0"})
    bench = Bench(tmp_path, gone)
    await bench.endings.record([gone])
    assert bench.workers.cleared == cleared


async def test_a_scheduler_that_does_not_answer_stops_nothing_and_is_asked_again(
    tmp_path: Path,
) -> None:
    gone = job(JobState.CANCELLED, joined=True, known_workers={"c-0-0"})
    bench = Bench(tmp_path, gone)
    bench.workers.error = SchedulerFailed("the Dask scheduler does not answer")
    await bench.endings.record([gone])
    assert bench.workers.cleared == []
    bench.workers.error = None
    await bench.endings.recheck_lost()
    await bench.endings.recheck_lost()
    assert bench.workers.cleared == [["c-0-0"]]
