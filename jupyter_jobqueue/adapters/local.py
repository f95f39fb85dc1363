"""The embedded local queue: a batch system in the size of one machine, spoken to like any other."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from jupyter_jobqueue.adapters.adapter import Adapter, Call, JobSpec, JobStatus, Queue, State
from jupyter_jobqueue.adapters.option import WALLTIME
from jupyter_jobqueue.adapters.text import quote

STATES = {
    "PENDING": State.PENDING,
    "RUNNING": State.RUNNING,
    "COMPLETED": State.DONE,
    "FAILED": State.FAILED,
    "TIMEOUT": State.FAILED,
    "CANCELLED": State.CANCELLED,
}


class Local(Adapter):
    """Jobs as processes of this machine, in as many slots as it has CPUs."""

    system = "local"
    label = "Local queue"
    class_name = "LocalCluster"
    directive = "#LOCALQ"
    array_index = "$LOCALQ_ARRAY_TASK_ID"
    host = "127.0.0.1"
    remembers = True
    leaks = r"LOCALQ_.*"
    options = (
        replace(
            WALLTIME, help="Time after which the queue ends a job, as HH:MM:SS.", default="08:00:00"
        ),
    )
    preset = {"cores": 1, "memory": "2GiB"}  # noqa: RUF012 (a constant)

    def directives(self, spec: JobSpec) -> list[str]:
        lines = [f"--job-name={quote(spec.name)}", f"--cpus={spec.cores}"]
        if spec.options.get("walltime"):
            lines.append(f"--time={quote(spec.options['walltime'])}")
        if spec.logs:
            out, err = self.log_paths(spec, "%j")
            lines += [f"--output={quote(out)}", f"--error={quote(err)}"]
        return lines

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        array = [f"--array={spec.count}"] if spec.count > 1 else []
        argv = _command("submit", *array, f"--tag={spec.tag}")

        def parse(text: str) -> list[str]:
            job = text.strip()
            return [job] if spec.count == 1 else [f"{job}_{index}" for index in range(spec.count)]

        return Call(argv, parse, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        return Call(_command("status"), _read_status)

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        return Call(_command("cancel", *ids), lambda text: None)

    def version(self) -> Call[str] | None:
        return None

    def queues(self) -> Call[list[Queue]]:
        return Call(_command("queues"), _read_queues)


def _command(*words: str) -> list[str]:
    # -P: a file in the working directory must not shadow a module of the standard library.
    return [sys.executable, "-P", "-m", "jupyter_jobqueue.localqueue", *words]


def _read_queues(text: str) -> list[Queue]:
    facts = json.loads(text)
    return [Queue("local", default=True, max_cores=facts["cpus"], nodes=1)]


def _read_status(text: str) -> dict[str, JobStatus]:
    return {job["id"]: _status(job) for job in json.loads(text)}


def _status(job: dict[str, Any]) -> JobStatus:
    return JobStatus(
        state=STATES.get(job["state"], State.UNKNOWN),
        reason=job["reason"] or ("Timeout" if job["state"] == "TIMEOUT" else ""),
        node=job["node"] or "",
        tag=job["tag"] or "",
        submitted=job["submitted"],
        started=job["started"],
        ended=job["ended"],
        exit_code=job["exit_code"],
        signal=job["signal"],
        by_system=job["state"] == "TIMEOUT",
        element=int(job["id"].partition("_")[2] or 0),
    )
