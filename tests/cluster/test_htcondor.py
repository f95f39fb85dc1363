"""The real HTCondor: what every queue must do, and what only it can show."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_jobqueue import HTCondorCluster
from tests.beds.htcondor import HTCondorBed
from tests.cluster.conftest import Queue, states, until
from tests.cluster.everywhere import Everywhere


@pytest.fixture
def queue(htcondor: HTCondorBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Queue:
    def ids() -> list[str]:
        return [line.split()[0] for line in htcondor.jobs()]

    monkeypatch.chdir(tmp_path)
    options = {
        "cores": 1,
        "nanny": False,  # half as many processes; Slurm is tested with nannies
        "memory": "500 MB",
        "interface": "lo",
    }
    refused = {"job_extra_directives": {"universe": "nosuch"}}
    words = "I don't know about the 'nosuch' universe"
    return Queue(
        HTCondorCluster, options, ids, lambda job: htcondor.ask("condor_rm", job), refused, words
    )


class TestEverywhere(Everywhere):
    """On HTCondor."""


def test_jobs_that_are_put_on_hold_for_an_error_are_removed_and_counted(queue: Queue) -> None:
    broken = {"Output": "/no/such/folder/out"}
    with queue.cluster(job_extra_directives=broken) as cluster:
        cluster.scale(jobs=3)
        until(lambda: cluster.state == "degraded")
        assert "/no/such/folder" in cluster.status_words
        until(lambda: queue.listed() == [])


def test_a_job_that_a_person_holds_is_left_alone(queue: Queue, htcondor: HTCondorBed) -> None:
    with queue.cluster(job_extra_directives={"hold": "true"}) as cluster:
        cluster.scale(jobs=2)
        until(lambda: states(cluster) == ["held", "held"])
        first = next(iter(cluster.jobs.values()))
        htcondor.ask("condor_release", first.id, check=True)
        cluster.wait_for_workers(1, timeout=120)
        assert "held" in states(cluster)
