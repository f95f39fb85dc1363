"""PBS (OpenPBS and PBS Pro), as OpenPBS 23.06 really behaves (``tests/recordings/pbs``)."""

from __future__ import annotations

import getpass
import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import parsedate
from typing import Any, ClassVar

from jupyter_jobqueue.adapters.adapter import Adapter, BatchState, Call, JobSpec, JobStatus, Queue
from jupyter_jobqueue.adapters.option import (
    ACCOUNT,
    JOB_CPU,
    JOB_MEM,
    QUEUE,
    WALLTIME,
    Kind,
    Option,
    memory_per,
)
from jupyter_jobqueue.adapters.pbs_output import (
    bytes_of,
    cpus,
    duration,
    element,
    exit_of,
    id_in,
    memory,
    node_of,
    quoted,
    ranges,
    version_of,
    whole_arrays,
)
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
# The substate tells the end: the exit code of a deleted job, or of an array, may be 0 or missing.
ENDS = {91: BatchState.CANCELLED, 92: BatchState.DONE, 93: BatchState.FAILED}
WALLTIME_EXCEEDED = -29
GIVEN_UP = "too many failed attempts to run"
"""What PBS notes of a job that it could not start 21 times, and holds; not from a recording."""
OPTIONS = (
    replace(QUEUE, help="Destination of the jobs (-q).", example="workq"),
    replace(ACCOUNT, help="Account to charge (-A); PBS_ACCOUNT of the environment if not set."),
    WALLTIME,
    Option(
        "resource_spec",
        Kind.TEXT,
        "Resources",
        "Resources to ask for (-l), instead of those made from cores and memory.",
        example="select=1:ncpus=24:mem=100GB",
    ),
    JOB_CPU,
    JOB_MEM,
    memory_per(
        "Whether memory is asked for per job, per process, or not at all.", "job", "process", "none"
    ),
)


class PBS(Adapter):
    """`qsub`, `qstat` and `qdel`."""

    system = "pbs"
    label = "PBS"
    class_name = "PBSCluster"
    # SGE has no pbsnodes; the commands that Slurm lends to users of PBS have no qselect.
    commands: ClassVar[tuple[str, ...]] = ("qsub", "qstat", "qdel", "qselect", "pbsnodes")
    directive = "#PBS"
    array_index = "$PBS_ARRAY_INDEX"
    status_lists_all = False
    # A server may keep no history.
    exit_codes_expire = True
    has_dialects = True
    unreachable_pattern = (
        r"cannot connect to server|Couldn't connect to cluster|Unable to communicate with|"
        r"could not connect to trqauthd"
    )
    limit_pattern = r"would exceed .* limit"
    # What a job finds in its environment. PBS_CONF_FILE, PBS_SERVER, PBS_DEFAULT and the like say
    # where the server is and stay.
    env_blocklist = (
        r"PBS_(O_.*|JOB.*|ARRAY.*|NODE.*|NUM_.*|MOMPORT|TASKNUM|VNODENUM|ENVIRONMENT|QUEUE|NP|"
        r"GPUFILE|MICFILE|WALLTIME|VERSION)"
    )
    renamed = {"project": "account"}  # noqa: RUF012 (a constant)
    options = OPTIONS

    # -f: no process stays behind that keeps this environment, and shows the error of the call
    # before.
    submit_command: ClassVar[tuple[str, ...]] = ("qsub", "-f")
    array_option: ClassVar[str] = "-J"
    first_of_name: ClassVar[str] = "[A-Za-z0-9]"
    """What the name of a job may begin with."""

    def directives(self, spec: JobSpec) -> list[str]:
        asked = spec.options
        account = asked.get("account") or os.environ.get("PBS_ACCOUNT")
        lines = [f"-N {self.job_name(spec)}"]
        lines += [f"-q {quoted(asked['queue'])}"] if asked.get("queue") else []
        lines += [f"-A {quoted(account)}"] if account else []
        own = asked.get("resource_spec")
        lines += [f"-l {each}" for each in ([own] if own else self.resources(spec))]
        lines += [f"-l walltime={asked['walltime']}"] if asked.get("walltime") else []
        return lines + (self.log_directives(spec) if spec.logs else [])

    def resources(self, spec: JobSpec) -> list[str]:
        """Return what ``-l`` asks for: one chunk, or one for each CPU on the same node."""
        count, (style, size) = cpus(spec), memory(spec)
        if style == "process":
            return [f"select={count}:ncpus=1:mem={size}", "place=pack"]
        return [f"select=1:ncpus={count}" + (f":mem={size}" if size else "")]

    def log_directives(self, spec: JobSpec) -> list[str]:
        """Return the directives for the files that `log_paths` names."""
        return [f"-e {quoted(spec.logs + '/')}", f"-o {quoted(spec.logs + '/')}"]

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        if not spec.logs:
            return "", ""
        return f"{spec.logs}/{job_id}.OU", f"{spec.logs}/{job_id}.ER"

    def job_name(self, spec: JobSpec) -> str:
        """Return the name of the jobs in characters that PBS takes, at most 230 with a tag."""
        name = re.sub(r"[^A-Za-z0-9_.+-]", "_", spec.name)[:150]
        return name if re.match(self.first_of_name, name) else f"j{name}"

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        return duration(options.get("walltime"))

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        # This name wins over the one in the script, and is what the listing shows of a job's tag.
        argv = [*self.submit_command, "-N", f"{self.job_name(spec)}.{spec.tag}"]
        argv += [self.array_option, f"0-{spec.count - 1}"] if spec.count > 1 else []

        def parse(text: str) -> list[str]:
            job = id_in(text, array=spec.count > 1)
            if spec.count == 1:
                return [job]
            return [job.replace("[]", f"[{index}]") for index in range(spec.count)]

        return Call(argv, parse, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        # Without -x: a server that keeps no history answers -x with no jobs at all, and exit 0.
        argv = ["qstat", "-t", "-f", "-F", "json", *whole_arrays(ids)]
        return Call(argv, _read_living, already_gone_pattern="Unknown Job Id|Job has finished")

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]] | None:
        argv = ["qstat", "-x", "-t", "-f", "-F", "json", *whole_arrays(ids)]
        return Call(argv, _read_all, already_gone_pattern="Unknown Job Id")

    def list_ids(self) -> Call[list[str]] | None:
        return Call(["qselect", "-u", getpass.getuser()], str.split)

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        # "Request invalid": it is ending already.
        gone = "Unknown Job Id|Job has finished|Request invalid for state of job"
        return Call(["qdel", *ranges(ids)], lambda text: None, already_gone_pattern=gone)

    def queues(self) -> Call[list[Queue]] | None:
        return Call(["qstat", "-Q", "-f", "-F", "json"], _read_queues)

    def version(self) -> Call[str]:
        return Call(["qsub", "--version"], version_of)

    def dialect(self, version: str) -> Adapter:
        from jupyter_jobqueue.adapters.torque import Torque  # which is a PBS itself

        return Torque() if version.startswith("Torque") else self


def _jobs(text: str) -> dict[str, dict[str, Any]]:
    """Read the jobs of ``-F json``, without the entries of whole arrays."""
    jobs = json.loads(text, strict=False).get("Jobs", {})
    return {job_id: job for job_id, job in jobs.items() if "[]" not in job_id}


def _read_living(text: str) -> dict[str, JobStatus]:
    # An element that ended while others live is X, often without a word on how: ask the history.
    jobs = {job_id: job for job_id, job in _jobs(text).items() if not _is_mute(job)}
    return {job_id: _status(job_id, job) for job_id, job in jobs.items()}


def _is_mute(job: Mapping[str, Any]) -> bool:
    return job.get("job_state") == "X" and "Exit_status" not in job


def _read_all(text: str) -> dict[str, JobStatus]:
    return {job_id: _status(job_id, job) for job_id, job in _jobs(text).items()}


def _status(job_id: str, job: Mapping[str, Any]) -> JobStatus:
    state = _state(job)
    waiting = state in (BatchState.PENDING, BatchState.HELD, BatchState.STUCK)
    exit_code, signal = exit_of(job.get("Exit_status")) if state.ended else (None, None)
    return JobStatus(
        state=state,
        reason=_reason(state, job),
        node=node_of(job.get("exec_host")),
        tag=tag_in(str(job.get("Job_Name", ""))),
        submitted=_time(job.get("ctime")),
        # An element that waits has the start of its array.
        started=_time(job.get("stime")) if "exec_host" in job else None,
        estimated_start=_estimate(job) if waiting else None,
        ended=_end_time(job) if state.ended else None,
        exit_code=exit_code,
        signal=signal,
        element=element(job_id),
        ended_by_system=state.ended and job.get("Exit_status") == WALLTIME_EXCEEDED,
    )


def _state(job: Mapping[str, Any]) -> BatchState:
    code = job.get("job_state")
    if code in ENDED:
        return _end(job)
    if code == "H" and GIVEN_UP in str(job.get("comment", "")):
        return BatchState.STUCK
    # The elements of a held array are Q.
    held = code == "Q" and job.get("Hold_Types", "n") != "n"
    return BatchState.HELD if held else STATES.get(str(code), BatchState.UNKNOWN)


def _end(job: Mapping[str, Any]) -> BatchState:
    if "Exit_status" not in job:  # it never ran, or was ended by force
        return BatchState.CANCELLED
    by_code = BatchState.FAILED if job["Exit_status"] else BatchState.DONE
    return ENDS.get(job.get("substate", 0), by_code)


def _reason(state: BatchState, job: Mapping[str, Any]) -> str:
    """Return what the comment tells beyond the state; a held job often has none."""
    comment = str(job.get("comment", ""))
    if state.ended:
        match = re.search(r"\band ((?:failed|terminated|exceeded)\b.*)", comment)
        return match[1] if match else ""
    if state is BatchState.STUCK:
        return comment
    if state is BatchState.PENDING:
        return "" if comment.startswith(("Job Array Began", "Subjob")) else comment
    return f"Hold_Types={job.get('Hold_Types', '')}" if state is BatchState.HELD else ""


def _time(text: object) -> float | None:
    """Read a local time such as ``Fri Nov 20 10:24:20 2026``, whatever the language."""
    parts = parsedate(str(text or ""))
    return time.mktime(parts) if parts else None


def _estimate(job: Mapping[str, Any]) -> float | None:
    estimated = job.get("estimated")
    known = estimated.get("start_time") if isinstance(estimated, Mapping) else None
    return _time(known or job.get("Execution_Time"))


def _end_time(job: Mapping[str, Any]) -> float | None:
    found = _time(job.get("obittime"))
    return found if found is not None else job.get("history_timestamp")


def _read_queues(text: str) -> list[Queue]:
    return [queue_of(name, told) for name, told in json.loads(text).get("Queue", {}).items()]


def queue_of(name: str, told: Mapping[str, Any]) -> Queue:
    """Read one queue and its limits."""
    most, usual = told.get("resources_max", {}), told.get("resources_default", {})
    cores = str(most.get("ncpus", ""))
    return Queue(
        name=name,
        open=told.get("enabled") == told.get("started") == "True",
        max_walltime=duration(most.get("walltime")),
        default_walltime=duration(usual.get("walltime")),
        max_cores=int(cores) if cores.isdecimal() else None,
        max_memory=bytes_of(most.get("mem")),
    )
