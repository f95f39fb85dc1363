"""How Torque 6.1 prints jobs: a table, text and XML."""

from __future__ import annotations

import grp
import os
from collections.abc import Iterable
from typing import Any

from tests.standins.engine import Job
from tests.standins.portable import HOME, USER, clock, short_clock, span

HOST = "vm"
GROUP = grp.getgrgid(os.getgid()).gr_name
HEAD = """\
Job ID                    Name             User            Time Use S Queue
------------------------- ---------------- --------------- -------- - -----"""
Nested = dict[str, Any]


def job_id(job: Job) -> str:
    """Return ``7.vm``, or ``7[2].vm`` for an array element."""
    return f"{job.number}.{HOST}" if job.element is None else f"{job.number}[{job.element}].{HOST}"


def whole_id(job: Job) -> str:
    """Return the id of a single job, or of the array of an element."""
    return f"{job.number}.{HOST}" if job.task is None else f"{job.number}[].{HOST}"


def name(job: Job) -> str:
    """Return the name of a job, or of an array element."""
    return job.name if job.element is None else f"{job.name}-{job.element}"


def state(job: Job) -> str:
    """Return the state letter."""
    if job.ended:
        return "C"
    return "R" if job.started else "H" if job.state == "HELD" else "Q"


def array_state(elements: list[Job]) -> str:
    """Return the state letter of a whole array."""
    letters = {state(job) for job in elements}
    return next(letter for letter in "RQHC" if letter in letters)


def exit_status(job: Job) -> int | None:
    """Return the exit status; a job that never ran has none."""
    if not (job.started and job.ended):
        return None
    if job.state == "CANCELLED":
        return 256 + 15
    if job.state == "TIMEOUT":  # not recorded: JOB_EXEC_OVERLIMIT_WT of the documents
        return -11
    return 256 + job.signal if job.signal else job.exit_code


def path(job: Job, which: str) -> str:
    """Return the path of an output; that of an array element ends with its index."""
    found = str(job.facts[which]).replace("^number^", str(job.number))
    return found if job.element is None else f"{found}-{job.element}"


def attributes(job: Job) -> Nested:
    """Return one job in the order of ``qstat -f``; times are seconds."""
    facts, ran = job.facts, bool(job.started)
    lasted = {"cput": "00:00:00", "vmem": "0kb", "walltime": span(job.started, job.ended)}
    left = facts["walltime"] - int((job.ended or job.submitted) - (job.started or 0))
    found = {
        "Job_Name": name(job),
        "Job_Owner": f"{USER}@localhost",
        "resources_used": {**lasted, "mem": "0kb", "energy_used": 0} if ran and job.ended else None,
        "job_state": state(job),
        "queue": facts["queue"],
        "server": HOST,
        "Checkpoint": "u",
        "ctime": job.submitted,
        "Error_Path": f"{HOST}:{path(job, 'err')}",
        "exec_host": f"{HOST}/{job.number % 32}" if ran else None,
        "Hold_Types": None if job.task is not None else "u" if job.state == "HELD" else "n",
        "Join_Path": facts["join"],
        "Keep_Files": "n",
        "Mail_Points": "a",
        "mtime": job.ended or job.started or job.submitted,
        "Output_Path": f"{HOST}:{path(job, 'out')}",
        "Priority": 0,
        "qtime": job.submitted,
        "Rerunable": "True",
        "Resource_List": facts["resources"],
        "session_id": job.pid if ran else None,
        "Variable_List": ",".join(f"{k}={v}" for k, v in facts["variables"].items()),
        "euser": USER,
        "egroup": GROUP,
        "queue_type": "E",
        "comment": f"Job started on {short_clock(job.started)}" if ran else None,
        "etime": job.submitted,
        "exit_status": exit_status(job),
        "submit_args": facts["arguments"],
        "start_time": job.started,
        "Walltime": {"Remaining": left} if ran and not job.ended else None,
        "start_count": 1 if ran else None,
        "fault_tolerant": "False",
        "comp_time": job.ended,
        "job_radix": 0,
        "total_runtime": (job.ended or 0) - (job.started or 0) if ran and job.ended else None,
        "submit_host": HOST,
        "init_work_dir": HOME,
        "request_version": 1,
    }
    return {key: value for key, value in found.items() if value is not None}


def array_attributes(elements: list[Job]) -> Nested:
    """Return a whole array."""
    head = elements[0]._replace(task=None, started=None, ended=None, state="PENDING")
    return attributes(head) | {"job_state": array_state(elements)}


TIMES = {"ctime", "mtime", "qtime", "etime", "start_time", "comp_time"}


def as_xml(found: dict[str, Nested]) -> str:
    """Return jobs as ``qstat -x`` prints them, without a single line break in between."""
    jobs = (f"<Job><Job_Id>{key}</Job_Id>{_xml(job)}</Job>" for key, job in found.items())
    return f'<?xml version="1.0"?>\n<Data>{"".join(jobs)}</Data>'


def _xml(value: Nested) -> str:
    return "".join(f"<{key}>{_xml_value(key, each)}</{key}>" for key, each in value.items())


def _xml_value(key: str, value: Any) -> str:
    if isinstance(value, dict):
        return _xml(value)
    text = str(int(value)) if key in TIMES else str(value)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_text(found: dict[str, Nested]) -> Iterable[str]:
    """Yield the lines of ``qstat -f``; long values are not broken here."""
    for key, job in found.items():
        yield f"Job Id: {key}"
        for name_, value in job.items():
            if isinstance(value, dict):
                yield from (f"    {name_}.{each} = {inner}" for each, inner in value.items())
            else:
                yield f"    {name_} = {clock(value) if name_ in TIMES else value}"
        yield ""


def row(shown: str, job: Job, letter: str) -> str:
    """Return a line of the table."""
    whole = "[]" in shown
    named = job.name if whole else name(job)
    used = "00:00:00" if job.started and job.ended and not whole else "0"
    return f"{shown:<26} {named:<16} {USER:<15} {used:>8} {letter} {job.facts['queue']:<15}"
