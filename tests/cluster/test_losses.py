"""Jobs that are lost are replaced, and no task is blamed for it: each loss is really caused."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, KilledWorker

from jupyter_jobqueue import JobQueueCluster
from jupyter_jobqueue.adapters.adapter import NEVER, Call, Listing
from jupyter_jobqueue.adapters.local import Local
from jupyter_jobqueue.jobs.job import Job
from tests.beds.slurm import SlurmBed
from tests.cluster.conftest import Queue, states, until

LISTED = Local().status([])


@pytest.fixture(autouse=True)
def _judged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have blame counted when a worker is lost, so that it is seen if nobody takes it back."""
    monkeypatch.setattr("jupyter_jobqueue.placement.program.COUNTED_AFTER", 0.0)


class Work:
    """One task for each worker, all of them at work until they are let go."""

    def __init__(self, cluster: JobQueueCluster, client: Client, gate: Path) -> None:
        self.cluster, self.client, self.gate = cluster, client, gate
        count = cluster.wanted * cluster.spec.processes
        self.futures: list[Any] = client.map(_wait_for, range(count), gate=gate, pure=False)
        until(lambda: all(client.processing().values()))

    def ends_well(self) -> None:
        """Let the tasks go; none has failed or been blamed."""
        self.gate.touch()
        assert self.client.gather(self.futures) == list(range(len(self.futures)))
        assert self.client.run_on_scheduler(blamed) == 0


def _wait_for(number: int, gate: Path) -> int:
    while not gate.exists():
        time.sleep(0.05)
    return number


def blamed(dask_scheduler: Any) -> int:
    """Return how often a lost worker was counted against a task."""
    tasks = sum(task.suspicious for task in dask_scheduler.tasks.values())
    prefixes = sum(prefix.suspicious for prefix in dask_scheduler.task_prefixes.values())
    return int(tasks + prefixes)


@contextmanager
def working(on: Queue, gate: Path, jobs: int, **options: Any) -> Iterator[Work]:
    """Have a cluster each of whose workers computes a task."""
    processes = options.setdefault("processes", 1)
    with on.cluster(cores=processes, **options) as cluster, Client(cluster) as client:
        cluster.scale(jobs=jobs)
        client.wait_for_workers(jobs * processes, timeout=120)
        until(lambda: states(cluster) == ["running"] * jobs)
        yield Work(cluster, client, gate)


@contextmanager
def working_twice(on: Queue, gate: Path, jobs: int, **options: Any) -> Iterator[list[Work]]:
    """Have a cluster with one worker a job, and one with two."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(working(on, gate, jobs, processes=n, name=f"by{n}", **options))
            for n in (1, 2)
        ]


def is_whole(queue: Queue, cluster: JobQueueCluster, jobs: int) -> None:
    """See that there are as many jobs as wanted, all at work: in the table, the queue and Dask."""
    processes = cluster.spec.processes
    until(lambda: [len(job.workers) for job in cluster.workers.values()] == [processes] * jobs)
    until(lambda: [job.state for job in cluster.workers.values()] == ["running"] * jobs)
    workers = [name for job in cluster.workers.values() for name in job.workers]
    assert len(workers) == len(set(workers)) == jobs * processes
    until(lambda: {job.id for job in cluster.workers.values()} <= set(queue.listed()))
    known = cluster.scheduler_info["workers"].values()
    assert sorted(str(worker["name"]) for worker in known) == sorted(workers)
    assert (cluster.wanted, cluster.state, cluster.status_detail) == (jobs, "running", "")


def ended(cluster: JobQueueCluster) -> list[tuple[str, str]]:
    """Return state and reason of each job that is over."""
    over = (job for name, job in cluster.jobs.items() if name not in cluster.workers)
    return [(str(job.state), job.reason) for job in over]


# ---- gone for good: a new job follows


def test_a_running_job_cancelled_from_outside(slurm_queue: Queue, tmp_path: Path) -> None:
    with working_twice(slurm_queue, tmp_path / "gate", 2) as works:
        pairs = [tuple(work.cluster.jobs.values()) for work in works]
        for _, second in pairs:
            slurm_queue.cancel(second.id)
        for work, (first, second) in zip(works, pairs, strict=True):
            is_whole_again(slurm_queue, work, lost=1)
            assert (first.state, second.state) == ("running", "cancelled")
            work.ends_well()


def test_all_running_jobs_cancelled_at_once(
    slurm_queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask hands a task from each lost worker to the next one that is about to go."""
    monkeypatch.setattr("jupyter_jobqueue.placement.program.COUNTED_AFTER", 3.0)
    with working(slurm_queue, tmp_path / "gate", 6) as work:
        slurm_queue.cancel(next(iter(work.cluster.jobs.values())).id.partition("_")[0])
        is_whole_again(slurm_queue, work, lost=6)
        work.ends_well()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_pending_job_cancelled_from_outside(slurm_queue: Queue, processes: int) -> None:
    with slurm_queue.cluster(queue="closed", cores=processes, processes=processes) as cluster:
        cluster.scale(jobs=3)
        first, second, third = cluster.jobs.values()
        slurm_queue.cancel(second.id)
        until(lambda: states(cluster) == ["pending", "cancelled", "pending", "pending"])
        assert sorted(job.id for job in cluster.workers.values()) == sorted(slurm_queue.listed())
        assert (cluster.wanted, cluster.status_detail) == (3, "")
        assert (first.state, third.state) == ("pending", "pending")


def test_a_node_that_died(slurm: SlurmBed, slurm_queue: Queue, tmp_path: Path) -> None:
    """Dask alone would wait five minutes for workers that closed no connection."""
    options = {"job_extra_directives": ["--no-requeue"]}
    with working_twice(slurm_queue, tmp_path / "gate", 2, **options) as works:
        with slurm.dead(node_of(*works)):
            for work in works:
                is_whole_again(slurm_queue, work, lost=2)
                assert ended(work.cluster) == [("failed", "NodeDown")] * 2
        for work in works:
            work.ends_well()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_job_that_made_way_for_a_more_urgent_one(
    slurm: SlurmBed, slurm_queue: Queue, tmp_path: Path, processes: int
) -> None:
    options = {"processes": processes, "queue": "cheap", "job_mem": "30G"}
    with (
        preemptible(slurm, "cheap", "CANCEL"),
        working(slurm_queue, tmp_path / "gate", 2, **options) as work,
    ):
        slurm.ask(*URGENT, "--mem=30G", check=True)
        is_whole_again(slurm_queue, work, lost=1)  # after the urgent one has ended
        assert ended(work.cluster) == [("failed", "PREEMPTED")]
        work.ends_well()


def _without_limits() -> Call[Listing]:
    """Query the embedded queue as if it did not show how long jobs may run."""

    def parse(text: str) -> Listing:
        return Listing({job: each._replace(limit=None) for job, each in LISTED.parse(text).items()})

    return replace(LISTED, parse=parse)


def test_jobs_that_the_queue_ended_for_their_walltime(
    local_queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue allows less than we know of, and the workers know nothing of it either."""
    monkeypatch.setattr(Local, "limit_directive", NEVER)
    monkeypatch.setattr(Local, "status", lambda adapter, ids: _without_limits())
    options = {
        "job_extra_directives": ["--time=00:00:30"],
        "worker_extra_args": ["--lifetime", "10h"],
    }
    with working_twice(local_queue, tmp_path / "gate", 1, **options) as works:
        for work in works:
            is_whole_again(local_queue, work, lost=1)
            assert ended(work.cluster) == [("failed", "Walltime of 30 s reached")]
        for work in works:
            work.ends_well()


def test_five_losses_in_a_row_of_the_worker_that_computes_a_task(
    slurm: SlurmBed, slurm_queue: Queue, tmp_path: Path
) -> None:
    """Dask gives a task up when it has lost its worker four times."""
    with (
        working(slurm_queue, tmp_path / "gate", 1, name="cancelled") as cancelled,
        working(slurm_queue, tmp_path / "gate", 1, name="requeued") as requeued,
    ):
        (same,) = requeued.cluster.jobs.values()
        for count in range(1, 6):
            (job,) = cancelled.cluster.workers.values()
            slurm_queue.cancel(job.id)
            slurm.ask("scontrol", "requeue", same.id, check=True)
            comes_back(slurm, slurm_queue, requeued, same)
            is_whole_again(slurm_queue, cancelled, lost=count)
            for work in (cancelled, requeued):
                until(lambda: all(work.client.processing().values()))  # noqa: B023
        assert [state for state, _ in ended(cancelled.cluster)] == ["cancelled"] * 5
        cancelled.ends_well()
        requeued.ends_well()


# ---- put back by the queue: the same job goes on


def test_a_job_that_was_requeued_by_hand(
    slurm: SlurmBed, slurm_queue: Queue, tmp_path: Path
) -> None:
    with working(slurm_queue, tmp_path / "gate", 2, processes=2) as work:
        first, second = work.cluster.jobs.values()
        slurm.ask("scontrol", "requeue", second.id, check=True)
        comes_back(slurm, slurm_queue, work, second)
        assert first.state == "running"
        work.ends_well()


def test_a_job_put_back_after_its_node_died(
    slurm: SlurmBed, slurm_queue: Queue, tmp_path: Path
) -> None:
    with working_twice(slurm_queue, tmp_path / "gate", 1) as works:
        node = node_of(*works)
        with slurm.dead(node):
            for work in works:
                (job,) = work.cluster.jobs.values()
                comes_back(slurm, slurm_queue, work, job)
                assert job.node != node
        for work in works:
            work.ends_well()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_job_put_back_for_a_more_urgent_one(
    slurm: SlurmBed, slurm_queue: Queue, tmp_path: Path, processes: int
) -> None:
    options = {"processes": processes, "queue": "patient", "job_mem": "30G"}
    with (
        preemptible(slurm, "patient", "REQUEUE"),
        working(slurm_queue, tmp_path / "gate", 1, **options) as work,
    ):
        (job,) = work.cluster.jobs.values()
        slurm.ask(*URGENT, "--mem=60G", check=True)
        comes_back(slurm, slurm_queue, work, job)
        work.ends_well()


# ---- a task whose fault it is


def test_a_task_that_kills_its_workers_is_given_up(local_queue: Queue, tmp_path: Path) -> None:
    with working(local_queue, tmp_path / "gate", 1) as work:
        work.ends_well()
        fatal = work.client.submit(os._exit, 1)
        with pytest.raises(KilledWorker):
            fatal.result(timeout=120)
        is_whole(local_queue, work.cluster, 1)


URGENT = ("sbatch", "-p", "urgent", "-o", "/dev/null", "--wrap=sleep 1")


@contextmanager
def preemptible(slurm: SlurmBed, queue: str, mode: str) -> Iterator[None]:
    """Have a partition whose jobs give way."""
    partitions = (queue, "urgent")
    slurm.make_preemptible(queue, mode)
    try:
        yield
    finally:
        until(lambda: not slurm.ask("squeue", "-h", "-p", ",".join(partitions)))
        for name in partitions:
            slurm.ask("scontrol", "delete", f"PartitionName={name}", check=True)


def comes_back(slurm: SlurmBed, queue: Queue, work: Work, job: Job) -> None:
    """See a job go back to pending without workers, and its workers join again."""
    before, count = job.id, len(work.cluster.jobs)
    until(lambda: job.state == "pending" and not job.workers)
    assert (job.node, job.started, job.walltime_ends_at) == ("", None, None)
    # Slurm lets it wait for two minutes; an administrator need not. In the second in which the job
    # was put back its node takes no new credential for it ("Job credential revoked").
    slurm.ask("scontrol", "update", f"JobId={before}", "StartTime=now+2", check=True)
    is_whole(queue, work.cluster, work.cluster.wanted)
    assert (job.id, len(work.cluster.jobs)) == (before, count)


def is_whole_again(queue: Queue, work: Work, lost: int) -> None:
    """See that as many new jobs as were lost made the cluster whole."""
    jobs = work.cluster.wanted
    until(lambda: len(work.cluster.jobs) == jobs + lost)
    is_whole(queue, work.cluster, jobs)


def node_of(*works: Work) -> str:
    """Return the node that all jobs run on."""
    jobs = [job for work in works for job in work.cluster.jobs.values()]
    (node,) = {until(lambda: job.node) for job in jobs}  # noqa: B023
    return str(node)
