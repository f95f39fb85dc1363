"""A cluster on LSF."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from jupyter_jobqueue.errors import CommandTimedOut
from tests.cluster.conftest import Queue, job_queue, states, until
from tests.cluster.everywhere import Everywhere
from tests.standins.install import Standin
from tests.standins.queues import any_queue, only_standin, queue_of


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    yield from any_queue("lsf", tmp_path, monkeypatch)


@pytest.fixture
def standin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    yield from only_standin("lsf", tmp_path, monkeypatch)


class TestEverywhere(Everywhere):
    """What every queue must do."""

    def test_a_job_cancelled_from_outside_is_replaced(self, queue: Queue) -> None:
        """LSF sends SIGINT first: a worker leaves with exit code 0 then, and that is DONE."""
        with queue.cluster(n_workers=2) as cluster:
            cluster.wait_for_workers(2, timeout=120)
            until(lambda: states(cluster) == ["running", "running"])
            first, second = cluster.jobs.values()
            queue.cancel(second.id)
            until(lambda: states(cluster)[2:] == ["running"])
            assert (first.state, second.state, second.exit_code) == ("running", "done", 0)
            assert cluster.wanted == 2


def test_one_bsub_that_hung_and_became_six_jobs_is_one_job_in_the_end(standin: Standin) -> None:
    queue = queue_of("lsf")
    with queue.cluster() as cluster:
        job_queue(cluster).timeout = 1.0
        standin.hang(accepts=6)
        with suppress(CommandTimedOut):
            cluster.scale(jobs=1)
        standin.up()
        until(lambda: len(standin.known()) == 6)
        until(lambda: states(cluster) == ["running"] and len(queue.listed()) == 1)
        assert [job.id for job in cluster.jobs.values()] == queue.listed()
        assert len(standin.known()) == 6
