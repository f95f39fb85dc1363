"""What only the real Slurm can show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_jobqueue.errors import QueueError
from tests.beds.slurm import SlurmBed
from tests.cluster.conftest import Queue, states, until


def test_three_hundred_held_jobs_are_one_array_and_one_cancel(
    slurm_queue: Queue, slurm: SlurmBed
) -> None:
    with slurm_queue.cluster(queue="closed") as cluster:
        cluster.scale(300)
        assert len(slurm_queue.listed()) == 300
        assert len({job.id.split("_")[0] for job in cluster.jobs.values()}) == 1
        until(lambda: cluster.waiting_reason == "PartitionDown")
        cluster.scale(100)
        until(lambda: len(slurm_queue.listed()) == 100)
        kept = [name for name, job in cluster.jobs.items() if job.state == "pending"]
        assert kept == [f"SLURMCluster-{number}" for number in range(100)]
    assert slurm_queue.listed() == []


def test_a_rejected_partition_is_said_and_a_later_scale_works(
    slurm_queue: Queue, slurm: SlurmBed
) -> None:
    with slurm_queue.cluster(queue="later") as cluster:
        with pytest.raises(QueueError, match="invalid partition specified: later"):
            cluster.scale(2)
        assert (cluster.wanted, states(cluster), cluster.state) == (0, [], "running")
        slurm.ask("scontrol", "create", "PartitionName=later", "Nodes=ALL", check=True)
        cluster.scale(2)
        cluster.wait_for_workers(2, timeout=120)
    slurm.ask("scontrol", "delete", "PartitionName=later", check=True)


def test_workers_asked_for_at_the_start_are_refused_at_the_start(slurm_queue: Queue) -> None:
    with pytest.raises(QueueError, match="Requested time limit is invalid"):
        slurm_queue.cluster(n_workers=1, queue="short", walltime="01:00:00")


def test_a_pending_job_cancelled_from_outside_comes_back(slurm_queue: Queue) -> None:
    with slurm_queue.cluster(queue="closed") as cluster:
        cluster.scale(2)
        slurm_queue.cancel(next(iter(cluster.jobs.values())).id)
        until(lambda: states(cluster) == ["cancelled", "pending", "pending"])
        assert len(slurm_queue.listed()) == 2


def test_a_job_that_ended_is_known_with_its_node_and_exit_code(slurm_queue: Queue) -> None:
    with slurm_queue.cluster(job_script_prologue=["exit 7"], allowed_failures=1) as cluster:
        cluster.scale(1)
        until(lambda: states(cluster) == ["failed"])
        (job,) = cluster.jobs.values()
        assert (job.exit_code, job.reason, job.node) == (7, "NonZeroExitCode", "node1")
        assert job.started
        assert job.ended


def test_the_filters_of_a_users_environment_hide_no_jobs(
    slurm_queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQUEUE_PARTITION", "short")
    monkeypatch.setenv("SLURM_TIME_FORMAT", "relative")
    with slurm_queue.cluster(queue="closed") as cluster:
        cluster.scale(1)
        until(lambda: cluster.waiting_reason == "PartitionDown")
        assert states(cluster) == ["pending"]


def test_a_job_that_slurm_took_although_sbatch_failed_is_found_and_counted(
    slurm_queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An `sbatch` that submits and then fails, as it does when the controller is slow to answer."""
    wrapper = tmp_path / "sbatch"
    wrapper.write_text('#!/bin/sh\nPATH=${PATH#*:} sbatch "$@" >/dev/null\necho slow >&2\nexit 1\n')
    wrapper.chmod(0o755)
    with slurm_queue.cluster(queue="closed") as cluster:
        cluster.scale(1)
        with monkeypatch.context() as patch:
            patch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
            cluster.scale(2)
        assert states(cluster) == ["pending", "pending"]
        assert sorted(job.id for job in cluster.jobs.values()) == sorted(slurm_queue.listed())


@pytest.mark.timeout(900)
@pytest.mark.skipif("SLURM_JOB_ID" in os.environ, reason="is inside a job already")
def test_everything_works_from_a_program_inside_a_slurm_job(
    slurm: SlurmBed, tmp_path: Path
) -> None:
    """JupyterLab often runs in a job itself, whose variables must not reach the new ones."""
    log = tmp_path / "inside.log"
    argv = ["sbatch", "--wait", "--mem=300", "--cpus-per-task=3", "--time=15", f"--output={log}"]
    files = "tests/cluster/test_life.py tests/cluster/test_slurm.py"
    shared = "-n 2"
    inner = f"{sys.executable} -m pytest -q -p no:cacheprovider {shared} {files} -k slurm"
    # An outer limit of 300 MB would kill or refuse inner jobs of 500 MB if it leaked.
    done = subprocess.run([*argv, f"--wrap={inner}"], capture_output=True, text=True)
    assert done.returncode == 0, log.read_text()[-5000:]
    assert " passed" in log.read_text()


def test_variables_of_a_surrounding_job_do_not_reach_the_new_one(
    slurm_queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "SLURM_JOB_ID": "99",
        "SLURM_CPUS_PER_TASK": "3",
        "SLURM_MEM_PER_CPU": "7",
    }.items():
        monkeypatch.setenv(name, value)
    seen = tmp_path / "environment"
    with slurm_queue.cluster(job_script_prologue=[f"env > {seen}"], n_workers=1) as cluster:
        cluster.wait_for_workers(1, timeout=120)
        lines = seen.read_text().splitlines()
        assert "SLURM_CPUS_PER_TASK=1" in lines
        assert not [line for line in lines if line.startswith("SLURM_MEM_PER_CPU=")]
        assert "SLURM_JOB_ID=99" not in lines


def test_the_doctor_tells_of_the_real_queues(slurm_queue: Queue) -> None:
    program = str(Path(sys.executable).with_name("jupyter"))
    argv = [program, "jobqueue", "doctor", "--system", "slurm"]
    told = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert "  OK  Slurm        slurm-wlm 22.05" in told
    assert "        short            " in told
    assert "walltime up to 00:10:00" in told
