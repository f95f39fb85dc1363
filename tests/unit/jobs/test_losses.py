"""What was interrupted or lost at the end of jobs is counted once, and said."""

from __future__ import annotations

from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.losses import Losses
from jupyter_jobqueue.jobs.workers import Load
from tests.unit.jobs.fakes import new_table
from tests.unit.jobs.test_group import Bench

NOW = 1000.0


def job(number: int, age: float, walltime: float | None = 60.0) -> Job:
    found = Job(f"c-{number}", number, "jobqueue-abc-0", walltime)
    found.started, found.state = NOW - age, JobState.RUNNING
    return found


def test_only_what_a_time_limit_cost_counts_and_only_once() -> None:
    table = new_table([job(0, 58), job(1, 20), job(2, 58, None), job(3, 50)])
    losses = Losses()
    assert not losses.note({"c-1": (1, 5), "c-2": (1, 5), "stranger": (1, 5)}, table, NOW)
    assert losses.note({"c-0": (1, 0)}, table, NOW)
    assert not losses.note({"c-0": (1, 0), "c-1": (1, 5)}, table, NOW + 40)
    assert losses.note({"c-3-0": (0, 20), "c-3-1": (1, 1)}, table, NOW)
    assert (losses.tasks, losses.results) == (2, 21)
    assert losses.sentence == (
        "Jobs reached their time limit with work that Dask computes again: "
        "2 running tasks, 21 results."
    )


async def test_it_is_said_in_the_notes_of_the_cluster() -> None:
    bench, said = Bench(), list[str]()
    bench.group._set_note = said.append
    old = job(0, 0)
    old.started = steady.now() - 58
    bench.group.table.jobs["c-0"] = old
    bench.workers.work = Load(0, [], False, {"c-0": (1, 0)})
    await bench.group.watch.look()
    await bench.group.watch.look()
    assert said == [
        "Jobs reached their time limit with work that Dask computes again: 1 running task."
    ]
