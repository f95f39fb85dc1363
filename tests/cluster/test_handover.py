"""Results survive the end of jobs: short tasks, a fixed size, and workers that start slowly.

`make handovers` runs this for every batch system and three walltimes, and prints a table.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from jupyter_jobqueue import JobQueueCluster
from tests.cluster.conftest import Queue
from tests.standins.queues import SYSTEMS, any_queue

TABLE = os.environ.get("JUPYTER_JOBQUEUE_TEST_HANDOVERS", "")
"""File that gets a line of JSON for each run; all runs are made if it is set."""
WALLTIMES = (60, 120, 180)
SLOW_START = 12
"""Seconds by which the workers start later, as on a slow shared file system."""
JOBS = 2
REAL = {"slurm", "sge", "htcondor"}


def runs() -> Iterator[Any]:
    """Yield systems with walltimes in seconds: one of them as a rule, all for the table."""
    if not TABLE:
        yield pytest.param("local", 60)
        return
    for system in ("local", "slurm", "sge", "pbs", "torque", "lsf", "htcondor"):
        marks = [getattr(pytest.mark, system)] if system in REAL else []
        for walltime in WALLTIMES:
            yield pytest.param(system, walltime, marks=marks)


@pytest.fixture
def queue(
    system: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Queue]:
    if system in SYSTEMS:
        yield from any_queue(system, tmp_path, monkeypatch)
    else:
        yield request.getfixturevalue(f"{system}_queue")


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("system", "walltime"), list(runs()))
def test_no_result_is_lost_when_jobs_hand_over(
    system: str, walltime: int, queue: Queue, tmp_path: Path
) -> None:
    """Each task notes that it was computed: as often as there are notes, and no more than once."""
    notes, tasks = tmp_path / "computed", int(1.6 * JOBS * walltime)
    notes.touch()
    options = {
        "walltime": f"00:{walltime // 60:02}" + ("" if system == "lsf" else f":{walltime % 60:02}"),
        "job_script_prologue": [f"sleep {SLOW_START}"],
    }
    began = time.monotonic()
    with queue.cluster(**options) as cluster, Client(cluster) as client:
        cluster.scale(jobs=JOBS)
        futures = client.map(_second, range(tasks), notes=str(notes), pure=False)
        results = client.gather(futures)
        took, computed = time.monotonic() - began, notes.read_text().splitlines()
        report(cluster, system, walltime, tasks, computed, took)
    assert results == list(range(tasks))
    assert sorted(map(int, computed)) == list(range(tasks)), "none is computed again"
    assert len(cluster.jobs) >= 2 * JOBS
    assert not [text for _, text in cluster.notes if "again" in text]


def _second(number: int, notes: str) -> int:
    time.sleep(1)
    with Path(notes).open("a") as file:
        file.write(f"{number}\n")
    return number


def report(
    cluster: JobQueueCluster,
    system: str,
    walltime: int,
    tasks: int,
    computed: list[str],
    seconds: float,
) -> None:
    """Write a line for the table."""
    if TABLE:
        facts = {
            "system": system,
            "walltime": walltime,
            "jobs": len(cluster.jobs),
            "tasks": tasks,
            "again": len(computed) - tasks,
            "seconds": round(seconds),
            "said": [text for _, text in cluster.notes if "again" in text],
        }
        with Path(TABLE).open("a") as file:
            file.write(json.dumps(facts) + "\n")
