"""Adaptive scaling on a real queue whose jobs wait before they start.

The cases are those in which Dask's own policy, with jobs instead of machines, submits and cancels
without end: small work for jobs of several workers, pauses between computations, a steady load.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from distributed import Client

from jupyter_jobqueue import JobQueueCluster
from tests.cluster.conftest import Queue, states, until

WAIT = 4
"""Seconds that each job waits in the queue."""
PENDS = {"job_extra_directives": [f"--begin=now+{WAIT}"]}
processes = pytest.mark.parametrize("processes", [1, 2, 4])


def pending(queue: Queue, processes: int) -> JobQueueCluster:
    return queue.cluster(cores=processes, processes=processes, memory="1 GB", **PENDS)


def compute(client: Client, tasks: int, seconds: float) -> float:
    """Run independent tasks and return how long that took."""
    begun = time.monotonic()
    client.gather(client.map(_sleep, range(tasks), seconds=seconds, pure=False))
    return time.monotonic() - begun


def _sleep(number: int, seconds: float) -> int:
    time.sleep(seconds)
    return number


def nothing_was_given_back(cluster: JobQueueCluster) -> None:
    assert not {"closing", "cancelled", "done", "failed"} & set(states(cluster))


@processes
def test_a_small_computation_gets_its_jobs_and_keeps_them(
    slurm_queue: Queue, processes: int
) -> None:
    with pending(slurm_queue, processes) as cluster, Client(cluster) as client:
        policy = cluster.adapt(minimum_jobs=0, maximum_jobs=4)
        compute(client, 16, 0.5)
        nothing_was_given_back(cluster)
        assert 1 <= len(cluster.jobs) <= 4
        assert [entry.jobs for entry in policy.log] == [cluster.wanted]


@processes
def test_short_pauses_keep_the_workers(slurm_queue: Queue, processes: int) -> None:
    with pending(slurm_queue, processes) as cluster, Client(cluster) as client:
        cluster.adapt(minimum_jobs=0, maximum_jobs=2)
        compute(client, 8, 0.3)
        jobs = len(cluster.jobs)
        until(lambda: states(cluster) == ["running"] * jobs)
        until(lambda: cluster.adaptive and cluster.adaptive._enough_since is not None)  # a pause
        compute(client, 8, 0.3)
        until(lambda: cluster.adaptive and cluster.adaptive._enough_since is not None)
        compute(client, 8, 0.3)
        nothing_was_given_back(cluster)
        assert 1 <= len(cluster.jobs) == jobs <= 2


@processes
def test_a_steady_load_is_done_as_early_as_with_a_fixed_size(
    slurm_queue: Queue, processes: int
) -> None:
    """The same jobs are asked for at the first look, so only the wait in the queue is added."""
    with pending(slurm_queue, processes) as cluster, Client(cluster) as client:
        cluster.adapt(maximum_jobs=4)
        futures = client.map(_sleep, range(60), seconds=1.0)
        until(lambda: len(cluster.jobs) == 4, timeout=120)
        assert cluster.wanted == 4
        client.wait_for_workers(4 * processes, timeout=120)
        assert client.gather(futures) == list(range(60))
        nothing_was_given_back(cluster)
        assert len(cluster.jobs) == 4


def test_jobs_with_a_busy_worker_stay_and_the_others_go_after_the_idle_time(
    local_queue: Queue, tmp_path: Path
) -> None:
    with local_queue.cluster() as cluster, Client(cluster) as client:
        policy = cluster.adapt(maximum_jobs=3, interval="100ms", idle_timeout="2s")
        long = client.submit(_until_there, tmp_path / "end", pure=False)
        compute(client, 12, 1.0)
        until(lambda: sorted(states(cluster)) == ["done", "done", "running"])
        (busy,) = cluster.workers.values()
        assert client.processing()[_address(cluster, busy.name)] == (long.key,)
        (tmp_path / "end").touch()
        assert long.result(timeout=120) == "there"
        long.release()  # a worker with the only copy of a result is kept
        until(lambda: not cluster.workers)
        assert [entry.jobs for entry in policy.log] == [3, 1, 0]
        assert [entry.reason for entry in policy.log][1:] == [
            "1 job was enough for 2 s",
            "no job was needed for 2 s",
        ]


def _until_there(path: Path) -> str:
    while not path.exists():
        time.sleep(0.05)
    return "there"


def _address(cluster: JobQueueCluster, name: str) -> str:
    workers = cluster.scheduler_info["workers"]
    return next(str(address) for address, worker in workers.items() if worker["name"] == name)
