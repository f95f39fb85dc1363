"""The decision: the table of jobs in, what to submit or drop out."""

from __future__ import annotations

import pytest

from jupyter_jobqueue.jobs.decide import Decision, decide, surplus_running
from jupyter_jobqueue.jobs.job import Job, JobState

STATES = {
    "s": JobState.SUBMITTING,
    "p": JobState.PENDING,
    "h": JobState.HELD,
    "b": JobState.STARTING,
    "r": JobState.RUNNING,
    "c": JobState.CLOSING,
    "d": JobState.DONE,
    "f": JobState.FAILED,
    "x": JobState.CANCELLED,
    "l": JobState.LOST,
}


def table(letters: str) -> list[Job]:
    """Make a job of each letter: `pr` is p0, pending, and r1, running."""
    return [
        Job(f"{letter}{number}", number, "tag", state=STATES[letter])
        for number, letter in enumerate(letters)
    ]


def drop(*names: str) -> Decision:
    return Decision(drop=names)


@pytest.mark.parametrize(
    ("letters", "wanted", "expected"),
    [
        ("", 0, Decision()),
        ("", 3, Decision(submit=3)),
        ("pr", 2, Decision()),
        ("pr", 5, Decision(submit=3)),
        ("sphbr", 5, Decision()),
        ("cdfxl", 2, Decision(submit=2)),  # neither ended nor closing jobs count
        ("ppp", 1, drop("p2", "p1")),  # the youngest first
        ("php", 0, drop("p2", "p0", "h1")),
        ("bhp", 0, drop("p2", "h1", "b0")),
        ("rbhp", 2, drop("p3", "h2")),
        ("rbhp", 0, drop("p3", "h2", "b1", "r0")),
        ("rrr", 2, drop("r2")),
        ("prc", 1, drop("p0")),
    ],
)
def test_what_is_missing_is_submitted_and_what_cost_least_is_dropped(
    letters: str, wanted: int, expected: Decision
) -> None:
    assert decide(table(letters), wanted) == expected


@pytest.mark.parametrize(
    ("offered", "dropped"),
    [
        (["r0", "r2"], ("r0", "r2")),
        (["r1"], ("r1", "r3")),  # the scheduler offers too few
        ([], ("r3", "r2")),
        (["gone", "p4", "r0", "r1"], ("r0", "r1")),
    ],
)
def test_running_jobs_go_in_the_order_in_which_they_can_be_spared(
    offered: list[str], dropped: tuple[str, ...]
) -> None:
    assert decide(table("rrrr"), 2, offered=offered) == drop(*dropped)


def test_pending_jobs_go_before_running_ones_that_are_offered() -> None:
    assert decide(table("rrp"), 1, offered=["r0"]) == drop("p2", "r0")


def test_a_degraded_cluster_submits_nothing_but_still_shrinks() -> None:
    assert decide(table("p"), 9, degraded=True) == Decision()
    assert decide(table("pp"), 1, degraded=True) == drop("p1")


@pytest.mark.parametrize(("letters", "wanted"), [("sss", 0), ("ssp", 0), ("sr", 0), ("sp", 1)])
def test_jobs_being_submitted_are_never_dropped(letters: str, wanted: int) -> None:
    assert not [name for name in decide(table(letters), wanted).drop if name.startswith("s")]


@pytest.mark.parametrize(
    ("letters", "wanted", "surplus"),
    [
        ("rrr", 3, 0),
        ("rrr", 1, 2),
        ("rrr", 9, 0),
        ("rrp", 2, 0),  # the pending one will do
        ("rrp", 1, 1),
        ("rrphb", 1, 1),
        ("rrccd", 1, 1),
        ("", 0, 0),
    ],
)
def test_the_scheduler_is_asked_only_for_running_jobs_that_must_go(
    letters: str, wanted: int, surplus: int
) -> None:
    assert surplus_running(table(letters), wanted) == surplus


@pytest.mark.parametrize("letters", ["", "p", "srp", "rrphb", "ccdd", "rrrr"])
@pytest.mark.parametrize("wanted", [0, 1, 3, 7])
def test_a_decision_leads_to_what_is_wanted(letters: str, wanted: int) -> None:
    jobs = table(letters)
    live = {job.name for job in jobs if job.state.value not in ("closing", "done")}
    decision = decide(jobs, wanted)
    assert not (decision.submit and decision.drop)
    being_submitted = letters.count("s")
    left = len(live - set(decision.drop)) + decision.submit
    # One being submitted cannot be dropped yet, and no other goes in its place.
    assert left == max(wanted, min(len(live), wanted + being_submitted))


@pytest.mark.parametrize(
    ("room", "decision"),
    [
        (0, Decision()),
        (2, Decision(submit=2)),
        (9, Decision(submit=5)),
        (-3, Decision()),
    ],
)
def test_what_limits_hold_back_waits(room: float, decision: Decision) -> None:
    assert decide(table("p"), 6, room=room) == decision


@pytest.mark.parametrize(
    ("letters", "wanted", "expiring", "overdue", "decision"),
    [
        ("rr", 2, {"r0"}, set(), Decision(submit=1)),  # the successor comes first
        ("rrp", 2, {"r0"}, set(), Decision()),  # and then starts
        ("rrb", 2, {"r0"}, set(), Decision()),
        ("rrr", 2, {"r0"}, set(), drop("r0")),  # and then takes over
        ("rrrr", 2, {"r0", "r1"}, set(), drop("r0", "r1")),
        ("rrrp", 2, {"r0", "r1"}, set(), drop("r0")),  # the older of the two goes first
        ("rr", 2, {"r0"}, {"r0"}, Decision(submit=1, drop=("r0",))),  # no time left
        ("rr", 1, {"r0"}, set(), drop("r0")),
        ("rr", 0, {"r0", "r1"}, set(), drop("r0", "r1")),
        ("r", 1, {"r0"}, set(), Decision(submit=1)),
        ("rp", 0, {"r0"}, set(), drop("p1", "r0")),
    ],
)
def test_a_job_whose_walltime_ends_is_replaced_while_it_still_works(
    letters: str, wanted: int, expiring: set[str], overdue: set[str], decision: Decision
) -> None:
    assert decide(table(letters), wanted, expiring=expiring, overdue=overdue) == decision
