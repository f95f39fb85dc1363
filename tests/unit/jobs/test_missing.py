"""Reports that lack jobs: whether these have left, or the report is wrong."""

from __future__ import annotations

import time
from typing import Any

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus, Listing
from jupyter_jobqueue.batch.queue import StatusReport
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.missing import Missing
from tests.unit.jobs.fakes import FakeQueue, new_table

TAG = "jobqueue-abc-0"
PENDING = JobStatus(BatchState.PENDING, tag=TAG)
RUNNING = JobStatus(BatchState.RUNNING, tag=TAG, started=100.0)


class Bench:
    """Pending jobs, of which the queue tells the truth when it is asked for one alone."""

    def __init__(self, count: int, *, there: bool = True) -> None:
        jobs = [
            Job(f"c-{number}", number, TAG, id=str(number), state=JobState.PENDING, submitted=1.0)
            for number in range(count)
        ]
        self.table, self.queue = new_table(jobs), FakeQueue()
        self.asked_to_end: set[str] = set()
        if there:
            self.queue.alone = {job.id: Listing({job.id: PENDING}) for job in jobs}
        queue: Any = self.queue
        self.missing = Missing(self.table, queue, lambda job: job.name in self.asked_to_end)
        self.time = 10.0

    async def see(self, *ids: str, complete: bool = True, state: JobStatus = PENDING) -> list[str]:
        """Apply a report that has some jobs; returns the states of all."""
        self.time += 1
        report = StatusReport(self.time, dict.fromkeys(ids, state), None, complete)
        await self.missing.apply(report, self.table.in_queue)
        return [str(job.state) for job in self.table.jobs.values()]


async def test_jobs_that_are_there_when_asked_for_alone_have_not_left() -> None:
    bench = Bench(4)
    for _ in range(50):
        assert await bench.see("0") == ["pending"] * 4


async def test_a_job_that_two_reports_and_the_question_for_it_lack_has_left() -> None:
    bench = Bench(4, there=False)
    assert await bench.see("0", "1", "2") == ["pending"] * 4
    assert await bench.see("0", "1", "2") == ["pending", "pending", "pending", "lost"]
    assert [job.name for job in bench.table.vanished] == ["c-3"]


async def test_a_report_that_lacks_most_jobs_is_doubted_for_longer() -> None:
    bench = Bench(4, there=False)
    for _ in range(5):
        assert await bench.see() == ["pending"] * 4
    assert await bench.see() == ["lost"] * 4


async def test_a_report_that_lacks_a_job_whose_worker_computes_is_not_believed() -> None:
    bench = Bench(3, there=False)
    bench.table.jobs["c-0"].workers = {"c-0"}
    for _ in range(50):
        assert await bench.see() == ["pending"] * 3


async def test_of_a_report_that_cannot_be_read_whole_a_missing_job_has_not_left() -> None:
    bench = Bench(2, there=False)
    bench.queue.alone["1"] = Listing(complete=False)
    for _ in range(50):
        assert await bench.see("0", complete=False) == ["pending", "pending"]


async def test_what_such_a_report_says_of_others_is_true() -> None:
    bench = Bench(2)
    assert await bench.see("0", complete=False, state=RUNNING) == ["starting", "pending"]


async def test_many_missing_jobs_are_asked_for_in_turns() -> None:
    bench = Bench(25, there=False)
    for _ in range(5):
        await bench.see()
    assert (await bench.see()).count("lost") == 0, "each was asked for twice at the most"
    for _ in range(20):
        states = await bench.see()
    assert states == ["lost"] * 25


async def vanished_job(bench: Bench) -> Job:
    await bench.see("1")
    await bench.see("1")
    job = bench.table.jobs["c-0"]
    assert (job.state, job.vanished) == (JobState.LOST, True)
    return job


async def test_a_job_that_is_listed_again_is_taken_back() -> None:
    bench = Bench(2, there=False)
    job = await vanished_job(bench)
    assert await bench.see("0", "1") == ["pending", "pending"]
    assert (job.vanished, job.ended, job.reason) == (False, None, "")


async def test_a_job_that_was_asked_to_end_is_still_to_end_when_it_is_listed_again() -> None:
    bench = Bench(2, there=False)
    await vanished_job(bench)
    bench.asked_to_end = {"c-0"}
    assert await bench.see("0", "1") == ["closing", "pending"]


async def test_an_end_that_is_seen_later_is_believed() -> None:
    bench = Bench(2, there=False)
    job = await vanished_job(bench)
    ended = JobStatus(BatchState.FAILED, tag=TAG, exit_code=7)
    assert (await bench.see("0", "1", state=ended))[0] == "failed"
    assert (job.vanished, job.exit_code) == (False, 7)


async def test_after_five_minutes_a_vanished_job_is_written_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(2, there=False)
    job = await vanished_job(bench)
    start = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: start + 290)
    await bench.see("1")
    assert bench.table.vanished == [job]
    monkeypatch.setattr(time, "monotonic", lambda: start + 310)
    await bench.see("1")
    assert bench.table.vanished == []
    assert bench.table.to_cancel[0] is job, "closing cancels it all the same"


async def test_a_job_that_vanishes_again_is_waited_for_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(2, there=False)
    job = await vanished_job(bench)
    await bench.see("0", "1")
    start = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: start + 310)
    assert await vanished_job(bench) is job
    assert bench.table.vanished == [job]


async def test_a_vanished_job_whose_walltime_is_over_is_written_off() -> None:
    bench = Bench(2, there=False)
    bench.table.jobs["c-0"].walltime, bench.table.jobs["c-0"].started = 60.0, time.time() - 61
    job = await vanished_job(bench)
    await bench.see("1")
    assert job.written_off
