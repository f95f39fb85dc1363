"""Parses what Moab prints: ids of msub, jobs of ``showq --xml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from jupyter_jobqueue.adapters.model import BatchState, JobStatus, Listing
from jupyter_jobqueue.adapters.text import tag_in
from jupyter_jobqueue.adapters.torque_output import xml_of

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
"""States of jobs that have ended; a vacated job was preempted."""

TERMINATED = 256 + 15
"""Completion code of a job that was ended by SIGTERM."""


def read_id(text: str) -> list[str]:
    """Read ``123`` or ``Moab.123``, printed after an empty line."""
    match = re.search(r"^\s*((?:[\w-]+\.)?\d+)\s*$", text, re.MULTILINE)
    if not match:
        raise ValueError(f"no job id in {text!r}")
    return [match[1]]


def read_showq(text: str, ids: Iterable[str]) -> Listing:
    """Read the jobs of ``showq --xml``.

    Parameters
    ----------
    text : str
        The output.
    ids : iterable of str
        Ids that msub printed; a job with one of them is listed by it, whatever Moab calls it now.
    """
    known = set(ids)
    jobs = [job.attrib for job in xml_of(text).iter("job")]
    read = {_id(job, known): _status(job) for job in jobs if "JobID" in job}
    return Listing(read, complete=len(read) == len(jobs))


def _id(job: Mapping[str, str], known: set[str]) -> str:
    """Return the id that msub gave: Moab may use another one later."""
    names = (job.get(key, "") for key in ("JobID", "GJID", "DRMJID"))
    return next((name for name in names if name in known), job["JobID"])


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
        ended_by_system=state is BatchState.FAILED and _ended_by_system(job),
        limit=None if state.ended else _time(job.get("ReqAWDuration")),
        ran=_time(job.get("AWDuration")) if state is BatchState.RUNNING else None,
    )


def _state(job: Mapping[str, str]) -> tuple[BatchState, int | None]:
    """Return the state, and the exit code as far as the completion code is one."""
    code = job.get("CompletionCode", "")
    exit_code = int(code) if code.isdecimal() else None
    if job.get("State") not in ENDED:
        return STATES.get(job.get("State", ""), BatchState.UNKNOWN), None
    if exit_code == 0:
        return BatchState.DONE, exit_code
    failed = _ended_by_system(job) or exit_code not in (None, TERMINATED)
    return BatchState.FAILED if failed else BatchState.CANCELLED, exit_code


def _ended_by_system(job: Mapping[str, str]) -> bool:
    """Whether a job was preempted, or removed at its walltime."""
    used, limit = (_time(job.get(key)) or 0 for key in ("AWDuration", "ReqAWDuration"))
    overran = job.get("State") == "Removed" and 0 < limit <= used
    return overran or job.get("State") == "Vacated"


def _reason(state: BatchState, job: Mapping[str, str]) -> str:
    if state in (BatchState.DONE, BatchState.RUNNING):
        return ""
    code = job.get("State", "")
    if state.ended:
        return job.get("CompletionCode") or code
    return job.get("BlockReason") or ("" if code == "Idle" else code)


def _time(text: str | None) -> int | None:
    """Read seconds; 0 means no time."""
    return int(text) or None if text and text.isdecimal() else None
