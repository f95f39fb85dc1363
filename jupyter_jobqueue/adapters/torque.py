"""Torque: a PBS without JSON and without history, as 6.1.3 behaves (``tests/recordings/torque``).

The listing of its queues was not recorded; it has the form that OpenPBS prints as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from jupyter_jobqueue.adapters.adapter import BatchState, Call, JobSpec, JobStatus, Queue
from jupyter_jobqueue.adapters.pbs import PBS, queue_of
from jupyter_jobqueue.adapters.pbs_output import cpus, element, exit_of, memory, node_of, quoted
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
WALLTIME_EXCEEDED = -11
# https://docs.adaptivecomputing.com/torque/6-1-2/adminGuide/Content/topics/torque/2-jobs/jobExitStatus.htm
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


class Torque(PBS):
    """`qsub`, `qstat` and `qdel` of Torque; `PBS.dialect` returns it."""

    label = "Torque"
    array_index = "$PBS_ARRAYID"
    has_dialects = False
    submit_command = ("qsub",)
    array_option = "-t"
    first_of_name = "[A-Za-z]"

    def resources(self, spec: JobSpec) -> list[str]:
        # Torque takes select= without a word, and ignores it; whoever skips that skips this.
        lines = [f"{self.directive} -l {each}" for each in super().resources(spec)]
        if any(skip in line for skip in spec.skip for line in lines):
            return []
        style, size = memory(spec)
        asked = {"job": f",mem={size}", "process": f",pmem={size}"}.get(style, "")
        return [f"nodes=1:ppn={cpus(spec)}{asked}"]

    def warnings(self, options: Mapping[str, Any]) -> list[str]:
        if "select=" not in (options.get("resource_spec") or ""):
            return []
        return ["Torque ignores select= of resource_spec: write nodes=1:ppn=4,mem=8gb or the like"]

    def log_directives(self, spec: JobSpec) -> list[str]:
        # The tag, as the id is not known yet; a folder would get files named after the name.
        stem = self._log_stem(spec)
        return [f"-e {quoted(f'{stem}.err')}", f"-o {quoted(f'{stem}.out')}"]

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        if not spec.logs:
            return "", ""
        index = f"-{element(job_id)}" if spec.count > 1 else ""
        stem = self._log_stem(spec)
        return f"{stem}.out{index}", f"{stem}.err{index}"

    def _log_stem(self, spec: JobSpec) -> str:
        return f"{spec.logs}/{self.job_name(spec)}-{spec.tag}"

    def status(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        return Call(["qstat", "-x", *ids], _read_qstat, already_gone_pattern="Unknown Job Id")

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]] | None:
        return None

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        gone = "nonexistent job id|Unknown Job Id|Request invalid for state of job"
        return Call(["qdel", *ids], lambda text: None, already_gone_pattern=gone)

    def queues(self) -> Call[list[Queue]] | None:
        # Not -q, which cuts names.
        return Call(["qstat", "-Q", "-f"], _read_queues)


def xml_of(text: str) -> ElementTree.Element:
    """Read XML; what is none is a `ValueError`."""
    try:
        return ElementTree.fromstring(text.strip())  # noqa: S314 (the batch system's own words)
    except ElementTree.ParseError as error:
        raise ValueError(f"not XML: {error}") from None


def _read_qstat(text: str) -> dict[str, JobStatus]:
    """Read the jobs, without the entries of whole arrays; when all are gone, nothing is printed."""
    if not text.strip():
        return {}
    jobs = [{each.tag: each.text or "" for each in job} for job in xml_of(text).iter("Job")]
    return {job["Job_Id"]: _status(job) for job in jobs if "[]" not in job.get("Job_Id", "[]")}


def _status(job: dict[str, str]) -> JobStatus:
    status = _number(job.get("exit_status"))
    state = _end(status) if job.get("job_state") == "C" else _alive(job)
    exit_code, signal = exit_of(status) if state.ended else (None, None)
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
    )


def _end(status: int | None) -> BatchState:
    if status is None or status == KILLED_BY_QDEL:  # without one, it never ran
        return BatchState.CANCELLED
    return BatchState.FAILED if status else BatchState.DONE


def _alive(job: dict[str, str]) -> BatchState:
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


def _read_queues(text: str) -> list[Queue]:
    blocks = re.split(r"^Queue: ", text, flags=re.MULTILINE)[1:]
    return [_queue(block.splitlines()) for block in blocks]


def _queue(lines: list[str]) -> Queue:
    told: dict[str, Any] = {}
    for key, found, value in (line.strip().partition(" = ") for line in lines[1:]):
        group, _, name = key.partition(".")
        if found and name:
            told.setdefault(group, {})[name] = value
        elif found:
            told[key] = value
    return queue_of(lines[0].strip(), told)
