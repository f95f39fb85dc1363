"""The embedded queue's answers, as its commands promise them."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, JobSpec, JobStatus, Queue
from jupyter_jobqueue.adapters.local import Local

LOCAL = Local()
COMMAND = [sys.executable, "-P", "-m", "jupyter_jobqueue.localqueue"]
JOB = {
    "id": "12_0", "name": "dask-worker", "tag": "jobqueue-abc-0", "state": "RUNNING", "reason": "",
    "node": "laptop", "exit_code": None, "signal": None, "submitted": 10.0, "started": 11.0,
    "ended": None, "cpus": 1, "stdout": "/o", "stderr": "/e",
}  # fmt: skip


def read(*jobs: dict[str, Any]) -> dict[str, JobStatus]:
    return LOCAL.status([]).parse(json.dumps([{**JOB, **facts} for facts in jobs]))


def test_commands_are_modules_of_this_python() -> None:
    assert LOCAL.status(["12"]).argv == [*COMMAND, "status"]
    assert LOCAL.cancel(["12_0", "13"]).argv == [*COMMAND, "cancel", "12_0", "13"]
    spec = JobSpec("sleep 1", count=3, tag="t")
    assert LOCAL.submit(spec).argv == [*COMMAND, "submit", "--array=3", "--tag=t"]
    assert LOCAL.submit(spec).stdin == LOCAL.script(spec)


@pytest.mark.parametrize(("count", "ids"), [(1, ["12"]), (3, ["12_0", "12_1", "12_2"])])
def test_a_submission_gives_an_id_for_each_job(count: int, ids: list[str]) -> None:
    assert LOCAL.submit(JobSpec("sleep 1", count=count)).parse("12\n") == ids


def test_status_lists_everything() -> None:
    assert read({}) == {
        "12_0": JobStatus(
            BatchState.RUNNING, "", "laptop", "jobqueue-abc-0", submitted=10.0, started=11.0
        )
    }


@pytest.mark.parametrize(
    ("state", "expected", "reason"),
    [
        ("PENDING", BatchState.PENDING, ""),
        ("COMPLETED", BatchState.DONE, ""),
        ("FAILED", BatchState.FAILED, ""),
        ("TIMEOUT", BatchState.FAILED, "Timeout"),
        ("CANCELLED", BatchState.CANCELLED, ""),
        ("NEWER", BatchState.UNKNOWN, ""),
    ],
)
def test_states(state: str, expected: BatchState, reason: str) -> None:
    status = read({"state": state, "node": None, "tag": None, "exit_code": 3})["12_0"]
    assert (status.state, status.reason, status.node, status.tag) == (expected, reason, "", "")
    assert status.exit_code == 3


def test_queues() -> None:
    text = '{"cpus": 2, "free": 1, "host": "laptop"}'
    call = LOCAL.queues()
    assert call is not None
    assert call.parse(text) == [Queue("local", default=True, max_cores=2, nodes=1)]
