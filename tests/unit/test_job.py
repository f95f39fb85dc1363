"""The table of jobs: what an answer of the queue changes."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus
from jupyter_jobqueue.jobs.job import ENDED, LIVE, Job, JobState
from jupyter_jobqueue.jobs.observe import OBSERVED, end, observe
from jupyter_jobqueue.server.responses import JobModel

NOW = 1000.0
OURS = "jobqueue-abc-0"


def job(state: JobState = JobState.PENDING, **facts: Any) -> Job:
    return Job("c-0", 0, OURS, id="12", state=state, submitted=NOW, **facts)


def status(state: BatchState, **facts: Any) -> JobStatus:
    return JobStatus(state, tag=facts.pop("tag", OURS), **facts)


@pytest.mark.parametrize(
    ("before", "seen", "after"),
    [
        (JobState.SUBMITTING, BatchState.PENDING, JobState.PENDING),
        (JobState.PENDING, BatchState.PENDING, JobState.PENDING),
        (JobState.PENDING, BatchState.HELD, JobState.HELD),
        (JobState.HELD, BatchState.PENDING, JobState.PENDING),
        (JobState.PENDING, BatchState.RUNNING, JobState.STARTING),
        (JobState.HELD, BatchState.RUNNING, JobState.STARTING),
        (JobState.STARTING, BatchState.PENDING, JobState.PENDING),  # requeued
        (JobState.PENDING, BatchState.DONE, JobState.DONE),
        (JobState.STARTING, BatchState.FAILED, JobState.FAILED),
        (JobState.RUNNING, BatchState.DONE, JobState.DONE),
        (JobState.RUNNING, BatchState.FAILED, JobState.FAILED),
        (JobState.PENDING, BatchState.CANCELLED, JobState.CANCELLED),
        (JobState.PENDING, BatchState.UNKNOWN, JobState.PENDING),
        (JobState.RUNNING, BatchState.UNKNOWN, JobState.RUNNING),
        (JobState.CLOSING, BatchState.PENDING, JobState.CLOSING),
        (JobState.CLOSING, BatchState.RUNNING, JobState.CLOSING),
        (JobState.CLOSING, BatchState.UNKNOWN, JobState.CLOSING),
        (JobState.CLOSING, BatchState.DONE, JobState.DONE),
        (JobState.CLOSING, BatchState.CANCELLED, JobState.CANCELLED),
        (JobState.CLOSING, BatchState.FAILED, JobState.CANCELLED),  # we asked for it
    ],
)
def test_an_answer_moves_a_job(before: JobState, seen: BatchState, after: JobState) -> None:
    moved = job(before)
    changed = observe(moved, status(seen), NOW + 1)
    assert moved.state is after
    assert changed is (before is not after)


def test_a_job_runs_once_a_worker_is_connected() -> None:
    starting = job(workers={"c-0"})
    observe(starting, status(BatchState.RUNNING), NOW + 1)
    assert starting.state is JobState.RUNNING


def test_absent_once_is_not_gone_and_twice_is_lost() -> None:
    absent = job(JobState.RUNNING)
    assert not observe(absent, None, NOW + 1)
    assert absent.state == "running"
    assert observe(absent, None, NOW + 2)
    assert absent.state == "lost"
    assert absent.reason == "the queue no longer lists it"
    assert absent.ended is not None


def test_one_answer_told_twice_is_one_answer() -> None:
    absent = job(JobState.RUNNING)
    observe(absent, None, NOW + 1)
    observe(absent, None, NOW + 1)
    assert absent.state is JobState.RUNNING


def test_absences_count_only_in_a_row() -> None:
    absent = job()
    observe(absent, None, NOW + 1)
    observe(absent, status(BatchState.PENDING), NOW + 2)
    observe(absent, None, NOW + 3)
    assert absent.state is JobState.PENDING


def test_an_answer_older_than_the_job_says_nothing_of_it() -> None:
    young = job()
    for _ in range(3):
        assert not observe(young, None, NOW - 1)
    assert (young.state, young.absent) == (JobState.PENDING, 0)


def test_the_job_of_somebody_else_with_our_id_is_not_ours() -> None:
    ours = job(JobState.PENDING)
    theirs = status(BatchState.FAILED, tag="jobqueue-xyz-0", exit_code=1)
    observe(ours, theirs, NOW + 1)
    assert (ours.state, ours.exit_code) == (JobState.PENDING, None)
    observe(ours, theirs, NOW + 2)
    assert (ours.state, ours.exit_code) == (JobState.LOST, None)


def test_a_job_without_a_tag_is_taken_for_ours() -> None:
    ours = job()
    observe(ours, status(BatchState.RUNNING, tag=""), NOW + 1)
    assert ours.state is JobState.STARTING


def test_a_closing_job_that_vanishes_is_cancelled() -> None:
    closing = job(JobState.CLOSING)
    observe(closing, None, NOW + 1)
    assert closing.state == "closing"
    observe(closing, None, NOW + 2)
    assert closing.state == "cancelled"
    assert closing.reason == ""


def test_a_lost_job_learns_its_end_from_the_accounting() -> None:
    lost = job(JobState.LOST)
    told = JobStatus(BatchState.FAILED, "OUT_OF_MEMORY", ended=NOW + 5, signal=9)
    assert observe(lost, told, NOW + 9)
    assert (lost.state, lost.reason, lost.signal) == (JobState.FAILED, "OUT_OF_MEMORY", 9)
    assert lost.ended == NOW + 5


def test_reason_node_and_times_are_taken_over() -> None:
    waiting = job()
    assert observe(waiting, status(BatchState.PENDING, reason="Priority"), NOW + 1)
    assert observe(waiting, status(BatchState.PENDING, estimated_start=NOW + 60), NOW + 2)
    assert (waiting.reason, waiting.estimated_start) == ("", NOW + 60)
    assert observe(waiting, status(BatchState.RUNNING, node="n1", started=NOW + 9), NOW + 9)
    assert (waiting.node, waiting.started, waiting.estimated_start) == ("n1", NOW + 9, None)
    assert not observe(waiting, status(BatchState.RUNNING), NOW + 10)
    assert (waiting.node, waiting.started) == ("n1", NOW + 9), "an empty answer forgets nothing"


def test_the_end_is_noted_with_exit_code_and_time() -> None:
    failed = job(JobState.STARTING, estimated_start=NOW)
    observe(failed, status(BatchState.FAILED, exit_code=127, ended=NOW + 3), NOW + 4)
    assert (failed.exit_code, failed.ended, failed.estimated_start) == (127, NOW + 3, None)


@pytest.mark.parametrize(
    ("state", "joined", "expected"),
    [
        (JobState.FAILED, False, True),
        (JobState.DONE, False, True),
        (JobState.LOST, False, True),
        (JobState.FAILED, True, False),
        (JobState.CANCELLED, False, False),
        (JobState.PENDING, False, False),
    ],
)
def test_a_failed_start_is_an_end_before_a_worker_joined(
    state: JobState, joined: bool, expected: bool
) -> None:
    assert job(state, joined=joined).failed_start is expected


@pytest.mark.parametrize(
    ("ran", "expected"),
    [
        (None, False),  # it never started: its node did not boot
        (59, False),  # it made way, or lost its node
        (60, True),  # it had all its walltime for a worker to join
    ],
)
def test_a_start_that_the_queue_cut_short_has_not_failed(ran: float | None, expected: bool) -> None:
    started = None if ran is None else NOW
    cut = job(JobState.STARTING, started=started, walltime=60)
    ended = status(BatchState.FAILED, ended_by_system=True, ended=NOW + (ran or 0))
    observe(cut, ended, NOW + 99)
    assert cut.failed_start is expected


@pytest.mark.parametrize(
    ("ran", "walltime", "facts", "expected"),
    [
        (29, None, {}, True),
        (29, 3600, {"state": BatchState.DONE}, True),
        (29, None, {"joined": False}, False),  # that is a failed start
        (31, None, {}, False),
        (29, None, {"by_system": True}, False),
        (29, None, {"state": BatchState.CANCELLED}, False),
        (29, 40, {}, False),  # it had most of its time
        (19, 40, {}, True),
        (29, None, {"started": None}, False),
    ],
)
def test_a_job_crashed_that_ended_by_itself_soon_after_its_start(
    ran: float, walltime: float | None, facts: dict[str, Any], expected: bool
) -> None:
    facts = {
        "joined": True,
        "started": NOW,
        "state": BatchState.FAILED,
        "by_system": False,
        **facts,
    }
    crashed = job(
        JobState.RUNNING, started=facts["started"], walltime=walltime, joined=facts["joined"]
    )
    ended = status(facts["state"], ended_by_system=facts["by_system"], ended=NOW + ran)
    observe(crashed, ended, NOW + 99)
    assert crashed.crashed is expected


@pytest.mark.parametrize("before", [JobState.STARTING, JobState.RUNNING])
def test_a_job_that_was_put_back_starts_anew(before: JobState) -> None:
    """What it was is over: a node and an end it has none, and its start can fail once more."""
    back = job(before, node="node1", started=NOW, walltime=60, joined=True, workers={"c-0"})
    observe(back, status(BatchState.PENDING, reason="BeginTime"), NOW + 9)
    assert (back.state, back.node, back.started) == (JobState.PENDING, "", None)
    assert back.walltime_ends_at is None
    assert not back.joined
    observe(back, status(BatchState.FAILED, exit_code=1), NOW + 99)
    assert back.failed_start


def test_every_end_of_a_queue_is_an_end_of_a_job() -> None:
    for state in BatchState:
        if state.ended:
            assert OBSERVED[state] in ENDED
    assert not LIVE & ENDED
    assert {*LIVE, *ENDED, JobState.CLOSING} == set(JobState)


def test_end_without_a_status_keeps_the_reason() -> None:
    closing = job(JobState.CLOSING, reason="Priority")
    end(closing, JobState.CANCELLED, None)
    assert (closing.state, closing.reason) == (JobState.CANCELLED, "Priority")


def test_a_job_is_shown_on_one_line_with_what_is_known() -> None:
    assert repr(job()) == "<Job c-0: pending, id=12>"
    shown = job(JobState.FAILED, node="n1", exit_code=3, reason="NonZeroExitCode", workers={"a"})
    assert repr(shown) == (
        "<Job c-0: failed, id=12, node=n1, exit_code=3, reason='NonZeroExitCode', workers=1>"
    )


def test_a_job_is_sent_as_the_interface_says() -> None:
    known = job(JobState.RUNNING, node="n1", workers={"c-0-1", "c-0-0"}, stdout="/o")
    assert JobModel.model_validate(known).model_dump(mode="json") == {
        "name": "c-0",
        "id": "12",
        "state": "running",
        "reason": "",
        "node": "n1",
        "exit_code": None,
        "signal": None,
        "submitted": NOW,
        "started": None,
        "ended": None,
        "ends": None,
        "estimated_start": None,
        "stdout": "/o",
        "stderr": "",
        "workers": ["c-0-0", "c-0-1"],
    }


@pytest.mark.parametrize(
    ("state", "started", "walltime", "ends"),
    [
        (JobState.RUNNING, NOW, 60, NOW + 60),
        (JobState.RUNNING, NOW, None, None),
        (JobState.PENDING, None, 60, None),
        (JobState.DONE, NOW, 60, None),
    ],
)
def test_a_running_job_with_a_walltime_has_an_end(
    state: JobState, started: float | None, walltime: float | None, ends: float | None
) -> None:
    assert job(state, started=started, walltime=walltime).walltime_ends_at == ends


def test_a_job_that_the_queue_holds_after_an_error_is_stuck_until_it_is_released() -> None:
    stuck = job(JobState.PENDING)
    observe(stuck, JobStatus(BatchState.STUCK, "launch failed requeued held"), NOW + 1)
    assert (stuck.state, stuck.stuck) == (JobState.HELD, True)
    observe(stuck, JobStatus(BatchState.PENDING), NOW + 2)
    assert (stuck.state, stuck.stuck) == (JobState.PENDING, False)
