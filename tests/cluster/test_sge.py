"""The real Grid Engine: what every queue must do, and what only it can show."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from distributed import Client

from tests.beds.sge import SGEBed
from tests.cluster.conftest import Queue, states, until
from tests.cluster.everywhere import Everywhere


@pytest.fixture
def queue(sge_queue: Queue) -> Queue:
    return sge_queue


class TestEverywhere(Everywhere):
    """On Grid Engine."""


def test_a_hundred_pending_jobs_are_one_array_and_one_cancel(queue: Queue) -> None:
    with queue.cluster(queue="closed.q") as cluster:
        cluster.scale(100)
        assert len(queue.listed()) == 100
        assert len({job.id.partition(".")[0] for job in cluster.jobs.values()}) == 1
        cluster.scale(30)
        until(lambda: len(queue.listed()) == 30)
        kept = [name for name, job in cluster.jobs.items() if job.state == "pending"]
        assert kept == [f"SGECluster-{number}" for number in range(30)]
    assert queue.listed() == []


def test_slots_and_memory_are_what_grid_engine_is_asked_for(queue: Queue, sge: SGEBed) -> None:
    options = {"cores": 4, "memory": "4 GiB", "memory_per": "slot", "walltime": "1:00:00"}
    with queue.cluster(
        queue="closed.q", resource_spec="h_cpu=60,mem_free=1M", **options
    ) as cluster:
        cluster.scale(jobs=1)
        (job,) = cluster.jobs.values()
        told = sge.ask("qstat", "-j", job.id, check=True)
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert "parallel environment: smp range: 4" in lines
    assert "hard resource_list: h_cpu=60,mem_free=1M,h_vmem=1G,h_rt=3600" in lines
    assert f"job_name: dask-worker.{job.tag}" in lines
    assert "shell_list: NONE:/bin/bash" in lines
    assert "merge: y" in lines


def test_a_pending_job_deleted_from_outside_comes_back(queue: Queue) -> None:
    with queue.cluster(queue="closed.q") as cluster:
        cluster.scale(2)
        first = next(iter(cluster.jobs.values()))
        queue.cancel(first.id)
        until(lambda: states(cluster)[2:] == ["pending"])
        assert (first.state, first.reason) == ("cancelled", "left the queue before it started")
        assert len(queue.listed()) == 2


def test_a_job_in_error_state_is_said_and_goes_with_the_cluster(queue: Queue) -> None:
    with queue.cluster(job_extra_directives=["-o /nonexistent/out"]) as cluster:
        cluster.scale(jobs=1)
        (job,) = cluster.jobs.values()
        until(lambda: job.reason)
        assert job.reason == f"Job is in error state: qstat -j {job.id} shows the reason"
        assert job.stuck
    assert queue.listed() == []


def test_a_job_that_ran_into_its_walltime_is_no_failure_of_its_own(queue: Queue) -> None:
    # The cluster would leave in time before the end of a walltime that it knows.
    limit, wait = ["-l h_rt=2"], ["sleep 60"]
    with queue.cluster(job_extra_directives=limit, job_script_prologue=wait) as cluster:
        cluster.scale(jobs=1)
        job = next(iter(cluster.jobs.values()))
        until(lambda: job.state == "failed")  # lost at first, if accounting lags behind
        assert (job.signal, job.ended_by_system) == (9, True)
        assert job.reason == "qmaster enforced h_rt, h_cpu, or h_vmem limit"


def test_output_is_found_in_folders_with_odd_names_and_the_shell_is_the_one_named(
    queue: Queue, tmp_path: Path
) -> None:
    logs, lines = tmp_path / "a: b", ["shopt -s lastpipe", "echo $BASH_VERSION; exit 5"]
    with queue.cluster(log_directory=str(logs), job_script_prologue=lines) as cluster:
        cluster.scale(jobs=2)
        until(lambda: states(cluster)[:2] == ["failed", "failed"])
        for job in list(cluster.jobs.values())[:2]:
            assert cluster.job_log(job.name).startswith("5.")
            assert job.exit_code == 5


def test_a_job_that_grid_engine_took_although_qsub_failed_is_found_and_counted(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `qsub` that submits and then fails, as it does when no queue admits the user."""
    wrapper = tmp_path / "qsub"
    wrapper.write_text('#!/bin/sh\nPATH=${PATH#*:} qsub "$@" >/dev/null\necho slow >&2\nexit 1\n')
    wrapper.chmod(0o755)
    with queue.cluster(queue="closed.q") as cluster:
        with monkeypatch.context() as patch:
            patch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
            cluster.scale(3)
        until(lambda: len(queue.listed()) == 3)
        assert {job.id for job in cluster.jobs.values()} == set(queue.listed())
        assert cluster.wanted == 3


def test_a_qmaster_that_is_away_is_said_and_nothing_is_lost(
    queue: Queue, sge: SGEBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("qsub", "qstat", "qdel"):
        text = (sge.bin / name).read_text()
        (tmp_path / name).write_text(text.replace("SGE_QMASTER_PORT=", "SGE_QMASTER_PORT=1 NO="))
        (tmp_path / name).chmod(0o755)
    with queue.cluster(n_workers=1) as cluster:
        cluster.wait_for_workers(1, timeout=120)
        with monkeypatch.context() as patch:
            patch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
            cluster.scale(2)
            until(lambda: "not responding" in cluster.status_detail)
            assert "Connection refused" in cluster.status_words
            assert states(cluster)[0] == "running"
        with Client(cluster) as client:
            assert client.submit(sum, [40, 2]).result(timeout=120) == 42
        cluster.wait_for_workers(2, timeout=120)
        until(lambda: states(cluster) == ["running", "running"])
        assert cluster.status_detail == ""
