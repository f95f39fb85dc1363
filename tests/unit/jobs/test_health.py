"""What is wrong, in one place."""

from __future__ import annotations

from jupyter_jobqueue.errors import QueueError
from jupyter_jobqueue.jobs.health import Health, Problem, Source

SILENT, FAILS = Problem("The batch system is not responding"), Problem("c-0 ended", "exit 3")


def new_health() -> tuple[Health, list[None]]:
    changes: list[None] = []
    return Health(lambda: changes.append(None)), changes


def test_all_is_well_at_first() -> None:
    health, _ = new_health()
    assert (health.problem, health.worst) == (None, None)


def test_a_person_sees_the_first_source_and_the_others_come_back() -> None:
    health, _ = new_health()
    health.report(Source.JOBS, FAILS)
    health.report(Source.QUEUE, SILENT)
    assert health.worst == (Source.QUEUE, SILENT)
    assert health.of(Source.JOBS) == FAILS
    health.report(Source.QUEUE, None)
    assert health.problem == FAILS
    health.clear(Source.JOBS, Source.SUBMISSION)
    assert health.problem is None


def test_only_changes_are_announced() -> None:
    health, changes = new_health()
    health.report(Source.JOBS, None)
    assert changes == []
    health.report(Source.JOBS, FAILS)
    health.report(Source.JOBS, Problem("c-0 ended", "exit 3"))
    assert len(changes) == 1
    health.report(Source.JOBS, None)
    assert len(changes) == 2


def test_an_error_is_a_problem_in_the_words_of_the_queue() -> None:
    error = QueueError("sbatch failed with exit code 1", details="invalid partition: nosuch")
    found = Problem.of(error, can_retry=True)
    assert found == Problem(
        "sbatch failed with exit code 1", "invalid partition: nosuch", can_retry=True
    )
