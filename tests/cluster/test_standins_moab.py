"""A cluster on Moab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from tests.cluster.conftest import Queue, job_queue, states, until
from tests.cluster.everywhere import Everywhere
from tests.standins.install import Standin
from tests.standins.queues import any_queue, only_standin, queue_of

KEEPS_ITS_ANSWER = """\
#!/bin/sh
id=$("$0.real" "$@")
while [ -e {hold} ]; do sleep 0.05; done
echo "$id"
"""


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    yield from any_queue("moab", tmp_path, monkeypatch)


@pytest.fixture
def standin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    yield from only_standin("moab", tmp_path, monkeypatch)


class TestEverywhere(Everywhere):
    """What every queue must do."""


def test_a_job_listed_before_its_submission_has_answered_is_not_taken_for_a_second_one(
    standin: Standin, tmp_path: Path
) -> None:
    """Moab lists a job as ``1`` of which `msub` says that it is ``Moab.1``."""
    hold = tmp_path / "hold"
    hold.touch()
    msub = (standin.bin / "msub").rename(standin.bin / "msub.real").with_name("msub")
    msub.write_text(KEEPS_ITS_ANSWER.format(hold=hold))
    msub.chmod(0o755)
    with queue_of("moab").cluster() as cluster:
        scaling = Thread(target=cluster.scale, args=(1,))
        scaling.start()
        until(lambda: job_queue(cluster).latest.jobs)
        hold.unlink()
        scaling.join()
        until(lambda: states(cluster) == ["running"])
        seen = job_queue(cluster).latest.queried_at
        until(lambda: job_queue(cluster).latest.queried_at > seen)
        assert states(cluster) == ["running"]
        assert [job.id for job in cluster.jobs.values()] == ["Moab.1"]
    assert len(standin.known()) == 1
