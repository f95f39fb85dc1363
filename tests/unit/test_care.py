"""Bounds of a cluster: room for more jobs, pace, core-hours, ends of walltimes."""

from __future__ import annotations

import math
from typing import Any

import pytest

from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.limits import Care, Pace, core_hours
from jupyter_jobqueue.jobs.walltime import expiring, lifetime, margin, wait_of

NOW = 10_000.0
R, P, D, S = JobState.RUNNING, JobState.PENDING, JobState.DONE, JobState.SUBMITTING


def job(state: JobState, number: int = 0, **facts: Any) -> Job:
    return Job(f"c-{number}", number, "tag", state=state, **{"submitted": NOW, **facts})


def jobs(*states: JobState) -> list[Job]:
    return [job(state, number) for number, state in enumerate(states)]


@pytest.mark.parametrize(
    ("care", "states", "room", "why"),
    [
        (Care(), (R, P), math.inf, ""),
        (Care(max_jobs=4), (R, P, D), 2, "max_jobs is 4"),
        (Care(max_jobs=1), (R, P), 0, "max_jobs is 1"),
        (Care(max_pending=2), (R, R, P), 1, "max_pending is 2"),
        (Care(max_pending=2), (S, S), 0, "max_pending is 2"),  # these will be pending
        (Care(max_jobs=9, max_pending=2), (R, R), 2, "max_pending is 2"),
    ],
)
def test_room_for_more_jobs(care: Care, states: Any, room: float, why: str) -> None:
    assert care.room(jobs(*states), job_hours=0, asked=0) == (room, why)


@pytest.mark.parametrize(
    ("asked", "job_hours", "room"),
    [
        (0.0, 4.0, 2),  # 10 core-hours: two jobs of four
        (8.0, 4.0, 0),
        (8.0, 2.0, 1),
        (12.0, 4.0, 0),
        (9.0, 0.0, math.inf),  # without a walltime, until it is used up
        (10.0, 0.0, 0),
    ],
)
def test_a_budget_is_never_exceeded(asked: float, job_hours: float, room: float) -> None:
    found, why = Care(budget=10).room([], job_hours=job_hours, asked=asked)
    assert (found, why) == (room, "the budget is 10 core-hours" if room < math.inf else "")


def test_bounds_come_from_the_options() -> None:
    assert Care.of({"max_jobs": 3, "cores": 8, "budget": 2.5}) == Care(max_jobs=3, budget=2.5)


def test_the_pace_counts_the_last_minute() -> None:
    pace = Pace()
    for when in (0.0, 10.0, 50.0):
        pace.note(when)
    assert pace.allows(None, 50)
    assert not pace.allows(3, 55)
    assert pace.allows(4, 55)
    assert pace.allows(3, 61)  # the first is more than a minute ago


def test_core_hours_used_and_asked() -> None:
    table = [
        job(D, 0, started=NOW - 7200, ended=NOW - 3600, walltime=36000),  # an hour, and over
        job(R, 1, started=NOW - 1800, walltime=7200),  # half an hour of two
        job(P, 2, walltime=3600),
        job(JobState.CANCELLED, 3, walltime=3600),  # never started
    ]
    assert core_hours(table, 4, NOW) == (6.0, 16.0)


def test_without_a_walltime_nobody_knows_what_a_job_may_use() -> None:
    assert core_hours([job(R, started=NOW - 3600)], 2, NOW) == (2.0, None)


@pytest.mark.parametrize(
    ("walltime", "spare", "lives", "spread"),
    [
        (60, 15, 45, 5),
        (600, 60, 540, 20),
        (1800, 180, 1620, 60),
        (86_400, 300, 86_100, 100),
        (20, 5, 15, 1),
        (10, 2.5, 7, 0),
    ],
)
def test_workers_leave_before_their_job_ends(
    walltime: float, spare: float, lives: int, spread: int
) -> None:
    assert margin(walltime) == spare
    assert lifetime(walltime) == (lives, spread)


def test_how_long_jobs_wait_is_the_median() -> None:
    table = [job(R, n, started=NOW + wait) for n, wait in enumerate((5, 600, 7))]
    assert wait_of([*table, job(P)]) == 7
    assert wait_of([job(P)]) == 0


@pytest.mark.parametrize(
    ("age", "soon", "overdue"),
    [(0, False, False), (1604, False, False), (1606, True, False), (1621, True, True)],
)
def test_a_successor_is_asked_for_early_enough_to_overlap(
    age: float, soon: bool, overdue: bool
) -> None:
    """Of 1800 s the last 180 are spare; a job that did not wait needs 15 s to be there."""
    old = job(R, submitted=NOW, started=NOW, walltime=1800)
    assert expiring([old], NOW + age) == (
        ({"c-0"} if soon else set()),
        {"c-0"} if overdue else set(),
    )


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


@pytest.mark.parametrize(
    ("options", "why", "sentence"),
    [
        ({"max_age": 28_800}, "age", "it reached its maximum age (8 h)"),
        ({"idle_timeout": 1800}, "idle", "it was idle for 30 min"),
        ({"idle_timeout": 90, "max_age": 60}, "idle", "it was idle for 90 s"),
        ({"idle_timeout": 0.5}, "idle", "it was idle for 0.5 s"),
    ],
)
def test_the_reason_of_a_close_has_the_limit(
    options: dict[str, float], why: str, sentence: str
) -> None:
    assert Care.of(options).reached(why) == sentence
