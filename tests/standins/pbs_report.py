"""How OpenPBS 23.06 prints jobs, queues and its server: tables and JSON."""

from __future__ import annotations

import json
import re
import time
from typing import Any, NamedTuple

from tests.standins.engine import Job
from tests.standins.portable import HOME, USER, clock, short_clock, span

HOST = "pbshost"
DONE, FAILED, DELETED = 92, 93, 91
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")


class Cores(NamedTuple):
    """Cores of the one node."""

    free: int
    total: int


def job_id(job: Job) -> str:
    """Return ``7.pbshost`` or ``7[2].pbshost``."""
    return f"{job.number}.{HOST}" if job.task is None else f"{job.number}[{job.element}].{HOST}"


def whole_id(job: Job) -> str:
    """Return the id of a single job, or of the array of an element."""
    return f"{job.number}.{HOST}" if job.task is None else f"{job.number}[].{HOST}"


def state(job: Job, in_array: bool = False) -> tuple[str, int]:
    """Return state letter and substate."""
    if job.ended:
        return "X" if in_array else "F", _end(job)
    if job.started:
        return "R", 42
    return ("H", 20) if job.state == "HELD" and job.task is None else ("Q", 10)


def _end(job: Job) -> int:
    if job.state == "CANCELLED":
        return DELETED
    return DONE if job.state == "COMPLETED" else FAILED


def exit_status(job: Job) -> int:
    """Return the exit status as the server keeps it."""
    if job.state == "TIMEOUT":
        return -29
    if job.state == "CANCELLED":
        return 256 + 15
    return 256 + job.signal if job.signal else job.exit_code or 0


def comment(job: Job, cores: Cores) -> str:
    """Return what the scheduler says of a job; nothing right after its submission."""
    if not job.started:
        words = str(job.facts.get("comment") or "")
        if not words and job.state in ("PENDING", "CANCELLED") and cores.free < job.cpus:
            words = "Not Running: Insufficient amount of resource: ncpus"
            words += f" (R: {job.cpus} A: {cores.free} T: {cores.total})"
        return f"{words} and terminated" if words and job.ended else words
    words = f"Job run at {short_clock(job.started)} on {job.facts['vnode']}"
    if job.cancelled:
        return f"{words} and terminated by {USER}@{HOST}"
    if job.state == "TIMEOUT":
        return f"{words} and exceeded resource walltime"
    if not job.ended:
        return words
    return words + (" and finished" if job.state == "COMPLETED" else " and failed")


def attributes(job: Job, cores: Cores) -> dict[str, Any]:
    """Return one job or one subjob in the order of ``qstat -f``."""
    return _known(_attributes(job, cores))


def _known(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not None and value != ""}


def _attributes(job: Job, cores: Cores) -> dict[str, Any]:
    letter, substate = state(job)
    single = job.task is None
    return {
        **_beginning(job, _lasted(job)),
        "job_state": letter,
        **_middle(job, single),
        "stime": clock(job.started) if job.started else None,
        "obittime": clock(job.ended) if job.started and job.ended else None,
        "session_id": job.pid if job.started else None,
        "jobdir": HOME if job.started else None,
        "substate": substate,
        "Variable_List": _variables(job),
        "comment": comment(job, cores),
        "etime": None if job.facts["state"] == "HELD" else clock(job.submitted),
        "run_count": 1 if job.started else None,
        "Stageout_status": 1 if job.started and job.ended else None,
        "Exit_status": exit_status(job) if job.started and job.ended else None,
        "Submit_arguments": job.facts["arguments"] if single else None,
        "array_id": None if single else whole_id(job),
        "array_index": job.element,
        **_ending(job),
    }


def _lasted(job: Job) -> str:
    """Return how long a job ran; its host tells that for the first time after a while."""
    young = not job.ended and time.time() - (job.started or 0) < 2
    return "" if young or not job.started else span(job.started, job.ended)


def _beginning(job: Job, lasted: str) -> dict[str, Any]:
    used = {
        "cpupercent": 0,
        "cput": "00:00:00",
        "mem": "7344kb",
        "ncpus": job.cpus,
        "vmem": "10380kb",
        "walltime": lasted,
    }
    return {
        "Job_Name": job.name,
        "Job_Owner": f"{USER}@{HOST}",
        "resources_used": used if lasted else None,
    }


def _middle(job: Job, single: bool) -> dict[str, Any]:
    run, facts = bool(job.started), job.facts
    several = f"*{job.cpus}" if job.cpus > 1 else ""
    return {
        "queue": facts["queue"],
        "server": HOST,
        "Account_Name": facts["account"],
        "Checkpoint": "u" if single else None,
        "ctime": clock(job.submitted),
        "Error_Path": shown_path(job, "err"),
        "exec_host": f"{HOST}/{job.number % 64}{several}" if run else None,
        "exec_vnode": facts["vnode"] if run else None,
        "Hold_Types": ("u" if facts["state"] == "HELD" else "n") if single else None,
        "Join_Path": facts["join"],
        "Keep_Files": "n",
        "Mail_Points": "a",
        "mtime": clock(job.ended or job.started or job.submitted),
        "Output_Path": shown_path(job, "out"),
        "Priority": 0,
        "qtime": clock(job.submitted),
        "Rerunable": "True",
        "Resource_List": facts["resources"],
    }


def _ending(job: Job) -> dict[str, Any]:
    return {
        "history_timestamp": int(job.ended) if job.ended else None,
        "project": job.facts["project"],
        "Submit_Host": HOST,
    }


def shown_path(job: Job, which: str) -> str:
    """Return the path of an output as ``qstat -f`` has it."""
    path = str(job.facts[which]).replace("^number^", str(job.number))
    return path if job.element is None else path.replace("^array_index^", str(job.element))


def _variables(job: Job) -> dict[str, Any]:
    """Values are typed by their looks: ``007`` is 7."""
    return {
        name: json.loads(value.lstrip("0") or "0") if NUMBER.fullmatch(value) else value
        for name, value in job.facts["variables"].items()
    }


def array_state(elements: list[Job]) -> tuple[str, int]:
    """Return state letter and substate of a whole array."""
    if all(job.ended for job in elements):
        return "F", max((state(job)[1] for job in elements), key=[DONE, FAILED, DELETED].index)
    if any(job.started for job in elements):
        return "B", 70
    return ("H", 20) if any(job.state == "HELD" for job in elements) else ("Q", 10)


def array_attributes(elements: list[Job], cores: Cores) -> dict[str, Any]:
    """Return an array in the order of ``qstat -f``."""
    letter, substate = array_state(elements)
    begun = min((job.started for job in elements if job.started), default=None)
    last = max(job.ended or 0 for job in elements) if letter == "F" else None
    left = [job.element or 0 for job in elements if not job.started and not job.ended]
    head = elements[0]._replace(task=None, started=None, ended=last, exit_code=None)
    found = _attributes(head, cores) | {
        "job_state": letter,
        "stime": clock(begun) if begun else None,
        "obittime": clock(last) if begun and last else None,
        "substate": substate,
        "comment": _array_comment(elements, begun, substate) or comment(head, cores),
        "Stageout_status": 1 if begun and last else None,
        "Exit_status": 0 if begun and last else None,
    }
    tail = {name: found.pop(name) for name in _ending(head)}
    found |= {
        "array": "True",
        "array_state_count": _counts(elements),
        "array_indices_submitted": f"{elements[0].element}-{elements[-1].element}",
        "array_indices_remaining": _spans(left) or "-",
    }
    return _known(found | tail)


def _spans(numbers: list[int]) -> str:
    """Return ``0-2,7``."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in spans)


def _array_comment(elements: list[Job], begun: float | None, substate: int) -> str:
    words = f"Job Array Began at {short_clock(begun)}" if begun else ""
    if not words and any(job.ended for job in elements):
        words = "Subjob finished"
    ends = {DELETED: " and terminated", FAILED: " and failed", DONE: " and finished"}
    return words + ends.get(substate, "") if words else ""


def _counts(elements: list[Job]) -> str:
    running = sum(1 for job in elements if job.started and not job.ended)
    expired = sum(1 for job in elements if job.ended)
    queued = len(elements) - running - expired
    return f"Queued:{queued} Running:{running} Exiting:0 Expired:{expired}"


def subjob_attributes(job: Job, elements: list[Job], cores: Cores) -> dict[str, Any]:
    """Return an element; one that never ran has only what its array has."""
    alive = array_state(elements)[0] != "F"
    letter, substate = state(job, in_array=alive)
    if job.started:
        return {**attributes(job, cores), "job_state": letter, "substate": substate}
    whole = array_attributes(elements, cores)
    kept = list(whole)[: list(whole).index("Submit_arguments") + 1]
    substate = array_state(elements)[1] if job.ended else substate
    return {name: whole[name] for name in kept} | {"job_state": letter, "substate": substate}
