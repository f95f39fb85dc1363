"""A queue in trouble: away, hanging, forgetful, full. Nothing is lost, and nothing done twice."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from jupyter_jobqueue import JobQueueCluster
from tests.beds.slurm import SlurmBed
from tests.cluster.conftest import Queue, job_queue, states, until

CLOSED = {"queue": "closed"}  # where jobs stay pending


def is_told(cluster: JobQueueCluster) -> bool:
    return cluster.status_detail.startswith("The batch system is not responding; retrying every")


def ids(cluster: JobQueueCluster) -> list[str]:
    return sorted(job.id for job in cluster.workers.values())


# ---- the controller of a real Slurm


def test_a_controller_that_is_down_keeps_the_wish_and_loses_nothing(
    slurm: SlurmBed, slurm_queue: Queue
) -> None:
    with slurm_queue.cluster(n_workers=1) as cluster, Client(cluster) as client:
        cluster.wait_for_workers(1, timeout=120)
        until(lambda: states(cluster) == ["running"])
        with slurm.away():
            cluster.scale(3)
            assert is_told(cluster)
            assert "Unable to contact slurm controller" in cluster.status_words
            assert (cluster.wanted, states(cluster)[0]) == (3, "running")
            assert client.submit(sum, [40, 2]).result(timeout=120) == 42  # the work goes on
        cluster.wait_for_workers(3, timeout=120)
        until(lambda: states(cluster) == ["running"] * 3)
        assert ids(cluster) == sorted(slurm_queue.listed())
        assert cluster.status_detail == ""


@pytest.mark.timeout(900)
def test_a_controller_that_hangs_makes_no_job_gone_and_none_twice(
    slurm: SlurmBed, slurm_queue: Queue
) -> None:
    with slurm_queue.cluster(**CLOSED, n_workers=2) as cluster:
        until(lambda: states(cluster) == ["pending"] * 2)
        with slurm.frozen():
            cluster.scale(3)
            assert is_told(cluster)
            assert states(cluster) == ["pending", "pending", "submitting"]
        until(lambda: states(cluster) == ["pending"] * 3, timeout=120)
        assert ids(cluster) == sorted(slurm_queue.listed())
        until(lambda: cluster.status_detail == "")


@pytest.mark.timeout(900)
def test_a_cancel_that_the_queue_did_not_hear_is_made_good(
    slurm: SlurmBed, slurm_queue: Queue
) -> None:
    with slurm_queue.cluster(**CLOSED, n_workers=3) as cluster:
        until(lambda: states(cluster) == ["pending"] * 3)
        with slurm.away():
            cluster.scale(1)
            assert is_told(cluster)
        until(lambda: len(slurm_queue.listed()) == 1, timeout=120)
        until(lambda: states(cluster) == ["pending", "cancelled", "cancelled"])


def test_jobs_of_others_with_ids_that_were_ours_are_neither_believed_nor_cancelled(
    slurm: SlurmBed, slurm_queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A controller that crashed gives the ids of the jobs that it forgot to others."""
    for name in ("sbatch", "squeue"):
        program(tmp_path / name, 'echo "Unable to contact slurm controller" >&2; exit 1')
    with slurm_queue.cluster(**CLOSED) as cluster:
        with monkeypatch.context() as patch:
            with slurm.forgetting():
                cluster.scale(1)
                (ours,) = cluster.jobs.values()
                until(lambda: cluster.waiting_reason)  # the queue has told of it
                patch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")  # of the cluster alone
            stranger = slurm.ask(*STRANGER).strip()
            assert stranger == ours.id
        until(lambda: ids(cluster) not in ([], [""], [stranger]), timeout=120)
        assert ours.state in ("lost", "cancelled")
        assert sorted(slurm_queue.listed()) == sorted([stranger, *ids(cluster)])
    assert slurm_queue.listed() == [stranger]
    slurm.ask("scancel", stranger)


def program(path: Path, text: str) -> None:
    """Write a program that takes the place of a command of Slurm."""
    path.write_text(f"#!/bin/bash\nPATH=${{PATH#*:}}\n{text}\n")
    path.chmod(0o755)


STRANGER = ("sbatch", "--parsable", "-p", "closed", "--mem=100", "--wrap=true")


# ---- limits


@pytest.fixture
def full(slurm_queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """Return a Slurm that says, as one with accounting does, that a user may have three jobs."""
    program(tmp_path / "sbatch", LIMITED)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return slurm_queue


LIMITED = """count=1
for word; do case $word in --array=0-*) count=$((${word#--array=0-} + 1));; esac; done
if [ $(($(squeue --me -h -r | wc -l) + count)) -gt 3 ]; then
  echo "sbatch: error: QOSMaxSubmitJobPerUserLimit" >&2
  echo "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy" \\
    "(job submit limit, user's size and/or time limits)" >&2
  exit 1
fi
exec sbatch "$@"
"""


def test_a_limit_of_the_site_is_met_by_waiting(
    full: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_jobqueue.jobs.limits.FULL_FOR", 1.0)
    with full.cluster(**CLOSED) as cluster:
        cluster.scale(jobs=5)
        assert states(cluster) == ["pending"] * 3
        assert (cluster.wanted, cluster.waiting) == (5, 2)
        assert cluster.status_detail == (
            "limit reached, 2 jobs waiting: the queue accepts no more jobs now"
        )
        assert "QOSMaxSubmitJobPerUserLimit" in cluster.status_words
        full.cancel(next(iter(cluster.jobs.values())).id)
        until(lambda: states(cluster) == ["cancelled", "pending", "pending", "pending"])
        cluster.scale(jobs=3)
        assert (cluster.waiting, cluster.status_detail) == (0, "")


@pytest.mark.parametrize(
    ("bound", "jobs", "why"),
    [
        ({"max_jobs": 2}, 2, "max_jobs is 2"),
        ({"max_pending": 3}, 3, "max_pending is 3"),
        ({"budget": 1.2, "walltime": "00:30:00"}, 2, "the budget is 1.2 core-hours"),
    ],
)
def test_own_limits_hold_jobs_back(
    slurm_queue: Queue, bound: dict[str, Any], jobs: int, why: str
) -> None:
    with slurm_queue.cluster(**CLOSED, **bound) as cluster:
        cluster.scale(jobs=5)
        assert len(slurm_queue.listed()) == len(cluster.jobs) == jobs
        assert cluster.status_detail == f"limit reached, {5 - jobs} jobs waiting: {why}"


def test_the_rate_of_submissions_can_be_bounded(slurm_queue: Queue) -> None:
    with slurm_queue.cluster(**CLOSED, max_submissions=2) as cluster:
        for jobs in (1, 2, 3):
            cluster.scale(jobs=jobs)
        assert states(cluster) == ["pending"] * 2
        assert cluster.status_detail == (
            "limit reached, 1 job waiting: max_submissions is 2 per minute"
        )


# ---- an answer that never comes


def test_a_submission_that_timed_out_is_not_repeated_but_looked_for(
    slurm_queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An `sbatch` that submits, and then does not come back."""
    program(tmp_path / "sbatch", 'sbatch "$@" >/dev/null; exec sleep 600')
    with slurm_queue.cluster(**CLOSED, n_workers=1) as cluster:
        before = job_queue(cluster).timeout
        job_queue(cluster).timeout = 1.0
        with monkeypatch.context() as patch:
            patch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
            cluster.scale(3)
        job_queue(cluster).timeout = before
        until(lambda: states(cluster) == ["pending"] * 3)
        assert ids(cluster) == sorted(slurm_queue.listed())


def test_jobs_that_the_queue_made_twice_are_cancelled(
    slurm_queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One command that never answered and became three jobs, as LSF's `bsub` really did."""
    thrice = 'for n in 1 2 3; do sbatch "$@" <<<"$script" >/dev/null; done'
    program(tmp_path / "sbatch", f"script=$(cat); {thrice}; exec sleep 600")
    with slurm_queue.cluster(**CLOSED) as cluster:
        job_queue(cluster).timeout = 1.0
        with monkeypatch.context() as patch:
            patch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
            cluster.scale(2)
        job_queue(cluster).timeout = 30.0
        until(lambda: states(cluster) == ["pending"] * 2)
        until(lambda: ids(cluster) == sorted(slurm_queue.listed()))
        assert cluster.wanted == 2
