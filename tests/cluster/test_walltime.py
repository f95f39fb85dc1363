"""Work that takes longer than a job may, on real Slurm: one minute is the shortest it knows."""

from __future__ import annotations

import time
from typing import Any

import pytest
from distributed import Client

from jupyter_jobqueue import JobQueueCluster
from tests.cluster.conftest import Queue, states

TASKS = 480


def _one_second(number: int) -> int:
    time.sleep(1)
    return number


def blamed(dask_scheduler: Any) -> int:
    """Return how often a lost worker was counted against a task."""
    return sum(prefix.suspicious for prefix in dask_scheduler.task_prefixes.values())


OPTIONS = {"cores": 4, "processes": 1, "memory": "2 GB", "walltime": "00:01:00"}


@pytest.mark.timeout(900)
def test_a_computation_outlives_its_jobs(slurm_queue: Queue) -> None:
    """With a fixed size and with an adaptive one, at the same time."""
    with (
        slurm_queue.cluster(**OPTIONS, name="fixed") as fixed,
        slurm_queue.cluster(**OPTIONS, name="adaptive") as adaptive,
        Client(fixed, set_as_default=False) as one,
        Client(adaptive, set_as_default=False) as other,
    ):
        fixed.scale(jobs=2)
        adaptive.adapt(maximum_jobs=2)
        futures = {client: client.map(_one_second, range(TASKS)) for client in (one, other)}
        for client, cluster in ((one, fixed), (other, adaptive)):
            assert client.gather(futures[client]) == list(range(TASKS))
            assert client.run_on_scheduler(blamed) == 0
            were_relieved(cluster)


def were_relieved(cluster: JobQueueCluster) -> None:
    """Each job was replaced, and its successor was there before it left."""
    jobs = list(cluster.jobs.values())
    assert len(jobs) >= 4
    assert not {"failed", "lost"} & set(states(cluster))
    for old, new in zip(jobs, jobs[2:], strict=False):
        assert old.ended is None or (new.started or 0) < old.ended
