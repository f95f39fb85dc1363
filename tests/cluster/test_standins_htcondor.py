"""A cluster on HTCondor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.conftest import Queue, states, until
from tests.cluster.everywhere import Everywhere
from tests.standins.install import Standin
from tests.standins.queues import any_queue, only_standin, queue_of


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    yield from any_queue("htcondor", tmp_path, monkeypatch)


@pytest.fixture
def standin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    yield from only_standin("htcondor", tmp_path, monkeypatch)


class TestEverywhere(Everywhere):
    """What every queue must do."""


def test_jobs_that_are_put_on_hold_for_an_error_are_removed_and_counted(standin: Standin) -> None:
    queue = queue_of("htcondor")
    broken = {"Output": "/no/such/folder/out"}
    with queue.cluster(job_extra_directives=broken) as cluster:
        cluster.scale(jobs=3)
        until(lambda: cluster.state == "degraded")
        assert "/no/such/folder" in cluster.status_words
        until(lambda: queue.listed() == [])


def test_a_job_that_a_person_holds_is_left_alone(standin: Standin) -> None:
    queue = queue_of("htcondor")
    with queue.cluster(job_extra_directives={"hold": "true"}) as cluster:
        cluster.scale(jobs=2)
        until(lambda: states(cluster) == ["held", "held"])
        standin.run("condor_release", "1.0")
        cluster.wait_for_workers(1, timeout=120)
        assert "held" in states(cluster)
