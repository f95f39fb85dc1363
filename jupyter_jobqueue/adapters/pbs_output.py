"""Parses what PBS prints with ``-F json``: jobs and queues."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from email.utils import parsedate
from typing import Any

from jupyter_jobqueue.adapters.model import BatchState, JobStatus, Listing, Queue
from jupyter_jobqueue.adapters.pbs_values import bytes_of, duration, element, exit_of, node_of
from jupyter_jobqueue.adapters.text import tag_in

STATES = {
    "Q": BatchState.PENDING,
    "T": BatchState.PENDING,
    "W": BatchState.PENDING,
    "H": BatchState.HELD,
    "R": BatchState.RUNNING,
    "E": BatchState.RUNNING,
    "S": BatchState.RUNNING,
    "U": BatchState.RUNNING,
}

ENDED = ("F", "X")
"""States of jobs that have ended."""

END_SUBSTATES = {91: BatchState.CANCELLED, 92: BatchState.DONE, 93: BatchState.FAILED}
"""How a job ended; the exit code of a deleted job, or of an array, may be 0 or missing."""

WALLTIME_EXCEEDED = -29
"""Exit status of a job that PBS ended at its walltime."""

GIVEN_UP = "too many failed attempts to run"
"""Comment on a job that PBS failed to start 21 times, and holds; not from a recording."""


def read_living(text: str) -> Listing:
    """Read the jobs of ``qstat``.

    An element that ended while others live has state X, often without a sign of how it ended. It is
    left out, so that the history is queried for it.
    """
    jobs = {job_id: job for job_id, job in _jobs(text).items() if not _lacks_end(job)}
    now = _timestamp(text)
    return Listing({job_id: _status(job_id, job, now) for job_id, job in jobs.items()})


def read_all(text: str) -> Listing:
    """Read the jobs of ``qstat -x``, ended ones too."""
    now = _timestamp(text)
    return Listing({job_id: _status(job_id, job, now) for job_id, job in _jobs(text).items()})


def _jobs(text: str) -> dict[str, dict[str, Any]]:
    """Read the jobs without the entries of whole arrays."""
    jobs = json.loads(text, strict=False).get("Jobs", {})
    return {job_id: job for job_id, job in jobs.items() if "[]" not in job_id}


def _timestamp(text: str) -> float | None:
    """Read the time of the answer, by the clock of the server."""
    found = re.search(r'^\s*"timestamp":\s*(\d+),', text, re.MULTILINE)
    return float(found[1]) if found else None


def _lacks_end(job: Mapping[str, Any]) -> bool:
    return job.get("job_state") == "X" and "Exit_status" not in job


def _status(job_id: str, job: Mapping[str, Any], now: float | None) -> JobStatus:
    state = _state(job)
    started = read_time(job.get("stime")) if "exec_host" in job else None
    waiting = state in (BatchState.PENDING, BatchState.HELD, BatchState.STUCK)
    exit_code, signal = exit_of(job.get("Exit_status")) if state.ended else (None, None)
    return JobStatus(
        state=state,
        reason=_reason(state, job),
        node=node_of(job.get("exec_host")),
        tag=tag_in(str(job.get("Job_Name", ""))),
        submitted=read_time(job.get("ctime")),
        # An element that waits has the start of its array.
        started=started,
        estimated_start=_estimated_start(job) if waiting else None,
        ended=_end_time(job) if state.ended else None,
        exit_code=exit_code,
        signal=signal,
        element=element(job_id),
        ended_by_system=state.ended and job.get("Exit_status") == WALLTIME_EXCEEDED,
        limit=None if state.ended else duration(job.get("Resource_List", {}).get("walltime")),
        ran=now - started if now and started and state is BatchState.RUNNING else None,
    )


def _state(job: Mapping[str, Any]) -> BatchState:
    code = job.get("job_state")
    if code in ENDED:
        return _end_state(job)
    if code == "H" and GIVEN_UP in str(job.get("comment", "")):
        return BatchState.STUCK
    # The elements of a held array are Q.
    held = code == "Q" and job.get("Hold_Types", "n") != "n"
    return BatchState.HELD if held else STATES.get(str(code), BatchState.UNKNOWN)


def _end_state(job: Mapping[str, Any]) -> BatchState:
    if "Exit_status" not in job:  # it never ran, or was ended by force
        return BatchState.CANCELLED
    by_code = BatchState.FAILED if job["Exit_status"] else BatchState.DONE
    return END_SUBSTATES.get(job.get("substate", 0), by_code)


def _reason(state: BatchState, job: Mapping[str, Any]) -> str:
    """Return the part of the comment that adds to the state; a held job often has no comment."""
    comment = str(job.get("comment", ""))
    if state.ended:
        match = re.search(r"\band ((?:failed|terminated|exceeded)\b.*)", comment)
        return match[1] if match else ""
    if state is BatchState.STUCK:
        return comment
    if state is BatchState.PENDING:
        return "" if comment.startswith(("Job Array Began", "Subjob")) else comment
    return f"Hold_Types={job.get('Hold_Types', '')}" if state is BatchState.HELD else ""


def read_time(text: object) -> float | None:
    """Read a local time such as ``Fri Nov 20 10:24:20 2026``, whatever the language."""
    parts = parsedate(str(text or ""))
    return time.mktime(parts) if parts else None


def _estimated_start(job: Mapping[str, Any]) -> float | None:
    estimated = job.get("estimated")
    known = estimated.get("start_time") if isinstance(estimated, Mapping) else None
    return read_time(known or job.get("Execution_Time"))


def _end_time(job: Mapping[str, Any]) -> float | None:
    found = read_time(job.get("obittime"))
    return found if found is not None else job.get("history_timestamp")


def read_queues(text: str) -> list[Queue]:
    """Read the queues of ``qstat -Q -f``."""
    return [queue_of(name, facts) for name, facts in json.loads(text).get("Queue", {}).items()]


def queue_of(name: str, facts: Mapping[str, Any]) -> Queue:
    """Return one queue with its limits.

    Parameters
    ----------
    name : str
        Its name.
    facts : Mapping
        Its attributes as PBS prints them.
    """
    limits, defaults = facts.get("resources_max", {}), facts.get("resources_default", {})
    cores = str(limits.get("ncpus", ""))
    return Queue(
        name=name,
        open=facts.get("enabled") == facts.get("started") == "True",
        max_walltime=duration(limits.get("walltime")),
        default_walltime=duration(defaults.get("walltime")),
        max_cores=int(cores) if cores.isdecimal() else None,
        max_memory=bytes_of(limits.get("mem")),
    )
