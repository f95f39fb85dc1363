"""The embedded queue: a batch system for one machine, with an adapter like any other."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.adapters.model import BatchState, Call, JobSpec, JobStatus, Listing, Queue
from jupyter_jobqueue.adapters.option import WALLTIME
from jupyter_jobqueue.adapters.text import element_ids, quote

STATES = {
    "PENDING": BatchState.PENDING,
    "RUNNING": BatchState.RUNNING,
    "COMPLETED": BatchState.DONE,
    "FAILED": BatchState.FAILED,
    "TIMEOUT": BatchState.FAILED,
    "CANCELLED": BatchState.CANCELLED,
}


class Local(Adapter):
    """Jobs as processes of this machine, in as many slots as it has CPUs."""

    system = "local"
    label = "Local queue"
    class_name = "LocalCluster"
    directive = "#LOCALQ"
    limit_directive = r"\s--time=(\S+)"
    array_index = "$LOCALQ_ARRAY_TASK_ID"
    host = "127.0.0.1"
    keeps_ended_jobs = True
    env_blocklist = r"LOCALQ_.*"
    options = (
        replace(
            WALLTIME, help="Time after which the queue ends a job, as HH:MM:SS.", default="08:00:00"
        ),
    )
    preset = {"cores": 1, "memory": "2GiB"}  # noqa: RUF012 (a constant)

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        array = [f"--array={spec.count}"] if spec.count > 1 else []
        argv = _command("submit", *array, f"--tag={spec.tag}")

        def parse(text: str) -> list[str]:
            return element_ids(text.strip(), "{job}_{index}", spec.count)

        return Call(argv, parse, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[Listing]:
        return Call(_command("status"), _read_status)

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        return Call(_command("cancel", *ids), lambda text: None)

    def version(self) -> Call[str] | None:
        return None

    def queues(self) -> Call[list[Queue]]:
        return Call(_command("queues"), _read_queues)

    def directives(self, spec: JobSpec) -> list[str]:
        lines = [f"--job-name={quote(spec.name)}", f"--cpus={spec.cores}"]
        if spec.options.get("walltime"):
            lines.append(f"--time={quote(spec.options['walltime'])}")
        if spec.logs:
            out, err = self.log_paths(spec, "%j")
            lines += [f"--output={quote(out)}", f"--error={quote(err)}"]
        return lines


def _command(*words: str) -> list[str]:
    # -P: no file in the working directory may shadow a module of the standard library.
    return [sys.executable, "-P", "-m", "jupyter_jobqueue.localqueue", *words]


def _read_queues(text: str) -> list[Queue]:
    facts = json.loads(text)
    return [Queue("local", default=True, max_cores=facts["cpus"], nodes=1)]


def _read_status(text: str) -> Listing:
    return Listing({job["id"]: _status(job) for job in json.loads(text)})


def _status(job: dict[str, Any]) -> JobStatus:
    return JobStatus(
        state=STATES.get(job["state"], BatchState.UNKNOWN),
        reason=job["reason"] or ("Timeout" if job["state"] == "TIMEOUT" else ""),
        node=job["node"] or "",
        tag=job["tag"] or "",
        submitted=job["submitted"],
        started=job["started"],
        ended=job["ended"],
        exit_code=job["exit_code"],
        signal=job["signal"],
        ended_by_system=job["state"] == "TIMEOUT",
        element=int(job["id"].partition("_")[2] or 0),
        limit=job.get("limit"),
        ran=job.get("ran"),
    )
