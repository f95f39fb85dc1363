"""The table of jobs."""

from __future__ import annotations

from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.table import JobShape, JobTable, Submission, ids_of
from tests.unit.jobs.fakes import TAGS, new_table


def test_new_jobs_are_numbered_and_carry_the_tag_of_their_submission() -> None:
    table = JobTable("c", TAGS, JobShape(walltime=60))
    first, jobs = table.new(2)
    assert first == Submission("jobqueue-abc-0", 0, 2)
    assert [(job.name, job.number, job.tag, job.walltime) for job in jobs] == [
        ("c-0", 0, "jobqueue-abc-0", 60),
        ("c-1", 1, "jobqueue-abc-0", 60),
    ]
    second, (third,) = table.new(1)
    assert (second.tag, third.name, table.next_tag) == ("jobqueue-abc-2", "c-2", "jobqueue-abc-3")


def test_a_number_is_never_used_again() -> None:
    table = new_table()
    _, jobs = table.new(2)
    table.remove(jobs)
    assert (dict(table.jobs), table.next_tag) == ({}, "jobqueue-abc-2")


def test_the_job_of_a_worker_has_its_name_or_that_without_the_last_part() -> None:
    table = new_table([Job("c-1", 1, "t")])
    assert table.owner_of("c-1") is table.owner_of("c-1-3") is table.jobs["c-1"]
    assert table.owner_of("c-2") is table.owner_of("other-0") is None


def test_jobs_by_state() -> None:
    jobs = [Job(f"c-{n}", n, "t", id=str(n), state=state) for n, state in enumerate(JobState)]
    table = new_table(jobs)
    assert {str(job.state) for job in table.live} == {
        "submitting", "pending", "held", "starting", "running",
    }  # fmt: skip
    assert {str(job.state) for job in table.in_queue} == {
        "submitting", "pending", "held", "starting", "running", "closing",
    }  # fmt: skip
    assert ids_of([*table.among({JobState.DONE}), Job("c-99", 99, "t")]) == ["6"]


def test_an_element_that_the_table_does_not_have_gets_a_place() -> None:
    table = new_table()
    job = table.place_of("jobqueue-abc-4", 2)
    assert (job.name, job.number, job.tag, table.count) == ("c-6", 6, "jobqueue-abc-4", 7)
    assert table.place_of("jobqueue-abc-4", 2) is job
