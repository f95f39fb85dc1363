"""A cluster on OpenPBS."""

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
    yield from any_queue("pbs", tmp_path, monkeypatch)


@pytest.fixture
def standin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    yield from only_standin("pbs", tmp_path, monkeypatch)


class TestEverywhere(Everywhere):
    """What every queue must do."""


def test_a_job_that_fits_nowhere_waits_and_says_why(standin: Standin) -> None:
    queue = queue_of("pbs")
    with queue.cluster(cores=64) as cluster:
        cluster.scale(jobs=2)
        until(lambda: cluster.waiting_reason.startswith("Can Never Run: Insufficient amount"))
        assert states(cluster) == ["pending", "pending"]
    assert queue.listed() == []


def test_a_server_that_is_away_loses_no_job(standin: Standin) -> None:
    queue = queue_of("pbs")
    with queue.cluster(n_workers=1) as cluster:
        cluster.wait_for_workers(1, timeout=120)
        standin.down()
        until(lambda: cluster.status_detail)
        assert states(cluster) == ["running"]
        standin.up()
        cluster.scale(2)
        cluster.wait_for_workers(2, timeout=120)
        assert len(queue.listed()) == 2
