"""How jobs leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus
from jupyter_jobqueue.errors import CancelRefused, QueueDown, QueueError, SchedulerFailed
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.observe import observe
from jupyter_jobqueue.jobs.retirer import Retirer
from tests.unit.jobs.fakes import FakeQueue, FakeWorkers, new_table

P, R, C = JobState.PENDING, JobState.RUNNING, JobState.CLOSING


def job(number: int, state: JobState, *workers: str) -> Job:
    return Job(f"c-{number}", number, "jobqueue-abc-0", id=str(number), state=state,
               submitted=1.0, workers=set(workers))  # fmt: skip


class Bench:
    """A retirer and what it works with."""

    def __init__(self, *jobs: Job) -> None:
        self.queue, self.workers, self.table = FakeQueue(), FakeWorkers(), new_table(jobs)
        self.changed: list[str] = []
        queue: Any = self.queue
        self.retirer = Retirer(self.table, queue, self.workers, ["--verbose"], self._note)

    def _note(self, job: Job) -> None:
        self.changed.append(job.name)

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0)


async def test_jobs_without_workers_are_cancelled_at_once_with_the_words_of_the_user() -> None:
    first, second = job(0, P), job(1, P)
    bench = Bench(first, second)
    await bench.retirer.remove([first])
    assert (first.state, second.state) == (C, P)
    assert (bench.queue.cancelled, bench.queue.words) == ([["0"]], [["--verbose"]])
    assert bench.changed == ["c-0"]
    assert bench.retirer.was_asked_to_end(first)
    assert not bench.retirer.was_asked_to_end(second)


async def test_workers_hand_over_their_data_before_their_job_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jupyter_jobqueue.jobs.retirer.LEAVE_TIMEOUT", 0.0)
    leaving = job(0, R, "c-0-1", "c-0-0")
    bench = Bench(leaving)
    await bench.retirer.remove([leaving])
    assert bench.queue.cancelled == []
    await bench.until(lambda: bench.queue.cancelled)
    assert bench.workers.retired == [["c-0-0", "c-0-1"]]
    assert bench.queue.cancelled == [["0"]]


async def test_a_scheduler_that_does_not_answer_keeps_no_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jupyter_jobqueue.jobs.retirer.LEAVE_TIMEOUT", 0.0)
    leaving = job(0, R, "c-0")
    bench = Bench(leaving)
    bench.workers.error = SchedulerFailed("the Dask scheduler does not answer")
    await bench.retirer.remove([leaving])
    await bench.until(lambda: bench.queue.cancelled)


async def test_what_was_cancelled_is_not_cancelled_again_at_once() -> None:
    bench = Bench(job(0, C))
    await bench.retirer.cancel_due()
    await bench.retirer.cancel_due()
    assert bench.queue.cancelled == [["0"]]


async def test_an_order_that_the_queue_did_not_hear_is_repeated() -> None:
    bench = Bench(job(0, C))
    bench.queue.cancel_errors = [QueueDown("no answer")]
    with pytest.raises(QueueDown):
        await bench.retirer.cancel_due()
    await bench.retirer.cancel_due()
    assert bench.queue.cancelled == [["0"]]


async def test_ids_that_belong_to_other_jobs_by_now_are_left_alone() -> None:
    bench = Bench(job(0, P), job(1, P))
    bench.queue.listed = {
        "0": JobStatus(BatchState.RUNNING, tag="jobqueue-abc-0"),
        "1": JobStatus(BatchState.RUNNING, tag="jobqueue-ffff-0"),
    }
    await bench.retirer.cancel(["0", "1", "unlisted"])
    assert bench.queue.cancelled == [["0", "unlisted"]]


async def test_a_report_that_cannot_be_read_keeps_no_job_running() -> None:
    bench = Bench(job(0, P))
    bench.queue.status_errors = [QueueError("gave an answer that cannot be read")]
    await bench.retirer.cancel(["0"])
    assert bench.queue.cancelled == [["0"]]


async def test_closing_cancels_everything_and_waits_until_it_is_gone() -> None:
    waiting, running = job(0, P), job(1, R, "c-1")
    bench = Bench(waiting, running, job(2, JobState.DONE))
    assert await bench.retirer.cancel_all() == []
    assert bench.queue.cancelled == [["0", "1"]]
    assert (waiting.state, running.state) == (JobState.CANCELLED, JobState.CANCELLED)


async def test_closing_names_what_the_queue_did_not_cancel() -> None:
    bench = Bench(job(0, P), job(1, P))
    bench.queue.cancel_errors = [CancelRefused(["1"], details="scancel failed")]
    assert await bench.retirer.cancel_all() == ["1"]


async def test_closing_names_what_may_be_there_when_the_queue_did_not_hear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jupyter_jobqueue.jobs.retirer.GONE_TIMEOUT", 0.1)
    gone, there = job(0, P), job(1, P)
    bench = Bench(gone, there)
    bench.queue.listed = {"1": JobStatus(BatchState.PENDING, tag="jobqueue-abc-0")}
    bench.queue.cancel_errors = [QueueDown("no answer")]
    assert await bench.retirer.cancel_all() == ["1"]
    assert (there.state, there.vanished) == (JobState.CANCELLED, True), "nothing closes for ever"


async def test_closing_cancels_what_was_called_lost_and_what_has_our_tag() -> None:
    lost = job(0, JobState.LOST)
    lost.vanished = True
    bench = Bench(lost)
    bench.queue.listed = {
        "77": JobStatus(BatchState.PENDING, tag="jobqueue-abc-5"),
        "78": JobStatus(BatchState.PENDING, tag="jobqueue-ffff-5"),
    }
    assert await bench.retirer.cancel_all() == []
    assert bench.queue.cancelled == [["0"], ["77"]]


async def test_a_queue_that_does_not_tell_whose_jobs_are_is_told_to_end_them() -> None:
    bench = Bench(job(0, P))
    bench.queue.status_errors = [QueueDown("no answer")]
    await bench.retirer.cancel(["0"])
    assert bench.queue.cancelled == [["0"]]


async def test_a_job_whose_workers_handed_over_ends_as_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jupyter_jobqueue.jobs.retirer.LEAVE_TIMEOUT", 0.0)
    leaving = job(0, R, "c-0")
    bench = Bench(leaving)
    await bench.retirer.remove([leaving])
    await bench.until(lambda: bench.queue.cancelled)
    observe(leaving, JobStatus(BatchState.CANCELLED, tag="jobqueue-abc-0"), 3.0)
    assert leaving.state is JobState.DONE


async def test_the_patience_with_a_queue_grows_with_the_number_of_jobs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A qdel of 250 jobs was given up after 4 s, and all of them were named; it was done soon."""
    monkeypatch.setattr("jupyter_jobqueue.jobs.retirer.CANCEL_TIMEOUT", 0.0)
    monkeypatch.setattr("jupyter_jobqueue.jobs.retirer.CANCEL_TIME_OF_ONE", 0.2)
    bench = Bench(*(job(number, P) for number in range(250)))
    heard, cancel = asyncio.Event(), bench.queue.cancel

    async def slow(ids: Sequence[str], extra: Sequence[str] = ()) -> None:
        await asyncio.wait_for(heard.wait(), 60)
        await cancel(ids, extra)

    bench.queue.cancel = slow  # type: ignore[method-assign]
    asyncio.get_running_loop().call_later(0.5, heard.set)
    assert await bench.retirer.cancel_all() == []
    assert len(bench.queue.cancelled[0]) == 250
