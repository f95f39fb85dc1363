"""What is kept of a cluster, and clusters of records that an earlier version has written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.cluster import snapshot
from jupyter_jobqueue.jobs.health import Problem
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.records.process import Process
from jupyter_jobqueue.records.record import Clock, Record, read, write

PROCESS = {"host": "login1", "boot": "b", "space": "s", "pid": 7, "born": "12"}
# As version 0.4 wrote it, but for values that differ from one machine to the next.
OLD: dict[str, Any] = {
    "version": 2, "id": "0123456789ab", "kind": "server", "owner": None, "closing": False,
    "created": 1000.0, "system": "slurm", "profile": "slurm", "name": "mine",
    "options": {"cores": 4, "memory": 8000000000, "processes": 2, "queue": "debug"},
    "scheduler_options": {}, "protocol": "tls://",
    "security": {"require_encryption": True, "tls_ca_file": "/keys/ca.pem"},
    "prefix": "secret", "folder": "/state/clusters/0123456789ab",
    "scheduler": {
        "address": "tls://10.0.0.1:8786", "dashboard_port": 8787, "lease": 600.0,
        "process": PROCESS,
    },
    "wanted": 3,
    "adaptive": {
        "minimum": 1, "maximum": 4, "idle_timeout": 60.0, "interval": 1.0,
        "target_duration": "1s", "log": [[1001.0, 3, "work for 3 jobs"]],
    },
    "count": 2, "sizes": {"jobqueue-0123456789ab-0": 2}, "failures": 1,
    "detail": "mine-1 ended before a worker joined (exit code 1)", "words": "boom",
    "notes": [[1002.0, "a note"]],
    "jobs": [
        {
            "name": "mine-0", "number": 0, "tag": "jobqueue-0123456789ab-0", "walltime": 1800,
            "id": "12_0", "state": "running", "reason": "", "node": "n1", "exit_code": None,
            "signal": None, "submitted": 1000.5, "queued": 1001.0, "started": 1002.0,
            "ended": None, "estimated_start": None, "stdout": "/l/o", "stderr": "/l/e",
            "workers": ["mine-0-0"], "known_workers": ["mine-0-0", "mine-0-1"], "joined": True,
            "stuck": False, "by_system": False, "absent": 0, "missed": 0.0,
        },
        {
            "name": "mine-1", "number": 1, "tag": "jobqueue-0123456789ab-0", "walltime": 1800,
            "id": "12_1", "state": "failed", "reason": "TIMEOUT", "node": "n2", "exit_code": 1,
            "signal": None, "submitted": 1000.5, "queued": 1001.0, "started": 1002.0,
            "ended": 1010.0, "estimated_start": None, "stdout": "", "stderr": "", "workers": [],
            "known_workers": [], "joined": False, "stuck": False, "by_system": True, "absent": 1,
            "missed": 1011.0,
        },
    ],
}  # fmt: skip


def old_record(tmp_path: Path) -> Record:
    path = tmp_path / f"{OLD['id']}.json"
    path.write_text(json.dumps(OLD))
    return read(path)


def test_the_jobs_of_an_older_record_are_all_there(tmp_path: Path) -> None:
    state = snapshot.group_state_of(old_record(tmp_path))
    assert state.jobs == [
        Job(
            "mine-0", 0, "jobqueue-0123456789ab-0", 1800, id="12_0",
            state=JobState.STARTING,  # until its workers are seen
            node="n1", submitted=1000.5, submitted_per_queue=1001.0, started=1002.0,
            stdout="/l/o", stderr="/l/e", known_workers={"mine-0-0", "mine-0-1"}, joined=True,
        ),
        Job(
            "mine-1", 1, "jobqueue-0123456789ab-0", 1800, id="12_1", state=JobState.FAILED,
            reason="TIMEOUT", node="n2", exit_code=1, submitted=1000.5,
            submitted_per_queue=1001.0, started=1002.0, ended=1010.0, ended_by_system=True,
            absent=1, last_missed_at=1011.0,
        ),
    ]  # fmt: skip
    assert (state.count, state.sizes, state.failures) == (2, {"jobqueue-0123456789ab-0": 2}, 1)
    assert state.problem == Problem(
        "mine-1 ended before a worker joined (exit code 1)", "boom", can_retry=True
    )


def test_the_size_of_an_older_record_is_there(tmp_path: Path) -> None:
    target = snapshot.group_state_of(old_record(tmp_path)).target
    assert target.adapt is not None
    assert (target.jobs, target.adapt.minimum, target.adapt.maximum) == (3, 1, 4)
    assert [tuple(entry) for entry in target.adapt.log] == [(1001.0, 3, "work for 3 jobs")]


def test_a_cluster_is_made_of_an_older_record(tmp_path: Path) -> None:
    arguments = snapshot.arguments_of(old_record(tmp_path))
    kept = arguments["_kept"]
    spec, files, placement = kept.spec, kept.files, kept.placement
    assert (spec.system, spec.name, spec.options["queue"]) == ("slurm", "mine", "debug")
    assert (str(files.path), files.tls["tls_ca_file"]) == (OLD["folder"], "/keys/ca.pem")
    assert (placement.address, placement.prefix, placement.lease) == (
        "tls://10.0.0.1:8786", "secret", 600.0,
    )  # fmt: skip
    assert placement.dashboard_port == 0, "its dashboard can be seen on its own machine only"
    assert (kept.id, kept.created) == ("0123456789ab", 1000.0)


def test_a_record_is_written_with_the_names_of_its_first_version(tmp_path: Path) -> None:
    record = old_record(tmp_path)
    jobs = [snapshot.group_state_of(record).jobs[1]]
    (kept,) = snapshot.kept_jobs(jobs)
    newer = dict.fromkeys(("vanished", "written_off", "handed_over"), False)
    later = {"ahead": 0.0, "joined_at": None}
    assert kept == OLD["jobs"][1] | newer | later
    assert json.loads(write(record))["jobs"] == OLD["jobs"]


@pytest.mark.parametrize("step", [3600.0, 172_800.0, -3600.0, -172_800.0])
def test_what_was_kept_before_somebody_set_the_clock_is_as_old_as_it_is(
    step: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that starts after the step takes the time of day for what it says."""
    record, now = old_record(tmp_path), steady.now()
    record.created = now - 100
    record.jobs[0].submitted = now - 90
    assert record.jobs[0].model_extra
    record.jobs[0].model_extra["started"] = now - 60
    boot = Process.of(os.getpid()).boot
    record.clock = Clock(boot=boot, offset=steady.OFFSET)
    monkeypatch.setattr(steady, "OFFSET", steady.OFFSET + step)
    assert snapshot.age_of(record) == pytest.approx(100, abs=5)
    job = snapshot.group_state_of(record).jobs[0]
    assert steady.now() - job.submitted == pytest.approx(90, abs=5)
    assert steady.now() - (job.started or 0) == pytest.approx(60, abs=5)
    assert job.ahead == -step, "the clock of the queue is where it was"
    record.clock = Clock(boot="another", offset=steady.OFFSET - step)
    assert snapshot.age_of(record) == pytest.approx(100 + step, abs=5), "nobody can know"
