"""Parses what Torque prints: jobs as XML, queues as blocks of lines."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from jupyter_jobqueue.adapters.model import BatchState, JobStatus, Listing, Queue
from jupyter_jobqueue.adapters.pbs_output import queue_of
from jupyter_jobqueue.adapters.pbs_values import duration, element, exit_of, node_of
from jupyter_jobqueue.adapters.text import tag_in

STATES = {
    "Q": BatchState.PENDING,
    "T": BatchState.PENDING,
    "W": BatchState.PENDING,
    "H": BatchState.HELD,
    "R": BatchState.RUNNING,
    "E": BatchState.RUNNING,
    "S": BatchState.RUNNING,
}

KILLED_BY_QDEL = 256 + 15
"""Exit status of a job that was deleted while it ran."""

WALLTIME_EXCEEDED = -11
"""Exit status of a job that Torque ended at its walltime."""

VERDICTS = {
    -1: "JOB_EXEC_FAIL1",
    -2: "JOB_EXEC_FAIL2",
    -3: "JOB_EXEC_RETRY",
    -8: "JOB_EXEC_CMDFAIL",
    -9: "JOB_EXEC_STDOUTFAIL",
    -10: "JOB_EXEC_OVERLIMIT_MEM",
    -11: "JOB_EXEC_OVERLIMIT_WT",
    -12: "JOB_EXEC_OVERLIMIT_CPUT",
}
"""https://docs.adaptivecomputing.com/torque/6-1-2/adminGuide/Content/topics/torque/2-jobs/jobExitStatus.htm"""


def xml_of(text: str) -> ElementTree.Element:
    """Parse XML; `ValueError` if it is none."""
    try:
        return ElementTree.fromstring(text.strip())  # noqa: S314 (from the batch system)
    except ElementTree.ParseError as error:
        raise ValueError(f"not XML: {error}") from None


def read_qstat(text: str) -> Listing:
    """Read the jobs without the entries of whole arrays; no output at all if no job is left.

    Torque prints a whole document for each id that it is given.
    """
    parts = re.split(r"<\?xml[^>]*\?>|(?<=</Data>)", text)
    found = [job for part in parts if part.strip() for job in xml_of(part).iter("Job")]
    jobs = [_facts(job) for job in found]
    return Listing(
        {job["Job_Id"]: _status(job) for job in jobs if "[]" not in job.get("Job_Id", "[]")}
    )


def _facts(job: ElementTree.Element) -> dict[str, str]:
    told = {item.tag: item.text or "" for item in job}
    asked, left = job.findtext("Resource_List/walltime"), job.findtext("Walltime/Remaining")
    return told | {"limit": asked or "", "left": left or ""}


def _status(job: dict[str, str]) -> JobStatus:
    status = _number(job.get("exit_status"))
    state = _end_state(status) if job.get("job_state") == "C" else _live_state(job)
    exit_code, signal = exit_of(status) if state.ended else (None, None)
    limit = None if state.ended else duration(job["limit"])
    left = _number(job["left"])
    return JobStatus(
        state=state,
        reason=_reason(state, status, job),
        node=node_of(job.get("exec_host")),
        tag=tag_in(job.get("Job_Name", "")),
        submitted=_number(job.get("ctime")),
        started=_number(job.get("start_time")),
        ended=_number(job.get("comp_time")) if state.ended else None,
        exit_code=exit_code,
        signal=signal,
        element=element(job["Job_Id"]),
        ended_by_system=state.ended and status == WALLTIME_EXCEEDED,
        limit=limit,
        ran=None if limit is None or left is None else limit - left,
    )


def _end_state(status: int | None) -> BatchState:
    if status is None or status == KILLED_BY_QDEL:  # without an exit status, it never ran
        return BatchState.CANCELLED
    return BatchState.FAILED if status else BatchState.DONE


def _live_state(job: dict[str, str]) -> BatchState:
    held = job.get("job_state") == "Q" and job.get("Hold_Types", "n") != "n"
    return BatchState.HELD if held else STATES.get(job.get("job_state", ""), BatchState.UNKNOWN)


def _reason(state: BatchState, status: int | None, job: dict[str, str]) -> str:
    if state is BatchState.PENDING:
        return job.get("comment", "")
    if state is BatchState.HELD:
        return f"Hold_Types={job.get('Hold_Types', '')}"
    return VERDICTS.get(status or 0, "") if state.ended else ""


def _number(text: str | None) -> int | None:
    return int(text) if re.fullmatch(r"-?\d+", text or "") and text else None


def read_queues(text: str) -> list[Queue]:
    """Read the queues of ``qstat -Q -f``."""
    blocks = re.split(r"^Queue: ", text, flags=re.MULTILINE)[1:]
    return [_queue(block.splitlines()) for block in blocks]


def _queue(lines: list[str]) -> Queue:
    facts: dict[str, Any] = {}
    for key, found, value in (line.strip().partition(" = ") for line in lines[1:]):
        group, _, name = key.partition(".")
        if found and name:
            facts.setdefault(group, {})[name] = value
        elif found:
            facts[key] = value
    return queue_of(lines[0].strip(), facts)
