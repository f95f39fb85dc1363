"""The real OAR: what every queue must do, and what only OAR can show."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from jupyter_jobqueue import OARCluster
from jupyter_jobqueue.errors import QueueError
from tests.beds.oar import CONF, JOB_BASHRC, SSHD_FOLDER, OarBed, claimed, new_bed
from tests.cluster.conftest import Queue, real_queue, states, until
from tests.cluster.everywhere import Everywhere


def traces() -> list[object]:
    """Return what a bed changes outside its folder."""
    files = [(path.stat().st_mode, path.stat().st_uid, path.read_bytes()) for path in OUTSIDE]
    return [*files, SSHD_FOLDER.exists()]


OUTSIDE = (CONF, JOB_BASHRC)


@pytest.mark.oar
def test_a_bed_goes_without_a_trace() -> None:
    with claimed() as why_not:
        if why_not:
            pytest.skip(f"real OAR: {why_not}")
        before, bed = traces(), new_bed()
        try:
            bed.up()
            assert traces() != before
            assert stat.S_IMODE(CONF.stat().st_mode) == 0o600
            bed.ask("oarsub", "-l", "core=1", "--hold", "sleep 99")
            assert len(bed.jobs()) == 1
        finally:
            bed.down()
        assert traces() == before
        assert not bed.directory.exists()


@pytest.fixture
def queue(oar: OarBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.chdir(tmp_path)
    refused, words = {"queue": "nosuch"}, "The queue nosuch does not exist"
    options = {"walltime": "00:10:00", "memory_per_core_property_name": "mem_core"}
    return real_queue(OARCluster, oar, "oardel", refused, words, **options)


class TestEverywhere(Everywhere):
    """On OAR."""


HOLD = {"job_extra_directives": ["--hold"]}


def test_there_is_but_one_oar_on_a_machine(oar: OarBed) -> None:
    with claimed() as why_not:
        assert why_not == "another test run has it"


def test_a_hundred_held_jobs_are_one_array_and_one_cancel(queue: Queue) -> None:
    with queue.cluster(**HOLD) as cluster:
        cluster.scale(100)
        until(lambda: states(cluster) == ["held"] * 100)
        ids = [int(job.id) for job in cluster.jobs.values()]
        assert ids == list(range(ids[0], ids[0] + 100))
        cluster.scale(20)
        until(lambda: len(queue.listed()) == 20)
        kept = [name for name, job in cluster.jobs.items() if job.state == "held"]
        assert kept == [f"OARCluster-{number}" for number in range(20)]
    assert queue.listed() == []


def test_a_held_job_deleted_from_outside_comes_back(queue: Queue) -> None:
    with queue.cluster(**HOLD) as cluster:
        cluster.scale(2)
        first = next(iter(cluster.jobs.values()))
        queue.cancel(first.id)
        until(lambda: states(cluster) == ["cancelled", "held", "held"])
        assert first.reason == f"User root requested to frag the job {first.id}"


def test_memory_of_the_cores_is_asked_for(queue: Queue) -> None:
    """The node has 4096 MiB a core."""
    refused = pytest.raises(QueueError, match="There are not enough resources for your request")
    with queue.cluster(memory="4097 MiB") as cluster, refused:
        cluster.scale(1)
    with queue.cluster(memory="4096 MiB", **HOLD) as cluster:
        cluster.scale(1)
        assert len(queue.listed()) == 1


def test_a_job_that_oar_took_although_oarsub_failed_is_found_and_counted(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when OAR's server is away: the database has the job, and oarsub fails."""
    wrapper = tmp_path / "oarsub"
    words = "[ERROR] Cannot connect to executor vm:6666. Job is killed."
    wrapper.write_text(f'#!/bin/sh\nPATH=${{PATH#*:}} oarsub "$@"\necho "{words}" >&2\nexit 9\n')
    wrapper.chmod(0o755)
    with queue.cluster(**HOLD) as cluster:
        with monkeypatch.context() as patch:
            patch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
            cluster.scale(2)
        until(lambda: states(cluster) == ["held", "held"])
        assert sorted(job.id for job in cluster.jobs.values()) == sorted(queue.listed())


def test_a_job_starts_where_it_was_submitted_whatever_the_environment_says(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with a program as its script that a shell and OAR would take apart."""
    monkeypatch.delenv("PWD")
    monkeypatch.setenv("OAR_JOB_ID", "99")
    monkeypatch.setenv("OAR_JOB_KEY_FILE", "/nonexistent")
    seen = tmp_path / "it's seen"
    prologue = [f'seen="{seen}"', 'env > "$seen"; echo \'a  \\n !1\' "$PWD" >> "$seen"']
    asked = {"job_script_prologue": prologue, "job_name": "it's mine", "shebang": "#!/bin/bash -u"}
    with queue.cluster(n_workers=1, **asked) as cluster:
        cluster.wait_for_workers(1, timeout=120)
        (job,) = cluster.jobs.values()
        lines = seen.read_text().splitlines()
        assert lines[-1] == f"a  \\n !1 {tmp_path}"
        assert f"OAR_JOB_ID={job.id}" in lines
        assert f"OAR_JOB_NAME=it-s-mine.{job.tag}" in lines
        assert Path(job.stderr).name == f"it-s-mine-{job.id}.err"
        assert "Start worker" in Path(job.stderr).read_text()
