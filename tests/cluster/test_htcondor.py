"""The real HTCondor: what every queue must do, and what only it can show."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.beds.htcondor import MARK, HTCondorBed, new_bed
from tests.cluster.conftest import Queue, states, until
from tests.cluster.everywhere import Everywhere

HOLD = {"job_extra_directives": {"hold": "true"}}


@pytest.fixture
def queue(htcondor_queue: Queue) -> Queue:
    return htcondor_queue


class TestEverywhere(Everywhere):
    """On HTCondor."""


def test_jobs_that_are_put_on_hold_for_an_error_are_removed_and_counted(queue: Queue) -> None:
    broken = {"Output": "/no/such/folder/out"}
    with queue.cluster(job_extra_directives=broken) as cluster:
        cluster.scale(jobs=3)
        until(lambda: cluster.state == "degraded")
        words = "unable to establish standard output stream: /no/such/folder/out"
        assert words in cluster.status_words
        until(lambda: queue.listed() == [])


def test_a_job_that_a_person_holds_is_left_alone(queue: Queue, htcondor: HTCondorBed) -> None:
    with queue.cluster(**HOLD) as cluster:
        cluster.scale(jobs=2)
        until(lambda: states(cluster) == ["held", "held"])
        first = next(iter(cluster.jobs.values()))
        htcondor.ask("condor_release", first.id, check=True)
        cluster.wait_for_workers(1, timeout=120)
        assert "held" in states(cluster)


def test_jobs_that_fit_nowhere_wait_and_say_why(queue: Queue) -> None:
    with queue.cluster(cores=64) as cluster:
        cluster.scale(jobs=2)
        until(lambda: "TARGET.Cpus >= RequestCpus" in cluster.waiting_reason)
        assert cluster.waiting_reason == (
            "no machine of the pool can run it: of 1 machines, 1 are rejected by your job's "
            "requirements: TARGET.Cpus >= RequestCpus (RequestCpus = MY.DaskWorkerCores)"
        )


def test_a_limit_of_jobs_is_waited_for(queue: Queue, htcondor: HTCondorBed) -> None:
    with htcondor.configured(MAX_JOBS_PER_OWNER=1), queue.cluster(**HOLD) as cluster:
        cluster.scale(jobs=3)
        until(lambda: states(cluster) == ["held"])
        assert len(queue.listed()) == 1
        assert "MAX_JOBS_PER_OWNER" in cluster.status_words
        assert cluster.state == "running"


def test_a_limit_of_jobs_a_submission_makes_it_several(queue: Queue, htcondor: HTCondorBed) -> None:
    with htcondor.configured(MAX_JOBS_PER_SUBMISSION=2), queue.cluster(**HOLD) as cluster:
        cluster.scale(jobs=5)
        assert {job.id.partition(".")[2] for job in cluster.jobs.values()} <= {"0", "1"}
        assert len(queue.listed()) == 5


def test_a_job_over_its_walltime_is_said_so_and_replaced(queue: Queue) -> None:
    with queue.cluster(job_extra_directives={"allowed_job_duration": "3"}) as cluster:
        cluster.scale(jobs=1)
        # As the limit is known, the successor may be there before the first job has ended.
        until(lambda: len(cluster.jobs) > 1)
        first = next(iter(cluster.jobs.values()))
        until(lambda: first.ended is not None)
        assert first.reason == "The job exceeded allowed job duration of 00:03"
        assert first.ended_by_system


def test_a_schedd_that_is_away_loses_no_job(queue: Queue, htcondor: HTCondorBed) -> None:
    with queue.cluster(n_workers=1) as cluster:
        cluster.wait_for_workers(1, timeout=120)
        until(lambda: states(cluster) == ["running"])
        with htcondor.away():
            cluster.scale(2)
            assert "Can't find address" in cluster.status_words
            assert (cluster.wanted, states(cluster)[0]) == (2, "running")
        cluster.wait_for_workers(2, timeout=120)
        until(lambda: states(cluster) == ["running"] * 2)
        assert sorted(job.id for job in cluster.jobs.values()) == sorted(queue.listed())
        assert cluster.status_detail == ""


def test_two_beds_live_side_by_side_on_loopback_and_stop_without_a_trace(
    htcondor: HTCondorBed, tmp_path: Path
) -> None:
    other, description = new_bed(), tmp_path / "sleep.sub"
    description.write_text("executable = /bin/sleep\narguments = 99\nqueue\n")
    try:
        other.up()
        processes = [each.pid for each in psutil.process_iter() if is_of(other, each)]
        other.ask("condor_submit", str(description), check=True)
        until(lambda: other.jobs() == ["1.0 undefined 2"])
        assert htcondor.jobs() == []
        assert addresses(processes) == {"127.0.0.1"}
    finally:
        other.down()
    assert not other.directory.exists()
    assert not any(is_of(other, each) for each in psutil.process_iter())
    assert htcondor.jobs() == []


def is_of(bed: HTCondorBed, process: psutil.Process) -> bool:
    """Return whether a process is a daemon or a job of a bed."""
    with suppress(psutil.Error):
        return process.environ().get(MARK) == str(bed.directory)
    return False


def addresses(pids: list[int]) -> set[str]:
    """Return where processes listen."""
    listening = [each for each in psutil.net_connections("inet") if each.status == "LISTEN"]
    return {each.laddr.ip for each in listening if each.laddr and each.pid in pids}
