"""What became of submissions that failed or never answered."""

from __future__ import annotations

import time

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus
from jupyter_jobqueue.batch.queue import StatusReport
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.table import JobTable
from jupyter_jobqueue.jobs.unconfirmed import Resolved, Unconfirmed
from tests.unit.jobs.fakes import new_table, pending, report


def begun(count: int) -> tuple[JobTable, Unconfirmed, str, list[Job]]:
    table = new_table()
    unconfirmed = Unconfirmed(table)
    submission, jobs = table.new(count)
    unconfirmed.begin(submission.tag, jobs)
    return table, unconfirmed, submission.tag, jobs


def test_a_submission_under_way_is_neither_there_nor_gone() -> None:
    _, unconfirmed, tag, _ = begun(1)
    assert unconfirmed.pending
    # The queue may list its job by another id than the command is about to report.
    assert unconfirmed.resolve(report({"7": pending(tag)})) == Resolved([], [], [])
    assert unconfirmed.pending


def test_jobs_of_a_submission_that_failed_are_found_by_their_tag() -> None:
    _, unconfirmed, tag, jobs = begun(2)
    unconfirmed.give_up(tag)
    found = unconfirmed.resolve(report({"7_1": pending(tag, 1), "7_0": pending(tag)}))
    assert found == Resolved([(jobs[1], "7_1"), (jobs[0], "7_0")], [], [])
    assert not unconfirmed.pending


def test_a_submission_that_no_report_shows_has_not_happened() -> None:
    _, unconfirmed, tag, jobs = begun(2)
    unconfirmed.give_up(tag)
    assert unconfirmed.resolve(report({})) == Resolved([], jobs, [])
    assert not unconfirmed.pending


def test_a_queue_that_hung_must_report_twice() -> None:
    _, unconfirmed, tag, jobs = begun(1)
    unconfirmed.give_up(tag, reports_needed=2)
    assert unconfirmed.resolve(report({})) == Resolved([], [], [])
    assert unconfirmed.resolve(report({})) == Resolved([], jobs, [])


def test_a_report_that_is_older_says_nothing() -> None:
    _, unconfirmed, tag, _ = begun(1)
    unconfirmed.give_up(tag)
    assert unconfirmed.resolve(report({}, time.time() - 1)) == Resolved([], [], [])
    assert unconfirmed.pending


def test_a_report_of_some_jobs_only_says_nothing_of_others() -> None:
    _, unconfirmed, tag, _ = begun(1)
    unconfirmed.give_up(tag)
    of_others = StatusReport(time.time() + 1, {}, frozenset({"99"}))
    assert unconfirmed.resolve(of_others) == Resolved([], [], [])


def test_elements_that_are_missing_are_gone_and_those_twice_there_duplicates() -> None:
    _, unconfirmed, tag, jobs = begun(2)
    unconfirmed.give_up(tag)
    listed = {"7": pending(tag), "8": pending(tag), "9": pending(tag)}
    found = unconfirmed.resolve(report(listed))
    assert found == Resolved([(jobs[0], "7")], [jobs[1]], ["8", "9"])


def test_a_job_that_is_known_under_another_id_is_a_duplicate() -> None:
    table, unconfirmed, tag, (job,) = begun(1)
    job.id, job.state = "7", JobState.RUNNING
    unconfirmed.confirm(tag)
    listed = {"7": pending(tag), "8": pending(tag)}
    assert unconfirmed.resolve(report(listed)) == Resolved([], [], ["8"])
    assert list(table.jobs.values()) == [job]


def test_a_job_that_ended_leaves_its_place_to_a_new_id() -> None:
    _, unconfirmed, tag, (job,) = begun(1)
    job.id, job.state = "7", JobState.FAILED
    unconfirmed.confirm(tag)
    ended = JobStatus(BatchState.FAILED, tag=tag)
    found = unconfirmed.resolve(report({"7": ended, "8": pending(tag)}))
    assert found == Resolved([(job, "8")], [], [])


def test_jobs_of_others_are_left_alone() -> None:
    _, unconfirmed, tag, jobs = begun(1)
    unconfirmed.give_up(tag)
    others = {"1": pending("jobqueue-ff-0"), "2": JobStatus(BatchState.RUNNING)}
    assert unconfirmed.resolve(report(others)) == Resolved([], jobs, [])


def test_a_search_finds_what_no_record_knows() -> None:
    table = new_table([Job("c-0", 0, "jobqueue-abc-0")])  # it was being submitted
    unconfirmed = Unconfirmed(table)
    unconfirmed.search()
    listed = {"5": pending("jobqueue-abc-0"), "6": pending("jobqueue-abc-3", 1)}
    found = unconfirmed.resolve(report(listed))
    assert [(job.name, job_id) for job, job_id in found.found] == [("c-0", "5"), ("c-4", "6")]
    assert (found.gone, found.duplicates, table.count) == ([], [], 5)
    assert not unconfirmed.pending


def test_what_surely_did_not_happen_is_forgotten() -> None:
    table, unconfirmed, tag, _ = begun(3)
    unconfirmed.discard(tag)
    assert (dict(table.jobs), unconfirmed.pending) == ({}, False)
