"""One set of tests for every queue: the embedded one, and the real Slurm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest

from jupyter_jobqueue import (
    HTCondorCluster,
    JobQueueCluster,
    LocalCluster,
    SGECluster,
    SLURMCluster,
)
from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.localqueue.store import Store
from tests.beds.htcondor import HTCondorBed
from tests.beds.sge import SGEBed
from tests.beds.slurm import SlurmBed

pytest.register_assert_rewrite("tests.cluster.everywhere")

LOCALQ = [sys.executable, "-m", "jupyter_jobqueue.localqueue"]


def until(condition: Callable[[], Any], timeout: float = 120) -> Any:
    """Wait for a condition and return its value."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {timeout} s in vain"
        time.sleep(0.05)
    return value


def wake(cluster: JobQueueCluster) -> None:
    """Have the cluster look at its jobs now."""
    assert cluster.loop
    cluster.loop.add_callback(cluster.groups[0].wake)


def job_queue(cluster: JobQueueCluster) -> JobQueue:
    """Return the queue that the clusters of this one's event loop share."""

    async def shared() -> JobQueue:
        return JobQueue.of(cluster.system)

    found: JobQueue = cluster.sync(shared)  # type: ignore[no-untyped-call]
    return found


def states(cluster: JobQueueCluster) -> list[str]:
    """Return the state of each job in the order of submission."""
    return [str(job.state) for job in cluster.jobs.values()]


@dataclass
class Queue:
    """A queue with room for four small jobs, its cluster class, and what a person would ask it."""

    make: type[JobQueueCluster]
    options: dict[str, Any]
    listed: Callable[[], list[str]]
    """Ids that wait or run."""
    cancel: Callable[[str], object]
    refused: dict[str, Any]
    """Options with which the queue takes no job..."""
    words: str
    """... and what it says then."""

    def cluster(self, **options: Any) -> JobQueueCluster:
        return self.make(**{**self.options, **options})


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(autouse=True)
def _patient(patience: None) -> None:
    """Have time limits that a busy machine meets."""


@pytest.fixture
def local_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    folder = tmp_path / "localqueue"
    monkeypatch.setenv("JUPYTER_JOBQUEUE_LOCALQUEUE_DIR", str(folder))
    monkeypatch.setenv("JUPYTER_JOBQUEUE_LOCALQUEUE_CPUS", "4")
    monkeypatch.setenv("JUPYTER_JOBQUEUE_LOCALQUEUE_GRACE", "0.5")  # a nanny would take 2.4
    options = {"cores": 1, "memory": "500 MB"}
    listed = partial(listed_in, folder)
    yield Queue(LocalCluster, options, listed, cancel, {"cores": 64}, "64 CPUs")
    assert until(lambda: not listed(), timeout=40), "jobs left in the queue"
    stop_daemon(folder)


def listed_in(folder: Path) -> list[str]:
    """Return the jobs that wait or run; as `status` does, but without a process."""
    if not folder.exists():
        return []
    with Store(str(folder)) as store:
        return [row["id"] for row in store.jobs() if row["state"] in ("PENDING", "RUNNING")]


def cancel(job_id: str) -> None:
    subprocess.run([*LOCALQ, "cancel", job_id], check=True)


def stop_daemon(folder: Path) -> None:
    for file in folder.glob("*.pid"):
        with suppress(ProcessLookupError, ValueError):
            os.kill(int(file.read_text()), signal.SIGTERM)


@pytest.fixture
def slurm_queue(slurm: SlurmBed) -> Queue:
    def ids() -> list[str]:
        mine = os.environ.get("SLURM_JOB_ID")
        return [line.split()[0] for line in slurm.jobs() if line.split()[0] != mine]

    options = {"cores": 1, "memory": "500 MB", "interface": "lo", "walltime": "00:10:00"}
    refused, words = {"queue": "nosuch"}, "invalid partition specified: nosuch"
    return Queue(
        SLURMCluster, options, ids, lambda job_id: slurm.ask("scancel", job_id), refused, words
    )


FEW_PROCESSES = {
    "cores": 1,
    "nanny": False,  # half as many processes; Slurm is tested with nannies
    "memory": "500 MB",
    "interface": "lo",
}


class AskedBed(Protocol):
    """What a queue needs of a real batch system."""

    def jobs(self) -> list[str]:
        """Return a line for each job, which begins with its id."""

    def ask(self, *argv: str) -> str:
        """Run a command of the batch system."""


def real_queue(
    made: Any, bed: AskedBed, cancel: str, refused: dict[str, Any], words: str, **options: Any
) -> Queue:
    """Return a real batch system whose clusters have few processes; `cancel` is its command."""

    def ids() -> list[str]:
        return [line.split()[0] for line in bed.jobs()]

    settings = {**FEW_PROCESSES, **options}
    return Queue(made, settings, ids, lambda job: bed.ask(cancel, job), refused, words)


@pytest.fixture
def sge_queue(sge: SGEBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.chdir(tmp_path)
    refused, words = {"queue": "nosuch.q"}, 'job requests unknown queue "nosuch.q"'
    options = {"queue": "all.q", "parallel_environment": "smp"}
    return real_queue(SGECluster, sge, "qdel", refused, words, **options)


@pytest.fixture
def htcondor_queue(htcondor: HTCondorBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.chdir(tmp_path)
    refused = {"job_extra_directives": {"universe": "nosuch"}}
    words = "I don't know about the 'nosuch' universe"
    return real_queue(HTCondorCluster, htcondor, "condor_rm", refused, words)


@pytest.fixture(params=["local", pytest.param("slurm", marks=pytest.mark.slurm)])
def queue(request: pytest.FixtureRequest) -> Queue:
    found: Queue = request.getfixturevalue(f"{request.param}_queue")
    return found
