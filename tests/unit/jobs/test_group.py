"""A group of jobs as a whole: sizes, refusals, limits, workers, what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus
from jupyter_jobqueue.errors import (
    CommandTimedOut,
    LimitReached,
    QueueDown,
    QueueError,
    SchedulerFailed,
    WrongState,
)
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy
from jupyter_jobqueue.jobs.controller import Polling
from jupyter_jobqueue.jobs.group import GroupOptions, GroupState, JobGroup
from jupyter_jobqueue.jobs.health import Problem, Source
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.scaler import Target
from jupyter_jobqueue.jobs.workers import Load
from tests.unit.jobs.fakes import FakeCluster, FakeQueue, FakeWorkers, new_table

REFUSED = QueueError("sbatch failed with exit code 1", details="invalid partition: nosuch")
REFUSAL = Problem("sbatch failed with exit code 1", "invalid partition: nosuch", can_retry=True)


class Bench:
    """A group and what it works with."""

    def __init__(self, **options: Any) -> None:
        self.queue, self.workers, self.cluster = FakeQueue(), FakeWorkers(), FakeCluster()
        queue: Any = self.queue
        self.group = JobGroup(
            new_table(),
            queue,
            GroupOptions({"allowed_failures": 3, **options}, Path()),
            self.workers,
            self.cluster.callbacks,
        )

    @property
    def states(self) -> list[str]:
        return [str(job.state) for job in self.group.table.jobs.values()]

    def list_all(self, state: BatchState = BatchState.PENDING) -> None:
        """Have the queue list every job."""
        jobs = self.group.table.jobs.values()
        self.queue.listed = {job.id: JobStatus(state, tag=job.tag) for job in jobs if job.id}

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0)


async def test_a_size_is_wanted_from_the_request_on_and_reached_after_the_start() -> None:
    bench = Bench()
    request = bench.group.scaler.request(Target(2))
    assert (bench.group.target, bench.states) == (Target(2), [])
    bench.group.scaler.open()
    await request
    assert bench.states == ["pending", "pending"]
    await bench.group.stop()


async def test_of_several_requests_before_the_start_the_last_counts() -> None:
    bench = Bench()
    requests = [bench.group.scaler.request(Target(jobs)) for jobs in (5, 1, 2)]
    bench.group.scaler.open()
    await asyncio.gather(*requests)
    assert (bench.queue.sizes, bench.group.target) == ([2], Target(2))


async def test_a_refusal_is_raised_and_leaves_the_size_unchanged() -> None:
    bench = Bench()
    bench.group.scaler.open()
    await bench.group.resize(Target(1))
    bench.queue.submit_errors = [REFUSED]
    with pytest.raises(QueueError, match="invalid partition"):
        await bench.group.resize(Target(4))
    assert (bench.group.target, bench.group.degraded) == (Target(1), False)
    assert bench.group.health.problem is None


async def test_a_refusal_that_nobody_waits_for_is_shown_and_not_repeated() -> None:
    bench = Bench()
    bench.queue.submit_errors = [REFUSED]
    bench.group.scaler.request(Target(2))
    bench.group.scaler.open()
    await bench.until(lambda: bench.group.health.problem)
    assert bench.group.health.problem == REFUSAL
    assert (bench.group.target, bench.group.degraded) == (Target(2), True)
    await bench.group.scaler.follow_up()
    assert bench.queue.sizes == [2], "asked once"
    await bench.group.retry()
    assert (bench.states, bench.group.degraded) == (["pending", "pending"], False)


async def test_a_retry_that_is_refused_as_well_changes_nothing() -> None:
    bench = Bench()
    bench.queue.submit_errors = [REFUSED, REFUSED]
    bench.group.scaler.request(Target(2))
    bench.group.scaler.open()
    await bench.until(lambda: bench.group.health.problem)
    with pytest.raises(QueueError):
        await bench.group.retry()
    assert (bench.group.health.problem, bench.group.target) == (REFUSAL, Target(2))


@pytest.mark.parametrize("error", [QueueDown("no controller"), CommandTimedOut("no answer")])
async def test_a_queue_that_is_silent_refuses_nothing(error: QueueError) -> None:
    bench = Bench()
    bench.group.scaler.open()
    bench.queue.submit_errors = [error]
    bench.queue.status_errors = [error]
    await bench.group.resize(Target(2))
    assert bench.group.target == Target(2)
    found = bench.group.health.of(Source.QUEUE)
    assert found is not None
    assert found.message.startswith("The batch system is not responding; retrying every 2 s.")


async def test_a_request_of_a_cluster_that_closes_is_told_so() -> None:
    bench = Bench()
    waiting = asyncio.ensure_future(bench.group.resize(Target(2)))
    await asyncio.sleep(0)
    await bench.group.stop()
    with pytest.raises(WrongState, match="c is closing"):
        await waiting


async def test_nobody_waits_longer_than_the_time_limit() -> None:
    bench = Bench()  # not open
    await bench.group.resize(Target(2), timeout=0.01)
    assert bench.group.target == Target(2)
    await bench.group.stop()


async def test_what_a_follow_up_is_refused_is_shown_and_comes_later() -> None:
    bench = Bench()
    bench.group.set_target(Target(1))
    bench.queue.submit_errors = [REFUSED]
    await bench.group.scaler.follow_up()
    assert bench.group.health.of(Source.SUBMISSION) == REFUSAL
    assert (bench.group.degraded, bench.group.failures.paused) == (False, True)


async def test_a_full_queue_gets_ever_smaller_parts_and_the_rest_waits() -> None:
    bench = Bench()
    bench.group.scaler.open()
    full = LimitReached("sbatch failed", details="QOSMaxSubmitJobPerUserLimit")
    bench.queue.submit_errors = [full, full]
    await bench.group.resize(Target(4))
    assert bench.queue.sizes == [4, 2, 1, 1, 1, 1]
    bench.queue.submit_errors = [full] * 9
    await bench.group.resize(Target(6))
    assert bench.group.scaler.waiting == 2
    assert bench.group.health.problem == Problem(
        "limit reached, 2 jobs waiting: the queue accepts no more jobs now",
        "QOSMaxSubmitJobPerUserLimit",
    )


async def test_an_own_limit_holds_jobs_back() -> None:
    bench = Bench(max_jobs=2)
    bench.group.scaler.open()
    await bench.group.resize(Target(3))
    assert (bench.states, bench.group.scaler.waiting) == (["pending", "pending"], 1)
    assert bench.group.health.problem == Problem("limit reached, 1 job waiting: max_jobs is 2")


async def test_of_running_jobs_the_scheduler_names_those_to_go() -> None:
    bench = Bench()
    bench.group.scaler.open()
    await bench.group.resize(Target(3))
    for name in ("c-0", "c-1", "c-2"):
        bench.group.worker_joined(name)
    bench.workers.ranking = ["c-1", "c-0", "c-2"]
    await bench.group.resize(Target(2))
    assert bench.states == ["running", "closing", "running"]
    await bench.group.stop()


async def test_a_scheduler_that_does_not_answer_names_nobody() -> None:
    bench = Bench()
    bench.group.scaler.open()
    await bench.group.resize(Target(2))
    for name in ("c-0", "c-1"):
        bench.group.worker_joined(name)
    bench.workers.error = SchedulerFailed("the Dask scheduler does not answer")
    with pytest.raises(SchedulerFailed):
        await bench.group.resize(Target(1))
    assert (bench.states, bench.group.target) == (["running", "running"], Target(2))


async def test_work_moves_the_target_between_its_bounds() -> None:
    bench = Bench()
    bench.group.scaler.target = Target(0).adapted_by(AdaptivePolicy(1, 3))
    assert bench.group.target.jobs == 1
    bench.group.scaler.adapt(Load(2, [], True))
    assert bench.group.target.jobs == 2
    bench.group.scaler.adapt(Load(99, [], True))
    assert bench.group.target.jobs == 3


async def test_workers_make_their_job_run_and_end_its_failures() -> None:
    bench = Bench()
    bench.group.scaler.open()
    await bench.group.resize(Target(1))
    bench.group.failures.failed()
    bench.group.health.report(Source.JOBS, Problem("c-0 ended"))
    bench.group.worker_joined("c-0-0")
    (job,) = bench.group.table.jobs.values()
    assert (job.state, job.workers, job.joined) == (JobState.RUNNING, {"c-0-0"}, True)
    assert (bench.group.failures.count, bench.group.health.problem) == (0, None)
    bench.group.worker_left("c-0-0")
    assert (job.state, job.workers) == (JobState.STARTING, set())
    bench.group.worker_joined("stranger")
    bench.group.worker_left("stranger")


async def test_the_loop_sees_what_the_queue_reports() -> None:
    bench = Bench()
    bench.group.start()
    await bench.group.resize(Target(1))
    bench.list_all(BatchState.RUNNING)
    bench.group.wake()
    await bench.until(lambda: bench.states == ["starting"])
    await bench.group.stop()


async def test_a_silent_queue_is_reported_until_it_answers() -> None:
    bench = Bench()
    bench.group.start()
    await bench.group.resize(Target(1))
    bench.list_all()
    bench.queue.status_errors = [QueueDown("no controller")]
    bench.group.wake()
    await bench.until(lambda: bench.group.health.of(Source.QUEUE))
    bench.group.wake()
    await bench.until(lambda: not bench.group.health.of(Source.QUEUE))
    assert bench.states == ["pending"]
    await bench.group.stop()


async def test_a_silent_scheduler_keeps_nobody_from_the_queue() -> None:
    bench = Bench()
    bench.group.start()
    await bench.group.resize(Target(1))
    bench.list_all(BatchState.RUNNING)
    bench.workers.error = SchedulerFailed("the Dask scheduler does not answer")
    bench.group.wake()
    await bench.until(lambda: bench.states == ["starting"])
    assert bench.group.health.problem == Problem("the Dask scheduler does not answer")
    await bench.group.stop()


async def test_closing_cancels_what_is_there_and_names_what_cannot_be_known() -> None:
    bench = Bench()
    bench.group.scaler.open()
    await bench.group.resize(Target(1))
    bench.queue.submit_errors = [CommandTimedOut("no answer")]
    bench.queue.status_errors = [QueueDown("down"), QueueDown("down")]
    await bench.group.resize(Target(2))
    assert await bench.group.close() == ["with jobqueue-abc-1 in its name or comment"]
    assert bench.queue.cancelled == [["1_0"]]


async def test_what_is_kept_of_a_group_makes_the_same_group() -> None:
    bench = Bench()
    bench.group.scaler.open()
    await bench.group.resize(Target(2))
    bench.group.failures.failed()
    bench.group.health.report(Source.JOBS, REFUSAL)
    state = bench.group.dump()
    other = Bench()
    other.group.load(state, 5.0)
    assert other.group.dump() == state
    assert other.group.scaler.submitter.unconfirmed.pending, "the queue is asked for the rest"
    other.list_all()
    await other.group.resume([])
    assert other.states == ["pending", "pending"]


async def test_a_restored_group_goes_on_with_what_was_under_way() -> None:
    bench = Bench()
    leaving = Job("c-0", 0, "jobqueue-abc-0", id="1", state=JobState.CLOSING, submitted=1.0)
    running = Job("c-1", 1, "jobqueue-abc-0", id="2", state=JobState.STARTING, submitted=1.0)
    bench.group.load(GroupState(Target(1), [leaving, running], 2, {"jobqueue-abc-0": 2}), 5.0)
    bench.list_all(BatchState.RUNNING)
    await bench.group.resume(["c-1"])
    await bench.until(lambda: bench.workers.retired)
    assert bench.states == ["closing", "running"]
    await bench.group.stop()


def test_a_queue_that_does_not_answer_is_asked_less_and_less_often() -> None:
    polling = Polling()
    assert [polling.slow_down() for _ in range(7)] == [2, 4, 8, 16, 32, 60, 60]
    polling.heard()
    assert polling.answered
    assert polling.slow_down() == 2
    assert not polling.answered


def test_a_quiet_queue_is_asked_less_often_until_something_changes() -> None:
    polling = Polling()
    for _ in range(20):
        polling.note(changed=False)
    assert polling.period == 15
    polling.note(changed=True)
    assert polling.period == 1


async def vanish(bench: Bench, jobs: int) -> None:
    """Have as many jobs as wanted vanish from the listing of the queue."""
    bench.group.scaler.open()
    await bench.group.resize(Target(jobs))
    for job in bench.group.table.jobs.values():
        job.submitted = 1.0
    for _ in range(6 * jobs):
        await bench.group.controller.look_at_queue()
        bench.group.failures.reset()  # the pause before a job is replaced
        await bench.group.scaler.follow_up()


async def test_of_jobs_that_vanish_three_are_replaced_and_the_rest_needs_a_person() -> None:
    bench = Bench()
    await vanish(bench, 8)
    assert (bench.queue.sizes, bench.states.count("lost")) == ([8, 3], 11)
    assert bench.group.degraded
    assert bench.group.health.problem == Problem(
        "The queue no longer lists 11 jobs, and how they ended is unknown. They are replaced when "
        "the queue shows how they ended, or when you retry.",
        "Not listed: 1_[0-7], 2_[0-2]",
        can_retry=True,
    )
    await bench.group.retry()
    assert (bench.queue.sizes, bench.group.degraded) == ([8, 3, 8], False)


async def test_jobs_that_appear_again_leave_as_many_as_wanted() -> None:
    bench = Bench()
    await vanish(bench, 8)
    bench.list_all()
    await bench.group.controller.look_at_queue()
    await bench.group.scaler.follow_up()
    assert (bench.states.count("pending"), bench.states.count("closing")) == (8, 3)
    assert bench.group.health.problem is None


async def test_vanished_jobs_count_for_the_limit_of_jobs() -> None:
    bench = Bench(max_jobs=8)
    await vanish(bench, 8)
    assert bench.queue.sizes == [8]


async def test_without_a_scheduler_no_job_is_wanted_and_none_counts_as_running() -> None:
    bench = Bench()
    bench.group.scaler.open()
    await bench.group.resize(Target(2))
    bench.group.worker_joined("c-0")
    bench.list_all(BatchState.RUNNING)
    bench.group.scheduler_ended()
    assert (bench.group.target, bench.states) == (Target(0), ["starting", "pending"])
    bench.workers.error = SchedulerFailed("the Dask scheduler has ended")
    await bench.group.scaler.follow_up()
    assert bench.states == ["closing", "closing"]
    assert [sorted(ids) for ids in bench.queue.cancelled] == [["1_0", "1_1"]]
    bench.queue.listed = {}
    for _ in range(12):
        await bench.group.controller.look_at_queue()
    assert bench.states == ["cancelled", "cancelled"], "their ends are followed"


async def test_a_user_can_do_without_arrays() -> None:
    bench = Bench(job_arrays=False)
    bench.group.scaler.open()
    await bench.group.scaler.request(Target(4))
    assert bench.queue.sizes == [1, 1, 1, 1]
    await bench.group.stop()


class Full(FakeQueue):
    """A queue that has room for some jobs."""

    room = 3

    async def submit(self, call: Any) -> list[str]:
        if call.parse("") > self.room:
            raise LimitReached("qsub failed", details="only 3 jobs are allowed per user")
        self.room -= call.parse("")
        return await super().submit(call)


@pytest.mark.parametrize("arrays", [True, False])
async def test_jobs_that_there_is_room_for_are_submitted_and_no_more(arrays: bool) -> None:
    bench = Bench(job_arrays=arrays)
    bench.group.scaler.submitter.queue = queue = Full()  # type: ignore[assignment]
    bench.group.scaler.open()
    await bench.group.scaler.request(Target(8))
    assert sum(queue.sizes) == 3
    assert len(bench.states) == 3
    assert bench.group.scaler.waiting == 5
    await bench.group.stop()
