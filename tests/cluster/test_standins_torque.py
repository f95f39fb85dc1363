"""A cluster on Torque."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_jobqueue.errors import QueueError
from tests.cluster.conftest import Queue, states
from tests.cluster.everywhere import Everywhere
from tests.standins.install import Standin
from tests.standins.queues import any_queue, only_standin, queue_of


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    yield from any_queue("torque", tmp_path, monkeypatch)


@pytest.fixture
def standin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    yield from only_standin("torque", tmp_path, monkeypatch)


class TestEverywhere(Everywhere):
    """What every queue must do."""


def test_a_job_that_fits_nowhere_is_refused_at_once(standin: Standin) -> None:
    with queue_of("torque").cluster(cores=64) as cluster:
        with pytest.raises(QueueError, match="cannot locate feasible nodes"):
            cluster.scale(jobs=1)
        assert states(cluster) == []
