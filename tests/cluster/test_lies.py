"""A queue that answers wrongly, and exits with 0: nothing is lost, doubled or left."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from distributed import Client

from jupyter_jobqueue import JobQueueCluster
from tests.beds.slurm import SlurmBed
from tests.cluster.conftest import Queue, states, until, wake

LYING = """#!/bin/bash
# Takes the place of squeue, and mostly lies while the file "lie" is there.
PATH=${PATH#*:}
told=$(squeue "$@" 2>"$0.$$"); code=$?
if ! [ -e "$0.lie" ]; then
    cat "$0.$$" >&2; rm "$0.$$"; [ -z "$told" ] || echo "$told"; exit $code
fi
rm "$0.$$"
case $((RANDOM % 5)) in
    0) ;;
    1) echo "$told" | head -n 1 ;;
    2) printf %s "${told:0:$((${#told} / 2))}" ;;
    3) echo "slurm_load_jobs error: Unexpected message received" ;;
    4) echo "$told" ;;
esac
"""
SQUEUE = shutil.which("squeue") or "squeue"
TIME = 15.0
"""Seconds for which the queue lies."""


@pytest.fixture
def lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a lying squeue first on PATH; it lies while the returned file exists."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "squeue").write_text(LYING)
    (programs / "squeue").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    return programs / "squeue.lie"


def listed(slurm: SlurmBed) -> int:
    """Return how many jobs there really are, whatever comes first on PATH."""
    return len(slurm.ask(SQUEUE, "-h", "-r", "-o", "%i", check=True).splitlines())


def worst_while_it_lies(slurm: SlurmBed, cluster: JobQueueCluster, lies: Path) -> int:
    """Let the queue lie for a while; returns how many jobs there were at the most."""
    lies.touch()
    most, end = 0, time.monotonic() + TIME
    while time.monotonic() < end:
        wake(cluster)  # otherwise it asks less and less often
        most = max(most, listed(slurm))
        time.sleep(0.5)
    lies.unlink()
    return most


def test_jobs_that_wait_are_neither_lost_nor_doubled(
    slurm: SlurmBed, slurm_queue: Queue, lies: Path
) -> None:
    with slurm_queue.cluster(queue="closed", n_workers=10) as cluster:
        until(lambda: states(cluster) == ["pending"] * 10)
        assert worst_while_it_lies(slurm, cluster, lies) <= 13
        wake(cluster)
        until(lambda: len(cluster.workers) == listed(slurm) == 10)
        until(lambda: cluster.state == "running")
    until(lambda: listed(slurm) == 0)


def test_jobs_whose_workers_compute_are_never_called_lost(
    slurm: SlurmBed, slurm_queue: Queue, lies: Path
) -> None:
    with slurm_queue.cluster(n_workers=2) as cluster, Client(cluster) as client:
        cluster.wait_for_workers(2, timeout=120)
        result = client.submit(sum, [40, 2])
        assert worst_while_it_lies(slurm, cluster, lies) == 2
        assert result.result(timeout=60) == 42
        assert [str(job.state) for job in cluster.jobs.values()] == ["running", "running"]
    until(lambda: listed(slurm) == 0)


def test_closing_while_it_lies_leaves_no_job(
    slurm: SlurmBed, slurm_queue: Queue, lies: Path
) -> None:
    with slurm_queue.cluster(queue="closed", n_workers=10) as cluster:
        until(lambda: states(cluster) == ["pending"] * 10)
        lies.touch()
    until(lambda: listed(slurm) == 0)
