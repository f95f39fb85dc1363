"""Adaptive scaling: counted in jobs, patient, and never at the cost of busy ones."""

from __future__ import annotations

import pytest

from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy


@pytest.mark.parametrize(
    ("wanted", "needed", "expected"),
    [
        (0, 0, 0),
        (0, 3, 3),
        (2, 5, 5),
        (5, 5, 5),  # pending jobs are part of `wanted`: they count as coming
        (0, 99, 10),
    ],
)
def test_growing_is_immediate_and_bounded(wanted: int, needed: int, expected: int) -> None:
    policy = AdaptivePolicy(maximum=10)
    assert policy.recommend(wanted=wanted, needed=needed, busy=0, now=0) == expected


def test_without_a_maximum_there_is_no_limit() -> None:
    assert AdaptivePolicy().recommend(wanted=0, needed=5000, busy=0, now=0) == 5000


def test_the_minimum_is_kept_with_no_work_at_all() -> None:
    policy = AdaptivePolicy(minimum=2, idle_timeout=0)
    assert policy.recommend(wanted=0, needed=0, busy=0, now=0) == 2
    assert policy.recommend(wanted=5, needed=0, busy=0, now=1) == 2


def run(policy: AdaptivePolicy, looks: list[tuple[float, int, int]], wanted: int) -> list[int]:
    """Let `policy` look at (time, needed, busy) in turn; return what is wanted after each."""
    course = []
    for now, needed, busy in looks:
        wanted = policy.recommend(wanted=wanted, needed=needed, busy=busy, now=now)
        course.append(wanted)
    return course


@pytest.mark.parametrize(
    ("looks", "course"),
    [
        # Nothing is given back before 60 s.
        ([(0, 0, 0), (30, 0, 0), (59, 0, 0), (60, 0, 0)], [5, 5, 5, 0]),
        # Work in between starts the clock again.
        ([(0, 0, 0), (50, 5, 5), (61, 0, 0), (120, 0, 0), (121, 0, 0)], [5, 5, 5, 5, 0]),
        # What is needed at the end of the wait counts.
        ([(0, 0, 0), (60, 3, 1)], [5, 3]),
        # Busy jobs are never given back ...
        ([(0, 1, 4), (60, 1, 4)], [5, 4]),
        # ... even if all of them are, and the clock starts again then.
        ([(0, 0, 5), (60, 0, 5), (70, 0, 0), (129, 0, 0), (130, 0, 0)], [5, 5, 5, 5, 0]),
    ],
)
def test_jobs_are_given_back_with_patience(
    looks: list[tuple[float, int, int]], course: list[int]
) -> None:
    assert run(AdaptivePolicy(idle_timeout=60), looks, wanted=5) == course


def test_a_lowered_maximum_counts_at_once_and_over_busy_jobs() -> None:
    policy = AdaptivePolicy(maximum=2)
    assert policy.recommend(wanted=5, needed=9, busy=5, now=0) == 2


def test_every_change_is_logged_with_its_reason_and_nothing_else() -> None:
    policy = AdaptivePolicy(idle_timeout=60)
    run(policy, [(0, 4, 0), (1, 4, 4), (2, 1, 1), (62, 1, 1)], wanted=0)
    assert [(entry.jobs, entry.reason) for entry in policy.log] == [
        (4, "work for 4 jobs"),
        (1, "1 job was enough for 60 s"),
    ]


def test_the_log_forgets_what_is_old() -> None:
    policy = AdaptivePolicy()
    run(policy, [(step, step, 0) for step in range(1, 80)], wanted=0)
    assert len(policy.log) == 50
    assert policy.log[-1].jobs == 79
