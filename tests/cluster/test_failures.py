"""Jobs that end before a worker joined: counted, told with their cause, and not repeated for ever.

Each cause is a real one: the job fails on a node of the real Slurm, or Slurm cannot start it.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from jupyter_jobqueue import JobQueueCluster
from tests.beds.slurm import SlurmBed
from tests.cluster.conftest import Queue, states, until, wake


def empty_python(folder: Path) -> dict[str, Any]:
    """Return the options for a Python that has no packages, and that only the nodes can find."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "empty"], check=True)
    where = f"PYTHON_OF_NODE={folder / 'empty' / 'bin' / 'python'}"
    return {"python": "$PYTHON_OF_NODE", "job_script_prologue": [where]}


def stale_address(folder: Path) -> dict[str, Any]:
    """Return the options for workers that are sent to where nobody listens."""
    file = folder / "scheduler.json"
    file.write_text(json.dumps({"address": "tls://127.0.0.1:9"}))
    soon = "export DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT=2s"
    return {"worker_extra_args": ["--scheduler-file", str(file)], "job_script_prologue": [soon]}


CAUSES: dict[str, tuple[Callable[[Path], dict[str, Any]], int, str, str]] = {
    "a Python that is not there": (
        lambda folder: {"python": "/no/such/python"},
        127,
        "/no/such/python: No such file or directory",
        "There is no /no/such/python on the node. Set the option `python` to a Python that the "
        "nodes can see.",
    ),
    "a Python without Dask": (
        empty_python,
        1,
        "No module named 'distributed'",
        "The Python of the jobs has no module distributed. Choose another Python with the option "
        "`python`, or load its environment in `job_script_prologue`.",
    ),
    "a scheduler out of reach": (
        stale_address,
        1,
        "Timed out trying to connect to tls://127.0.0.1:9 after",
        "The node cannot reach the scheduler at tls://127.0.0.1:9. Try another network "
        "`interface`.",
    ),
    "a step of the site's own": (
        lambda folder: {"job_script_prologue": ["echo the licence is used up >&2", "exit 1"]},
        1,
        "the licence is used up",
        "",
    ),
    "an end without an error": (lambda folder: {"job_script_prologue": ["exit 0"]}, 0, "", ""),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_the_cause_is_told(
    slurm_queue: Queue, tmp_path: Path, caplog: pytest.LogCaptureFixture, cause: str
) -> None:
    make, exit_code, words, diagnosis = CAUSES[cause]
    with slurm_queue.cluster(**make(tmp_path), silence_logs=False) as cluster:
        cluster.scale(jobs=3)
        until(lambda: cluster.state == "degraded", timeout=120)
        assert [job.exit_code for job in cluster.jobs.values()] == [exit_code] * 3
        end = f" ended before a worker joined (exit code {exit_code} on node1)"
        assert cluster.status_detail.endswith(end)
        assert words in cluster.status_words
        assert cluster.diagnosis == diagnosis
        assert f"degraded: {cluster.status_detail})" in repr(cluster)
        (warning,) = until(lambda: warnings_in(caplog))
        assert warning.startswith("SLURMCluster submits no more jobs: SLURMCluster-")
        assert words in warning
        assert diagnosis in warning
        assert slurm_queue.listed() == []


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    ours = (each for each in caplog.records if each.name.startswith("jupyter_jobqueue."))
    return [each.getMessage() for each in ours if each.levelno == logging.WARNING]


def test_a_job_that_slurm_cannot_start_and_holds(slurm: SlurmBed, slurm_queue: Queue) -> None:
    """It is cancelled, as it would never start, and counts."""
    with slurm_queue.cluster() as cluster:
        with slurm.without_spool("node1"):
            cluster.scale(jobs=3)
            until(lambda: cluster.state == "degraded")
        until(lambda: states(cluster) == ["cancelled"] * 3)
        assert "(launch failed requeued held" in cluster.status_detail
        assert cluster.status_words == "launch failed requeued held"
        until(lambda: slurm_queue.listed() == [])
        assert len(cluster.jobs) == 3
        cluster.retry()
        cluster.wait_for_workers(3, timeout=120)
        until(lambda: states(cluster)[3:] == ["running"] * 3)
        assert (cluster.state, cluster.status_detail) == ("running", "")


FAILS = {"job_script_prologue": ["exit 3"]}


@pytest.mark.parametrize(("allowed", "fewer"), [(None, 2), (1, 0), (5, 4)])
def test_so_many_may_fail_in_a_row_until_a_retry(
    slurm_queue: Queue, allowed: int | None, fewer: int
) -> None:
    """One failure less is none too many, but followed by a pause."""
    options = FAILS if allowed is None else {**FAILS, "allowed_failures": allowed}
    with slurm_queue.cluster(**options) as cluster:
        if fewer:
            cluster.scale(jobs=fewer)
            until(lambda: cluster.groups[0].failures.count == fewer)
            assert cluster.state == "running"
            assert "exit code 3" in cluster.status_detail
        before = len(cluster.jobs)
        cluster.scale(jobs=fewer + 1)  # counts anew
        assert cluster.status_detail == ""
        until(lambda: cluster.state == "degraded")
        assert len(cluster.jobs) == before + fewer + 1
        looked_often(cluster)
        assert len(cluster.jobs) == before + fewer + 1
        cluster.retry()
        assert (cluster.state, cluster.status_detail) == ("running", "")
        assert len(cluster.jobs) == before + 2 * (fewer + 1)


def looked_often(cluster: JobQueueCluster) -> None:
    """Have the cluster compare its jobs with the number wanted some times more."""
    scaler, looks = cluster.groups[0].scaler, list[None]()
    follow_up = scaler.follow_up

    async def noted() -> None:
        await follow_up()
        looks.append(None)

    scaler.follow_up = noted  # type: ignore[method-assign]
    for count in range(1, 6):
        wake(cluster)
        until(lambda: len(looks) >= count)  # noqa: B023


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Return the name of a file, whose being there makes jobs fail."""
    return tmp_path / "broken"


def fail_while(broken: Path) -> dict[str, Any]:
    return {"job_script_prologue": [f"[ ! -e {broken} ] || exit 3"]}


def test_a_worker_that_joins_begins_the_count_anew(slurm_queue: Queue, broken: Path) -> None:
    broken.touch()
    with slurm_queue.cluster(**fail_while(broken)) as cluster:
        cluster.scale(jobs=2)
        until(lambda: cluster.groups[0].failures.count == 2)
        broken.unlink()
        until(lambda: states(cluster) == ["failed", "failed", "running", "running"])
        assert (cluster.groups[0].failures.count, cluster.status_detail) == (0, "")


def test_a_silent_queue_does_not_make_the_cause_forgotten(
    slurm: SlurmBed, slurm_queue: Queue, broken: Path
) -> None:
    with slurm_queue.cluster(**fail_while(broken)) as cluster:
        cluster.scale(jobs=1)
        until(lambda: states(cluster) == ["running"])
        broken.touch()
        cluster.scale(jobs=4)
        until(lambda: cluster.state == "degraded")
        told = cluster.status_detail
        assert "exit code 3" in told
        with slurm.away():
            wake(cluster)
            until(lambda: cluster.status_detail.startswith("The batch system is not"))
            assert cluster.diagnosis == ""  # the words are not those of a node
        until(lambda: cluster.status_detail == told, timeout=120)
        assert (cluster.state, states(cluster)[0]) == ("degraded", "running")


# ---- never many submissions


def test_when_every_job_fails_few_are_submitted(slurm_queue: Queue) -> None:
    """Whatever is allowed. The rest of the minute is seen with a fake clock, in the unit tests."""
    with slurm_queue.cluster(**FAILS, allowed_failures=1000) as cluster:
        begun = time.monotonic()
        cluster.scale(jobs=1)
        until(lambda: len(cluster.jobs) >= 2)
        until(lambda: len(cluster.jobs) > 3 or time.monotonic() - begun > 12)
        assert 2 <= len(cluster.jobs) <= 3
        assert cluster.state == "running"


def test_workers_that_join_and_leave_at_once_are_replaced_no_more_than_now_and_then(
    local_queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine workers take so long to come that few come in a minute.
    monkeypatch.setattr("jupyter_jobqueue.jobs.limits.MINUTE", 600.0)
    monkeypatch.setattr("jupyter_jobqueue.jobs.job.CRASH_WITHIN", 600.0)
    with local_queue.cluster(worker_extra_args=["--lifetime", "1s"]) as cluster:
        cluster.scale(jobs=3)
        until(lambda: "at most 5 submissions per minute" in cluster.status_detail, timeout=120)
        assert set(states(cluster)) <= {"done", "running", "starting"}
        assert len({job.tag for job in cluster.jobs.values()}) <= 7, "one submission a tag"
        before = len(cluster.jobs)
        cluster.retry()
        assert len(cluster.jobs) > before


def test_what_the_queue_refuses_is_not_asked_for_again_and_again(
    slurm: SlurmBed, slurm_queue: Queue
) -> None:
    """An adaptive cluster looks ten times a second; its partition is not there any more."""
    slurm.ask("scontrol", "create", "PartitionName=brief", "Nodes=ALL", check=True)
    with slurm_queue.cluster(queue="brief") as cluster, Client(cluster) as client:
        slurm.ask("scontrol", "delete", "PartitionName=brief", check=True)
        cluster.adapt(maximum_jobs=2, interval="100ms")
        future = client.submit(sum, [40, 2])
        begun = time.monotonic()
        times = cluster.groups[0].scaler.limits.submissions.times
        until(lambda: len(times) >= 2)
        until(lambda: cluster.status_words and time.monotonic() - begun > 6)
        assert len(times) <= 3
        assert "invalid partition specified: brief" in cluster.status_words
        slurm.ask("scontrol", "create", "PartitionName=brief", "Nodes=ALL", check=True)
        assert future.result(timeout=120) == 42
        assert cluster.status_detail == ""
    slurm.ask("scontrol", "delete", "PartitionName=brief", check=True)
