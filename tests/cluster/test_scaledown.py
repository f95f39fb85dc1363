"""Giving jobs back: what has cost least goes first, and nothing that was computed is lost."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from jupyter_jobqueue import JobQueueCluster
from tests.cluster.conftest import Queue, states, until

processes = pytest.mark.parametrize("processes", [1, 2])
WHOLE_NODE = {"job_cpu": 64}
"""The bed has four nodes of 64 cores: room for four jobs."""


def kept(cluster: JobQueueCluster) -> list[int]:
    """Return the numbers of the jobs that are there."""
    return sorted(job.number for job in cluster.workers.values())


def test_what_has_cost_least_is_given_back_first(slurm_queue: Queue, tmp_path: Path) -> None:
    """Of eight jobs two have a worker, two start, two wait and two are not submitted."""
    hold = tmp_path / "hold"
    waits = f"while [ -e {hold} ]; do sleep 0.1; done"
    options = {"job_script_prologue": [waits], "max_pending": 2, **WHOLE_NODE}
    with slurm_queue.cluster(**options) as cluster, Client(cluster) as client:
        cluster.scale(jobs=2)
        client.wait_for_workers(2, timeout=120)
        until(lambda: states(cluster) == ["running"] * 2)
        names = [f"{cluster.name}-{number}" for number in range(2)]
        busy = client.submit(_wait_while, hold, workers=names[0])
        data = client.submit(bytes, 1000, workers=names[1])
        hold.touch()
        cluster.scale(jobs=8)
        mixed = [*["running"] * 2, *["starting"] * 2, *["pending"] * 2]
        until(lambda: states(cluster) == mixed and cluster.waiting == 2)
        assert client.processing()[address_of(cluster, 0)] == (busy.key,)

        for jobs, waiting in ((7, 1), (6, 0)):  # not submitted yet
            cluster.scale(jobs=jobs)
            assert (states(cluster), cluster.waiting) == (mixed, waiting)
        for jobs in (5, 4):  # pending, the newest first
            cluster.scale(jobs=jobs)
            assert kept(cluster) == list(range(jobs))
            until(lambda: len(slurm_queue.listed()) == jobs)  # noqa: B023
        for jobs in (3, 2):  # starting
            cluster.scale(jobs=jobs)
            assert kept(cluster) == list(range(jobs))
            assert states(cluster)[:2] == ["running"] * 2
        cluster.scale(jobs=1)  # the one that computes nothing, although another is newer
        assert kept(cluster) == [0]
        until(lambda: states(cluster)[1] == "done")
        assert data.result(timeout=120) == bytes(1000)
        assert client.who_has(data)[data.key] == (address_of(cluster, 0),)
        hold.unlink()
        assert busy.result(timeout=120) == "done"
        assert len(cluster.jobs) == 6
        until(lambda: "closing" not in states(cluster))


def _wait_while(hold: Path) -> str:
    while not hold.exists():  # it is there a moment later
        time.sleep(0.05)
    while hold.exists():
        time.sleep(0.05)
    return "done"


def address_of(cluster: JobQueueCluster, number: int) -> str:
    workers = cluster.scheduler_info["workers"].items()
    name = f"{cluster.name}-{number}"
    return next(str(address) for address, worker in workers if worker["name"] == name)


BLOCKS, BUCKETS, SIZE = 40, 6, 600
"""A shuffle: from each of 40 blocks of 600 numbers something goes into each of 6 buckets."""


def _block(runs: Path, block: int) -> list[int]:
    note(runs, f"block-{block}")
    time.sleep(0.3)
    return list(range(block * SIZE, (block + 1) * SIZE))


def _bucket(runs: Path, bucket: int, blocks: list[list[int]]) -> tuple[int, int]:
    note(runs, f"bucket-{bucket}")
    time.sleep(0.5)
    found = [number for block in blocks for number in block if number % BUCKETS == bucket]
    return len(found), sum(found)


def note(runs: Path, task: str) -> None:
    """Leave a file for this execution of a task."""
    (runs / f"{task}.{uuid.uuid4().hex}").touch()


def executions(runs: Path) -> Counter[str]:
    """Return how often each task was executed."""
    return Counter(file.name.partition(".")[0] for file in runs.glob("*-*.*"))


@processes
def test_a_shuffle_is_right_and_nothing_is_computed_twice_while_jobs_come_and_go(
    slurm_queue: Queue, tmp_path: Path, processes: int
) -> None:
    with (
        slurm_queue.cluster(cores=processes, processes=processes) as cluster,
        Client(cluster) as client,
    ):
        cluster.scale(jobs=4)
        client.wait_for_workers(4 * processes, timeout=120)
        blocks = [client.submit(_block, tmp_path, n, pure=False) for n in range(BLOCKS)]
        buckets = [client.submit(_bucket, tmp_path, n, blocks, pure=False) for n in range(BUCKETS)]
        until(lambda: len(executions(tmp_path)) > 4 * processes)
        for jobs in (1, 3, 1):
            cluster.scale(jobs=jobs)
            whole(cluster, jobs)
        # Of the numbers below 24000 a sixth in each bucket: 0, 6, 12... sum up to 47 988 000.
        expected = [(4_000, 47_988_000 + 4_000 * n) for n in range(BUCKETS)]
        assert client.gather(buckets) == expected
        assert set(executions(tmp_path).values()) == {1}
        assert len(executions(tmp_path)) == BLOCKS + BUCKETS
        until(lambda: "closing" not in states(cluster))
        assert "failed" not in states(cluster)


def whole(cluster: JobQueueCluster, jobs: int) -> None:
    """See that a new size is reached, in whole jobs."""
    size = jobs * cluster.spec.processes
    until(lambda: len(cluster.scheduler_info["workers"]) == size)
    until(lambda: states(cluster).count("running") == jobs)
    assert all(len(job.workers) == cluster.spec.processes for job in cluster.workers.values())


@processes
def test_what_workers_compute_is_finished_before_they_go(
    slurm_queue: Queue, tmp_path: Path, processes: int
) -> None:
    """Three seconds of work for each worker, of which all but one job must go."""
    with (
        slurm_queue.cluster(cores=processes, processes=processes) as cluster,
        Client(cluster) as client,
    ):
        cluster.scale(jobs=3)
        workers = 3 * processes
        client.wait_for_workers(workers, timeout=120)
        futures = [client.submit(_three_seconds, tmp_path, n, pure=False) for n in range(workers)]
        until(lambda: len(executions(tmp_path)) == workers)
        cluster.scale(jobs=1)
        until(lambda: states(cluster).count("done") == 2)
        assert client.gather(futures) == list(range(workers))
        assert executions(tmp_path) == {f"long-{n}": 1 for n in range(workers)}
        assert client.run_on_scheduler(_blamed) == 0


def _three_seconds(runs: Path, number: int) -> int:
    note(runs, f"long-{number}")
    time.sleep(3)
    return number


def _blamed(dask_scheduler: Any) -> int:
    return sum(prefix.suspicious for prefix in dask_scheduler.task_prefixes.values())
