"""Work that takes longer than a job may. One minute is the shortest limit that Slurm knows."""

from __future__ import annotations

import time
from typing import Any

import pytest
from distributed import Client

from jupyter_jobqueue import JobQueueCluster
from tests.beds.slurm import SlurmBed
from tests.cluster.conftest import Queue, job_queue, states, until, wake

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


@pytest.mark.timeout(600)
def test_limits_that_the_site_grants_and_changes(slurm: SlurmBed, slurm_queue: Queue) -> None:
    """The script asks for none: the partition has a default, and then somebody raises it."""
    options = {**OPTIONS, "cores": 1, "queue": "short", "job_directives_skip": ["-t "]}
    with slurm_queue.cluster(**options, name="granted") as cluster:
        assert "-t 00:01:00" not in cluster.job_script()
        assert "--lifetime" not in cluster.job_script()
        cluster.scale(jobs=1)
        cluster.wait_for_workers(1, timeout=120)
        (job,) = cluster.jobs.values()
        until(lambda: job.walltime == 300)
        for minutes, seconds in ((9, 540), (1, 60)):
            slurm.ask("scontrol", "update", f"JobId={job.id}", f"TimeLimit={minutes}", check=True)
            wake(cluster)
            until(lambda: job.walltime == seconds)  # noqa: B023
        until(lambda: len(cluster.jobs) == 2)
        until(lambda: states(cluster) == ["done", "running"])
        assert [each.joined for each in cluster.jobs.values()] == [True, True]


@pytest.mark.parametrize("step", [172_800, -172_800])
def test_setting_our_clock_changes_nothing_in_a_cluster(
    step: int, local_queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    options = {"walltime": "01:00:00", "idle_timeout": "1h", "max_age": "1d", "budget": 100}
    with local_queue.cluster(**options, n_workers=2) as cluster:
        until(lambda: states(cluster) == ["running", "running"])
        monkeypatch.setattr(time, "time", lambda: real() + step)
        for _ in range(5):
            wake(cluster)
            asked = job_queue(cluster).latest.queried_at
            until(lambda: job_queue(cluster).latest.queried_at > asked)  # noqa: B023
        assert (states(cluster), cluster.state) == (["running", "running"], "running")
        assert cluster.core_hours[0] < 1
        ends = [job.walltime_ends_at or 0 for job in cluster.jobs.values()]
        assert ends == pytest.approx([real() + 3600] * 2, abs=300)


def were_relieved(cluster: JobQueueCluster) -> None:
    """Each job was replaced, and its successor was there before it left."""
    jobs = list(cluster.jobs.values())
    assert len(jobs) >= 4
    assert not {"failed", "lost"} & set(states(cluster))
    for old, new in zip(jobs, jobs[2:], strict=False):
        assert old.ended is None or (new.started or 0) < old.ended
