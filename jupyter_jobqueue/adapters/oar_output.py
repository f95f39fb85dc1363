"""Parses what OAR prints: jobs of ``oarstat -f -J``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from jupyter_jobqueue.adapters.model import BatchState, JobStatus, Listing
from jupyter_jobqueue.adapters.text import tag_in

STATES = {
    "Waiting": BatchState.PENDING,
    "toAckReservation": BatchState.PENDING,
    "toLaunch": BatchState.PENDING,
    "Launching": BatchState.PENDING,
    "Hold": BatchState.HELD,
    "Running": BatchState.RUNNING,
    "Suspended": BatchState.RUNNING,
    "Resuming": BatchState.RUNNING,
    "Finishing": BatchState.RUNNING,
    "toError": BatchState.RUNNING,
    "Terminated": BatchState.DONE,
    "Error": BatchState.FAILED,
}

BY_SYSTEM = {"WALLTIME", "BESTEFFORT_KILL", "RESUBMIT_JOB_AUTOMATICALLY"}
"""Events of a job in state Error: OAR took it from its node, or gave up starting it."""

DELETED = "FRAG_JOB_REQUEST"
"""Event of a job in state Error: somebody deleted it, or OAR did for another reason."""

CONSEQUENCES = {
    DELETED,
    "SEND_KILL_JOB",
    "SWITCH_INTO_ERROR_STATE",
    "RESUBMIT_JOB_AUTOMATICALLY",
}
"""Events of a job in state Error that follow from the cause, whatever it was."""


def read_job_ids(text: str, count: int) -> list[str]:
    """Read the ids of jobs from the output of oarsub.

    Parameters
    ----------
    text : str
        The output.
    count : int
        Number of submitted jobs.

    Raises
    ------
    ValueError
        If the output has another number of ids.
    """
    ids = re.findall(r"^OAR_JOB_ID=(\d+)$", text, re.MULTILINE)
    if len(ids) != count:
        raise ValueError(f"no {count} job ids in {text!r}")
    return ids


def read_oarstat(text: str) -> Listing:
    """Read the listing; oarstat prints nothing if there are no jobs."""
    if not text.strip():
        return Listing()
    jobs, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
    read = {job_id: _status(job) for job_id, job in jobs.items() if "state" in job}
    return Listing(read, complete=len(read) == len(jobs))


def _status(job: Mapping[str, Any]) -> JobStatus:
    state, reason = _state(job)
    waiting = state in (BatchState.PENDING, BatchState.HELD)
    exit_code, signal = _exit(job.get("exit_code")) if state.ended else (None, None)
    return JobStatus(
        state=state,
        reason=reason,
        node=",".join(job.get("assigned_network_address") or ()),
        tag=tag_in(job.get("name") or ""),
        submitted=job.get("submissionTime") or None,
        started=None if waiting else job.get("startTime") or None,
        estimated_start=job.get("scheduledStart") or None if waiting else None,
        ended=job.get("stopTime") or None if state.ended else None,
        exit_code=exit_code,
        signal=signal,
        element=(job.get("array_index") or 1) - 1,
        ended_by_system=job["state"] == "Error" and bool(BY_SYSTEM & set(_events(job))),
        limit=None if state.ended else job.get("walltime") or None,
    )


def _state(job: Mapping[str, Any]) -> tuple[BatchState, str]:
    """Return the state and its reason."""
    code = job["state"]
    if code == "Terminated":
        return (BatchState.FAILED if job.get("exit_code") else BatchState.DONE), ""
    if code == "Error":
        return _error(job)
    return STATES.get(code, BatchState.UNKNOWN), _message(job) if code == "Waiting" else ""


def _error(job: Mapping[str, Any]) -> tuple[BatchState, str]:
    """Return how a job in state Error ended, which only its events show."""
    events = _events(job)
    if DELETED in events and not BY_SYSTEM & set(events):
        return BatchState.CANCELLED, events[DELETED]
    causes = sorted(set(events) - CONSEQUENCES, key=lambda kind: kind not in BY_SYSTEM)
    reason = f"{causes[0]}: {events[causes[0]]}" if causes else job.get("message") or ""
    return BatchState.FAILED, reason


def _events(job: Mapping[str, Any]) -> dict[str, str]:
    return {event["type"]: event["description"] for event in job.get("events") or ()}


def _message(job: Mapping[str, Any]) -> str:
    """Return why a job waits: its message without the repetition of its request.

    Examples
    --------
    >>> _message({"message": "R=64,W=0:10:0,J=B (Karma=0.000,quota_ok)"})
    'Karma=0.000,quota_ok'
    """
    text = str(job.get("message") or "")
    match = re.fullmatch(r"R=\d+,W=.*?(?: \((.*)\))?", text)
    return match[1] or "" if match else text


def _exit(status: int | None) -> tuple[int | None, int | None]:
    """Read exit code and signal from a wait status; a job in state Error has none."""
    if status is None:
        return None, None
    return (None, status & 0x7F) if status & 0x7F else (status >> 8, None)
