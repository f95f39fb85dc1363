"""Parses what qacct of Grid Engine prints: how jobs ended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from jupyter_jobqueue.adapters.model import BatchState, JobStatus
from jupyter_jobqueue.adapters.sge_output import read_time
from jupyter_jobqueue.adapters.text import tag_in

RESCHEDULED, LIMIT, KILLED = (24, 25), 37, 100
"""Codes of failure: the job is queued again, a limit was enforced, the job was killed."""


def read_qacct(text: str) -> dict[str, JobStatus]:
    """Read the records of ``qacct -j``: a line of ``=``, then a line for each value."""
    jobs = {}
    for block in re.split(r"^=+\n", text, flags=re.MULTILINE):
        fields = (line.partition(" ") for line in block.splitlines())
        record = {name: value.strip() for name, _, value in fields}
        number, task = record.get("jobnumber", ""), record.get("taskid", "")
        with suppress(ValueError):
            job = f"{number}.{task}" if task.isdigit() else number
            jobs[job] = _qacct_record(record)  # the last record of a job that ran again
    return jobs


def _qacct_record(record: Mapping[str, str]) -> JobStatus:
    """Read how a job ended; `ValueError` if its record lacks that."""
    failed, exit_status = _number(record, "failed"), _number(record, "exit_status")
    signal = exit_status - 128 if exit_status > 128 else None
    return JobStatus(
        state=_end_state(record, failed, exit_status),
        reason=record["failed"].partition(": ")[2],
        node=record.get("hostname", ""),
        tag=tag_in(record.get("jobname", "")),
        submitted=read_time(record.get("qsub_time", "")),
        started=read_time(record.get("start_time", "")),
        ended=read_time(record.get("end_time", "")),
        exit_code=exit_status if signal is None and (exit_status or not failed) else None,
        signal=signal,
        element=max(_number(record, "taskid", default=1) - 1, 0),
        ended_by_system=failed == LIMIT and _reached_walltime(record),
    )


def _end_state(record: Mapping[str, str], failed: int, exit_status: int) -> BatchState:
    if failed in RESCHEDULED:
        return BatchState.PENDING
    # By qdel. Before 8.1, which added the category, a reached limit looked the same.
    if failed == KILLED and exit_status == 128 + 9 and "category" in record:
        return BatchState.CANCELLED
    return BatchState.FAILED if failed or exit_status else BatchState.DONE


def _reached_walltime(record: Mapping[str, str]) -> bool:
    """Whether a job reached its walltime, not a limit of memory or CPU time."""
    requested = re.search(r"h_rt=(\d+)", record.get("category", ""))
    return requested is not None and _number(record, "ru_wallclock") >= int(requested[1])


def _number(record: Mapping[str, str], name: str, *, default: int | None = None) -> int:
    match = re.match(r"\d+", record.get(name, ""))
    if match is None and default is None:
        raise ValueError(f"no {name}")
    return int(match[0]) if match else default or 0
