"""Bounds of a group of jobs: capacity, rates, core-hours, ends of walltimes."""

from __future__ import annotations

import math
from typing import Any

import pytest

from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.limits import FULL_FOR, Capacity, Limits, RateLimit, core_hours
from jupyter_jobqueue.jobs.table import JobShape, JobTable
from jupyter_jobqueue.jobs.walltime import (
    expiring,
    handover,
    has_heir,
    lifetime,
    margin,
    next_date,
    wait_of,
)

NOW = 10_000.0
R, P, D, S = JobState.RUNNING, JobState.PENDING, JobState.DONE, JobState.SUBMITTING


def job(state: JobState, number: int = 0, **facts: Any) -> Job:
    return Job(f"c-{number}", number, "tag", state=state, **{"submitted": NOW, **facts})


def jobs(*states: JobState) -> list[Job]:
    return [job(state, number) for number, state in enumerate(states)]


def table(jobs: list[Job], cores: int = 1, walltime: float | None = None) -> JobTable:
    shape = JobShape(cores=cores, walltime=walltime)
    return JobTable("c", "jobqueue-abc-", shape, {job.name: job for job in jobs})


@pytest.mark.parametrize(
    ("limits", "states", "capacity"),
    [
        (Limits(), (R, P), Capacity(math.inf)),
        (Limits(max_jobs=4), (R, P, D), Capacity(2, "max_jobs is 4")),
        (Limits(max_jobs=1), (R, P), Capacity(0, "max_jobs is 1")),
        (Limits(max_pending=2), (R, R, P), Capacity(1, "max_pending is 2")),
        (Limits(max_pending=2), (S, S), Capacity(0, "max_pending is 2")),  # these will be pending
        (Limits(max_jobs=9, max_pending=2), (R, R), Capacity(2, "max_pending is 2")),
    ],
)
def test_capacity_for_more_jobs(limits: Limits, states: Any, capacity: Capacity) -> None:
    assert limits.capacity(table(jobs(*states))) == capacity


@pytest.mark.parametrize(
    ("used", "walltime", "affordable"),
    [
        (0, 4 * 3600, 2),  # 10 core-hours: two jobs of four
        (8, 4 * 3600, 0),
        (8, 2 * 3600, 1),
        (12, 4 * 3600, 0),
        (9, None, math.inf),  # without a walltime, until it is used up
        (10, None, 0),
    ],
)
def test_a_budget_is_never_exceeded(used: float, walltime: float | None, affordable: float) -> None:
    done = job(D, started=NOW - used * 3600, ended=NOW)
    found = Limits(budget=10).capacity(table([done], walltime=walltime))
    reason = "the budget is 10 core-hours" if affordable < math.inf else ""
    assert found == Capacity(affordable, reason)


def test_limits_come_from_the_options() -> None:
    assert Limits.of({"max_jobs": 3, "cores": 8, "budget": 2.5}) == Limits(max_jobs=3, budget=2.5)


def test_a_queue_that_is_full_is_asked_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]
    monkeypatch.setattr("jupyter_jobqueue.jobs.limits.time.monotonic", lambda: now[0])
    limits = Limits()
    limits.note_full("sbatch: error: QOSMaxSubmitJobPerUserLimit")
    full = Capacity(
        0, "the queue accepts no more jobs now", "sbatch: error: QOSMaxSubmitJobPerUserLimit"
    )
    assert limits.capacity(table([])) == full
    now[0] += FULL_FOR
    assert limits.capacity(table([])) == Capacity(math.inf)


def test_submissions_within_a_minute_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_jobqueue.jobs.limits.time.monotonic", lambda: 100.0)
    limits = Limits(max_submissions=2)
    limits.submissions.note(50.0)
    assert limits.capacity(table([])) == Capacity(math.inf)
    limits.submissions.note(60.0)
    assert limits.capacity(table([])) == Capacity(0, "max_submissions is 2 per minute")


def test_a_rate_counts_the_last_minute() -> None:
    pace = RateLimit()
    for when in (0.0, 10.0, 50.0):
        pace.note(when)
    assert pace.allows(None, 50)
    assert not pace.allows(3, 55)
    assert pace.allows(4, 55)
    assert pace.allows(3, 61)  # the first is more than a minute ago


def test_core_hours_used_and_asked() -> None:
    found = [
        job(D, 0, started=NOW - 7200, ended=NOW - 3600, walltime=36000),  # an hour, and over
        job(R, 1, started=NOW - 1800, walltime=7200),  # half an hour of two
        job(P, 2, walltime=3600),
        job(JobState.CANCELLED, 3, walltime=3600),  # never started
    ]
    assert core_hours(table(found, cores=4), NOW) == (6.0, 16.0)


def test_without_a_walltime_nobody_knows_what_a_job_may_use() -> None:
    assert core_hours(table([job(R, started=NOW - 3600)], cores=2), NOW) == (2.0, None)


@pytest.mark.parametrize(
    ("walltime", "spare", "last", "lives", "spread"),
    [
        (60, 15, 10, 53, 3),
        (600, 60, 20, 586, 6),
        (1800, 180, 60, 1760, 20),
        (86_400, 300, 100, 86_333, 33),
        (20, 5, 5, 16, 1),
        (10, 2.5, 2.5, 8, 0),
    ],
)
def test_workers_leave_before_their_job_ends(
    walltime: float, spare: float, last: float, lives: int, spread: int
) -> None:
    """With a successor when `spare` seconds are left, without one when it is the `last` time."""
    assert (margin(walltime), handover(walltime)) == (spare, last)
    assert lifetime(walltime) == (lives, spread)


def test_how_long_jobs_wait_is_the_median() -> None:
    started = [job(R, n, started=NOW + wait) for n, wait in enumerate((5, 600, 7))]
    assert wait_of([*started, job(P)]) == 7
    assert wait_of([job(P)]) == 0


@pytest.mark.parametrize(
    ("age", "soon", "overdue"),
    [
        (0, False, False),
        (1604, False, False),
        (1606, True, False),
        (1739, True, False),
        (1741, True, True),
    ],
)
def test_a_successor_is_asked_for_early_enough_to_overlap(
    age: float, soon: bool, overdue: bool
) -> None:
    """Of 1800 s the last 180 are spare; a job that did not wait needs 15 s to be there.

    Without a successor, the old job stays until the last minute.
    """
    old = job(R, submitted=NOW, started=NOW, walltime=1800)
    assert expiring([old], NOW + age) == (
        ({"c-0"} if soon else set()),
        {"c-0"} if overdue else set(),
    )


def test_the_next_date_is_known_so_that_nobody_sleeps_over_it() -> None:
    old = job(R, submitted=NOW, started=NOW, walltime=1800)
    assert next_date([old], NOW) == 1605
    assert next_date([old], NOW + 1605) == 135, "then it must end"
    assert next_date([old], NOW + 1741) is None
    assert next_date([job(P)], NOW) is None


def test_a_long_queue_makes_successors_come_earlier_but_not_before_half_of_the_time() -> None:
    waited = job(R, submitted=NOW - 500, started=NOW, walltime=1800)
    assert expiring([waited], NOW + 1620 - 514) == ({"c-0"}, set())
    assert expiring([waited], NOW + 1620 - 516) == (set(), set())
    patient = job(R, submitted=NOW - 9000, started=NOW, walltime=1800)
    assert expiring([patient], NOW + 719) == (set(), set())
    assert expiring([patient], NOW + 721) == ({"c-0"}, set())


@pytest.mark.parametrize(
    "other",
    [
        job(P, walltime=60),
        job(R, started=NOW),
        job(D, started=NOW - 100, walltime=60),
        job(JobState.CLOSING, started=NOW - 100, walltime=60),
        job(JobState.STARTING, started=NOW - 100, walltime=60),
    ],
)
def test_jobs_without_an_end_in_sight_are_left_alone(other: Job) -> None:
    assert expiring([other], NOW + 50) == (set(), set())


def test_workers_that_start_slowly_make_successors_come_earlier() -> None:
    """They took 20 s, so the next one is given 30: of 1800 s, 180 are spare."""
    old = job(R, submitted=NOW, started=NOW, walltime=1800)
    old.joined_at = NOW + 20
    assert expiring([old], NOW + 1589) == (set(), set())
    assert expiring([old], NOW + 1591) == ({"c-0"}, set())


def test_where_workers_join_late_a_job_that_still_starts_gets_a_successor_too() -> None:
    """Of 60 s, 15 are spare, and 30 is the most that a successor is asked for before that."""
    slow = job(JobState.STARTING, submitted=NOW, started=NOW, walltime=60)
    assert expiring([slow], NOW + 59) == (set(), set())
    other = job(D, submitted=NOW, started=NOW, walltime=60)
    other.joined_at = NOW + 25
    assert expiring([slow, other], NOW + 14) == (set(), set())
    assert expiring([slow, other], NOW + 16) == ({"c-0"}, set())
    assert expiring([slow, other], NOW + 59) == ({"c-0"}, set()), "the queue ends it"


def test_without_anybody_to_take_over_nobody_leaves() -> None:
    old, new = job(R, walltime=60), job(R, walltime=60)
    new.name = "c-1"
    assert has_heir([old, new], {"c-0"})
    assert not has_heir([old, new], {"c-0", "c-1"})
    new.state = JobState.STARTING
    assert not has_heir([old, new], {"c-0"})
