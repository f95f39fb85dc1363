"""Moab, known from documents and from what public programs read; nothing here was run on it.

``showq`` prints what nextflow and COBalD/TARDIS keep in their tests (``tests/recordings/moab``
names the sources), ``msub`` and ``mjobctl`` are called as they do. Its arrays must be turned on by
a site and differ from those of the batch system below it, so that jobs are submitted one by one.
"""

from __future__ import annotations

import getpass
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jupyter_jobqueue.adapters.adapter import BatchState, Call, JobSpec, JobStatus, Queue
from jupyter_jobqueue.adapters.text import tag_in
from jupyter_jobqueue.adapters.torque import Torque, xml_of

STATES = {
    "Idle": BatchState.PENDING,
    "Deferred": BatchState.PENDING,
    "Migrated": BatchState.PENDING,
    "NotQueued": BatchState.PENDING,
    "Staging": BatchState.PENDING,
    "Hold": BatchState.HELD,
    "UserHold": BatchState.HELD,
    "SystemHold": BatchState.HELD,
    "BatchHold": BatchState.STUCK,
    "Starting": BatchState.RUNNING,
    "Running": BatchState.RUNNING,
    "Suspended": BatchState.RUNNING,
    "Canceling": BatchState.RUNNING,
}
ENDED = ("Completed", "Removed", "Vacated")


class Moab(Torque):
    """`msub`, `showq` and `mjobctl`; the script is one of PBS."""

    system = "moab"
    label = "Moab"
    class_name = "MoabCluster"
    commands = ("msub", "showq", "mjobctl")
    array_index = ""
    status_lists_all = True
    unreachable_pattern = r"client timed out|annot connect to|communication error"
    limit_pattern = r"(?!)"
    env_blocklist = rf"MOAB_.*|{Torque.env_blocklist}"
    submit_command = ("msub",)

    def warnings(self, options: Mapping[str, Any]) -> list[str]:
        return []  # the batch system below may know select=

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        argv = [*self.submit_command, "-N", f"{self.job_name(spec)}.{spec.tag}"]
        return Call(argv, _read_id, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        return self._showq([], ids)

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]] | None:
        return self._showq(["-c"], ids)

    def _showq(self, words: list[str], ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        argv = ["showq", *words, "--xml", "-w", f"user={getpass.getuser()}"]
        return Call(argv, lambda text: _read_showq(text, ids))

    def list_ids(self) -> Call[list[str]] | None:
        return None

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        argv = ["mjobctl", "-c", ",".join(ids)]
        return Call(argv, lambda text: None, already_gone_pattern="invalid job specified")

    def queues(self) -> Call[list[Queue]] | None:
        return None

    def version(self) -> Call[str]:
        # Whatever it says: a version that nobody can read makes no batch system unusable.
        return Call(
            ["showq", "--version"],
            lambda text: text.strip().partition("\n")[0],
            already_gone_pattern=".",
        )


def _read_id(text: str) -> list[str]:
    """Read ``123`` or ``Moab.123``, printed after an empty line."""
    match = re.search(r"^\s*((?:[\w-]+\.)?\d+)\s*$", text, re.MULTILINE)
    if not match:
        raise ValueError(f"no job id in {text!r}")
    return [match[1]]


def _read_showq(text: str, ids: Iterable[str]) -> dict[str, JobStatus]:
    asked = set(ids)
    jobs = [job.attrib for job in xml_of(text).iter("job")]
    return {_id(job, asked): _status(job) for job in jobs if "JobID" in job}


def _id(job: Mapping[str, str], asked: set[str]) -> str:
    """Return the id that msub gave: the one that Moab uses later may be another."""
    names = (job.get(key, "") for key in ("JobID", "GJID", "DRMJID"))
    return next((name for name in names if name in asked), job["JobID"])


def _status(job: Mapping[str, str]) -> JobStatus:
    state, exit_code = _state(job)
    waiting = state in (BatchState.PENDING, BatchState.HELD, BatchState.STUCK)
    return JobStatus(
        state=state,
        reason=_reason(state, job),
        node=job.get("MasterHost", ""),
        tag=tag_in(job.get("JobName", "")),
        submitted=_time(job.get("SubmissionTime")),
        started=None if waiting else _time(job.get("StartTime")),
        estimated_start=_time(job.get("RsvStartTime")) if waiting else None,
        ended=_time(job.get("CompletionTime")) if state.ended else None,
        exit_code=exit_code if exit_code is None or exit_code <= 256 else None,
        signal=exit_code - 256 if exit_code and exit_code > 256 else None,
        ended_by_system=state is BatchState.FAILED
        and (_overran(job) or job.get("State") == "Vacated"),
    )


def _state(job: Mapping[str, str]) -> tuple[BatchState, int | None]:
    """Return the state, and the exit code as far as the completion code is one."""
    code = job.get("CompletionCode", "")
    exit_code = int(code) if code.isdecimal() else None
    if job.get("State") not in ENDED:
        return STATES.get(job.get("State", ""), BatchState.UNKNOWN), None
    if exit_code == 0:
        return BatchState.DONE, exit_code
    failed = _overran(job) or job["State"] == "Vacated" or exit_code not in (None, 256 + 15)
    return BatchState.FAILED if failed else BatchState.CANCELLED, exit_code


def _overran(job: Mapping[str, str]) -> bool:
    """Whether a job that did not end by itself had used its walltime."""
    used, most = (_time(job.get(key)) or 0 for key in ("AWDuration", "ReqAWDuration"))
    return job.get("State") == "Removed" and 0 < most <= used


def _reason(state: BatchState, job: Mapping[str, str]) -> str:
    if state in (BatchState.DONE, BatchState.RUNNING):
        return ""
    said = job.get("State", "")
    if state.ended:
        return job.get("CompletionCode") or said
    return job.get("BlockReason") or ("" if said == "Idle" else said)


def _time(text: str | None) -> int | None:
    """Read seconds; 0 is no time."""
    return int(text) or None if text and text.isdecimal() else None
