"""Parses what squeue and sacct of Slurm print: jobs."""

from __future__ import annotations

import math
import re
from datetime import datetime

from jupyter_jobqueue.adapters.model import BatchState, JobStatus, Listing

STATES = {
    "PENDING": BatchState.PENDING,
    "REQUEUED": BatchState.PENDING,
    "REQUEUE_FED": BatchState.PENDING,
    "REQUEUE_HOLD": BatchState.HELD,
    "RESV_DEL_HOLD": BatchState.HELD,
    "SPECIAL_EXIT": BatchState.STUCK,
    "CONFIGURING": BatchState.PENDING,
    "RUNNING": BatchState.RUNNING,
    "RESIZING": BatchState.RUNNING,
    "SIGNALING": BatchState.RUNNING,
    "SUSPENDED": BatchState.RUNNING,
    "STOPPED": BatchState.RUNNING,
    "COMPLETING": BatchState.RUNNING,
    "STAGE_OUT": BatchState.RUNNING,
    "COMPLETED": BatchState.DONE,
    "FAILED": BatchState.FAILED,
    "TIMEOUT": BatchState.FAILED,
    "NODE_FAIL": BatchState.FAILED,
    "BOOT_FAIL": BatchState.FAILED,
    "DEADLINE": BatchState.FAILED,
    "OUT_OF_MEMORY": BatchState.FAILED,
    "PREEMPTED": BatchState.FAILED,
    "CANCELLED": BatchState.CANCELLED,
    "REVOKED": BatchState.CANCELLED,
}
"""https://slurm.schedmd.com/squeue.html#SECTION_JOB-STATE-CODES"""

HELD = {
    "JobHeldUser": BatchState.HELD,
    "JobHeldAdmin": BatchState.HELD,
    "launch failed requeued held": BatchState.STUCK,
}
"""Reasons of pending jobs that do not start by themselves."""

BY_SYSTEM = {"TIMEOUT", "NODE_FAIL", "BOOT_FAIL", "DEADLINE", "PREEMPTED"}
"""States of jobs that ended for no fault of their own."""

SQUEUE_COLUMNS = (
    "JobArrayID",
    "State",
    "exit_code",
    "NodeList",
    "SubmitTime",
    "StartTime",
    "EndTime",
    "TimeUsed",
    "Reason",
    "Comment",
)
"""Columns of ``squeue -O``; the comment is last, as it may contain ``|``."""

SACCT_COLUMNS = ("JobID", "State", "ExitCode", "NodeList", "Submit", "Start", "End", "Reason")
"""Columns of ``sacct -o``."""

JOB_ID = re.compile(r"\d+(\+\d+|_\d+|_\[.*\])?")
"""``12``, ``12_3`` or ``12_[4-9]`` of an array, ``12+1`` of a heterogeneous job."""

NO_JOB = re.compile(r"CLUSTER: \S+\s*$")
"""The title that squeue prints when clusters are named."""

A_YEAR = 365 * 86400.0
"""Seconds; the end that Slurm shows of a job without a limit is so far from its start."""

QUIET_STATES = ("PENDING", "RUNNING", "COMPLETED")
"""States that explain nothing where Slurm gives no reason."""


def read_job_id(text: str) -> str:
    """Read the id from ``23``, ``23;cluster`` or a site wrapper's ``Submitted batch job 23``."""
    match = re.search(r"^(?:Submitted batch job )?(\d+)\b", text, re.MULTILINE)
    if not match:
        raise ValueError(f"no job id in {text!r}")
    return match.group(1)


# ---- squeue


def read_squeue(text: str) -> Listing:
    """Read the lines of squeue; after a line that is no job, others may be missing."""
    lines = [line for line in text.split("\n") if line.strip() and not NO_JOB.match(line)]
    rows = [line.split("|", len(SQUEUE_COLUMNS) - 1) for line in lines]
    jobs = [row for row in rows if len(row) == len(SQUEUE_COLUMNS) and JOB_ID.fullmatch(row[0])]
    whole = len(jobs) == len(rows) and (not rows or text.endswith("\n"))
    return Listing({row[0]: _squeue_row(row) for row in jobs}, complete=whole)


def _squeue_row(row: list[str]) -> JobStatus:
    job_id, code, exits, node, submitted, start, end, used, reason, comment = row
    comment = comment.removesuffix("|")
    state = STATES.get(code, BatchState.UNKNOWN)
    if state is BatchState.PENDING:
        state = HELD.get(reason, state)
    waiting = state in (BatchState.PENDING, BatchState.HELD, BatchState.STUCK)
    exit_code, signal = _exit(exits) if state.ended else (None, None)
    return JobStatus(
        state=state,
        reason=_reason(code, reason),
        node=node,
        tag="" if comment == "(null)" else comment,
        submitted=read_time(submitted),
        started=None if waiting else read_time(start),
        estimated_start=read_time(start) if waiting else None,
        ended=read_time(end) if state.ended else None,
        exit_code=exit_code,
        signal=signal,
        element=_element(job_id),
        ended_by_system=code in BY_SYSTEM,
        limit=_limit(code, start, end),
        ran=read_span(used) if code == "RUNNING" else None,
    )


def _limit(code: str, start: str, end: str) -> float | None:
    """Return how long a job may run: until its end, which an imminent preemption brings nearer."""
    began, ends = read_time(start), read_time(end)
    if code != "RUNNING" or began is None or ends is None:
        return None
    return math.inf if ends - began >= A_YEAR else ends - began


def read_span(text: str) -> float | None:
    """Read ``[[days-]hours:]minutes:seconds``; None for ``INVALID`` and the like.

    Examples
    --------
    >>> read_span("1:03"), read_span("10:00:00"), read_span("2-00:00:00"), read_span("NOT_SET")
    (63.0, 36000.0, 172800.0, None)
    """
    match = re.fullmatch(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)", text)
    if not match:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def _element(job_id: str) -> int:
    """Read the array index of ``12_3``; a pending array that was not split is ``12_[0-9]``."""
    index = job_id.partition("_")[2]
    return int(index) if index.isdigit() else 0


# ---- sacct


def read_sacct(text: str) -> dict[str, JobStatus]:
    """Read the lines of sacct; a line that is no job is skipped."""
    rows = (line.split("|", len(SACCT_COLUMNS) - 1) for line in text.splitlines())
    return {row[0]: _sacct_row(row) for row in rows if len(row) == len(SACCT_COLUMNS)}


def _sacct_row(row: list[str]) -> JobStatus:
    _, code, exits, node, submitted, start, end, reason = row
    code = code.partition(" ")[0]  # "CANCELLED by 0"
    state = STATES.get(code, BatchState.UNKNOWN)
    exit_code, signal = _exit(exits) if state.ended else (None, None)
    return JobStatus(
        state=state,
        reason=_reason(code, reason),
        node="" if node == "None assigned" else node,
        submitted=read_time(submitted),
        started=read_time(start),
        ended=read_time(end),
        exit_code=exit_code,
        signal=signal,
        ended_by_system=code in BY_SYSTEM,
    )


# ---- both


def read_time(text: str) -> float | None:
    """Read seconds since the epoch or a local time; None for ``N/A`` and ``Unknown``."""
    if text.isdigit():
        return float(text)
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def _reason(code: str, reason: str) -> str:
    """Return Slurm's reason, or the state where that explains more, as ``NODE_FAIL`` does."""
    if reason not in ("None", ""):
        return reason
    return code if code in STATES and code not in QUIET_STATES else ""


def _exit(text: str) -> tuple[int | None, int | None]:
    """Read exit code and signal from sacct's ``exit:signal`` or squeue's raw wait status."""
    if text.isdigit():
        status = int(text)
        return (None, status & 0x7F) if status & 0x7F else (status >> 8, None)
    match = re.fullmatch(r"(\d+):(\d+)", text.strip())
    if not match:
        return None, None
    exit_code, signal = int(match.group(1)), int(match.group(2))
    return (None, signal) if signal else (exit_code, None)
