"""How jobs get into the queue."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from jupyter_jobqueue.errors import (
    ArrayRefused,
    CommandMissing,
    CommandTimedOut,
    QueueDown,
    QueueError,
)
from jupyter_jobqueue.jobs.job import JobState
from jupyter_jobqueue.jobs.limits import Limits
from jupyter_jobqueue.jobs.submitter import ARRAY_SIZE, Submitter
from jupyter_jobqueue.jobs.unconfirmed import Unconfirmed
from tests.unit.jobs.fakes import FakeCluster, FakeQueue, new_table, pending, report


class Bench:
    """A submitter and what it works with."""

    def __init__(self) -> None:
        self.queue, self.cluster, self.table = FakeQueue(), FakeCluster(), new_table()
        self.cancelled: list[str] = []
        queue: Any = self.queue
        self.submitter = Submitter(
            self.table, Unconfirmed(self.table), queue, self.cluster.callbacks, self.cancel
        )

    async def cancel(self, ids: Sequence[str]) -> None:
        self.cancelled += ids

    @property
    def jobs(self) -> list[tuple[str, str, str]]:
        return [(job.name, job.id, str(job.state)) for job in self.table.jobs.values()]


async def test_jobs_are_one_array_and_written_down_before() -> None:
    bench = Bench()
    await bench.submitter.submit(2)
    assert bench.jobs == [("c-0", "1_0", "pending"), ("c-1", "1_1", "pending")]
    assert bench.cluster.saved == [("jobqueue-abc-0", "script of jobqueue-abc-0")]
    assert bench.table.jobs["c-1"].stderr == "1_1.err"
    assert bench.cluster.changes == [None]
    assert not bench.submitter.unconfirmed.pending


async def test_very_many_jobs_are_several_arrays() -> None:
    bench = Bench()
    await bench.submitter.submit(ARRAY_SIZE + 5)
    assert bench.queue.sizes == [1000, 5]
    assert len(bench.table.jobs) == 1005


async def test_without_arrays_each_job_is_submitted_by_itself() -> None:
    bench = Bench()
    bench.queue.adapter.array_index = ""
    await bench.submitter.submit(3)
    assert bench.queue.sizes == [1, 1, 1]


async def test_a_refusal_is_raised_and_leaves_no_job() -> None:
    bench = Bench()
    bench.queue.submit_errors = [QueueError("sbatch failed", details="invalid partition")]
    with pytest.raises(QueueError, match="invalid partition"):
        await bench.submitter.submit(2)
    assert (bench.jobs, bench.submitter.unconfirmed.pending) == ([], False)


async def test_a_command_that_is_not_there_has_surely_done_nothing() -> None:
    bench = Bench()
    bench.queue.submit_errors = [CommandMissing("sbatch cannot be started")]
    bench.queue.status_errors = [QueueDown("nobody may ask")]
    with pytest.raises(CommandMissing):
        await bench.submitter.submit(2)
    assert bench.jobs == []
    assert bench.queue.status_errors, "nothing to ask the queue for"


async def test_a_command_that_failed_but_submitted_all_the_same_is_no_failure() -> None:
    bench = Bench()
    bench.queue.submit_errors = [CommandTimedOut("no answer")]
    bench.queue.listed = {"9": pending("jobqueue-abc-0")}
    await bench.submitter.submit(1)
    assert bench.jobs == [("c-0", "9", "pending")]


async def test_while_the_queue_is_silent_nobody_knows() -> None:
    bench = Bench()
    bench.queue.submit_errors = [CommandTimedOut("no answer")]
    bench.queue.status_errors = [QueueDown("still none")]
    with pytest.raises(CommandTimedOut):
        await bench.submitter.submit(1)
    assert bench.jobs == [("c-0", "", "submitting")]
    assert await bench.submitter.take_in(report({"9": pending("jobqueue-abc-0")})) == 0
    assert bench.jobs == [("c-0", "9", "pending")]


async def test_jobs_that_are_there_twice_are_cancelled() -> None:
    bench = Bench()
    bench.queue.submit_errors = [CommandTimedOut("no answer")]
    tag = "jobqueue-abc-0"
    bench.queue.listed = {"9": pending(tag), "10": pending(tag), "11": pending(tag)}
    await bench.submitter.submit(1)
    assert (bench.jobs, bench.cancelled) == ([("c-0", "9", "pending")], ["10", "11"])


async def test_a_cluster_that_closes_submits_nothing_more() -> None:
    bench = Bench()
    bench.cluster.open = False
    await bench.submitter.submit(1)
    assert (bench.jobs, bench.queue.sizes) == ([], [])


async def test_what_was_submitted_while_the_cluster_closed_is_cancelled() -> None:
    bench = Bench()
    submit = bench.queue.submit

    async def slow(call: object) -> list[str]:
        bench.cluster.open = False
        return await submit(call)  # type: ignore[arg-type]

    bench.queue.submit = slow  # type: ignore[method-assign]
    await bench.submitter.submit(1)
    assert bench.cancelled == ["1_0"]


async def test_a_submission_that_is_interrupted_may_have_happened() -> None:
    bench = Bench()
    bench.queue.submit_errors = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await bench.submitter.submit(1)
    assert bench.submitter.unconfirmed.pending
    assert [job.state for job in bench.table.jobs.values()] == [JobState.SUBMITTING]


class Choosy(FakeQueue):
    """A queue that takes no array of more than some jobs."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    async def submit(self, call: Any) -> list[str]:
        if call.parse("") > self.most:
            raise ArrayRefused("sbatch failed", details="Invalid job array specification")
        return await super().submit(call)


@pytest.mark.parametrize(
    ("most", "wanted", "sizes"),
    [(4, 6, [3, 3]), (4, 20, [2] * 10), (1, 6, [1] * 6), (1, 25, [1] * 10)],
)
async def test_where_an_array_is_too_large_smaller_ones_then_single_jobs_come(
    most: int, wanted: int, sizes: list[int]
) -> None:
    bench = Bench()
    bench.submitter.queue = queue = Choosy(most)  # type: ignore[assignment]
    await bench.submitter.submit(wanted)
    assert queue.sizes == sizes
    assert len(bench.jobs) == sum(sizes)
    assert {state for _, _, state in bench.jobs} == {"pending"}
    await bench.submitter.submit(2)
    assert queue.sizes[len(sizes) :] == ([2] if most > 1 else [1, 1]), "it remembers"


async def test_a_single_job_that_is_refused_like_an_array_is_refused() -> None:
    bench = Bench()
    bench.submitter.queue = Choosy(0)  # type: ignore[assignment]
    with pytest.raises(ArrayRefused):
        await bench.submitter.submit(2)
    assert bench.jobs == []


async def test_without_arrays_each_job_has_a_command_of_its_own() -> None:
    bench = Bench()
    bench.submitter.array_size = 1
    await bench.submitter.submit(3)
    assert bench.queue.sizes == [1, 1, 1]


async def test_no_command_is_run_beyond_the_rate_that_is_allowed() -> None:
    bench = Bench()
    bench.queue.adapter.array_index = ""
    limits = Limits(max_submissions=2)
    bench.submitter.may_submit = limits.take
    await bench.submitter.submit(5)
    assert bench.queue.sizes == [1, 1]
    assert limits.capacity(bench.table).reason == "max_submissions is 2 per minute"
