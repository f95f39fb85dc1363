"""OAR, as 2.5.9 really behaves (recordings under ``tests/recordings/oar``)."""

from __future__ import annotations

import json
import math
import os
import pwd
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from jupyter_jobqueue.adapters.adapter import Adapter, BatchState, Call, JobSpec, JobStatus
from jupyter_jobqueue.adapters.option import (
    JOB_CPU,
    PROJECT,
    QUEUE,
    WALLTIME,
    Kind,
    Option,
    memory_per,
)
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
LIVE = ", ".join(f"'{code}'" for code, state in STATES.items() if not state.ended)
# A job in state Error: these events say that OAR took it from its node or gave up to start it...
BY_SYSTEM = {"WALLTIME", "BESTEFFORT_KILL", "RESUBMIT_JOB_AUTOMATICALLY"}
# ... this one that somebody deleted it, or that OAR did so for another reason...
DELETED = "FRAG_JOB_REQUEST"
# ... and these follow from whatever was the cause.
FOLLOWS = {DELETED, "SEND_KILL_JOB", "SWITCH_INTO_ERROR_STATE", "RESUBMIT_JOB_AUTOMATICALLY"}
NAME_LENGTH = 100
NO_PROPERTY = "not_applicable"


class OAR(Adapter):
    """`oarsub`, `oarstat` and `oardel`."""

    system = "oar"
    label = "OAR"
    class_name = "OARCluster"
    commands = ("oarsub", "oarstat", "oardel")
    directive = "#OAR"
    # Finished jobs stay in the database for ever.
    keeps_ended_jobs = True
    unreachable_pattern = (
        r"Cannot connect to executor|Could not connect to the socket|"
        r"DBI connect\(.*\) failed|DB connection error"
    )
    array_index = "$((OAR_ARRAY_INDEX - 1))"
    # What oarsub reads of them, the key of a job, may be used by one job at a time.
    env_blocklist = r"OAR_.*"
    options = (
        replace(QUEUE, example="default"),
        PROJECT,
        replace(WALLTIME, help="Time limit of a job, as HH:MM:SS, HH:MM or HH."),
        Option(
            "resource_spec",
            Kind.TEXT,
            "Resources",
            "Resources to ask for, as after oarsub -l but without walltime; "
            "all cores on one node if not set.",
            example="/nodes=1/core=8",
        ),
        Option(
            "memory_per_core_property_name",
            Kind.TEXT,
            "Memory property",
            "Resource property with the memory of a core in MiB, as oarnodes shows it; "
            f"{NO_PROPERTY} where there is none.",
            example="mem_core",
            basic=True,
        ),
        JOB_CPU,
        Option(
            "job_mem",
            Kind.INTEGER,
            "Memory per core of the job",
            "MiB that each core must have at least, when it is not what the workers use.",
            minimum=1,
            example="4096",
        ),
        memory_per("Whether memory is asked for per core, or not at all.", "core", "none"),
    )

    def warnings(self, options: Mapping[str, Any]) -> list[str]:
        if options.get("memory_per_core_property_name") or options.get("memory_per") == "none":
            return []
        return [
            "no memory is asked of OAR for the jobs, so they may land where there is too little: "
            "set memory_per_core_property_name to the property that oarnodes shows for the memory "
            f"of a core, or to {NO_PROPERTY!r}"
        ]

    def directives(self, spec: JobSpec) -> list[str]:
        # As `oarsub -S` reads them: all that follows an option is its value, quotes too.
        asked = spec.options
        lines = [f"-n {_safe(spec.name)}"]
        if spec.logs:
            out, err = self.log_paths(spec, "%jobid%")
            lines += [f"-O {out}", f"-E {err}"]
        lines += [f"-q {asked['queue']}"] if asked.get("queue") else []
        lines += [f"--project {asked['project']}"] if asked.get("project") else []
        # One line: two of them are alternatives, of which the scheduler chooses.
        resources = [_unquoted(asked.get("resource_spec")) or f"/nodes=1/core={_cores(spec)}"]
        resources += [f"walltime={asked['walltime']}"] if asked.get("walltime") else []
        return [*lines, f"-l {','.join(resources)}"]

    def header(self, spec: JobSpec) -> list[str]:
        # Of several conditions on properties OAR takes the last alone, so there is only one.
        lines, condition = super().header(spec), _memory(spec)
        if not condition or any(skip in f"{self.directive} -p {condition}" for skip in spec.skip):
            return lines
        own = [found for line in lines if (found := _condition(line))]
        lines = [line for line in lines if not _condition(line)]
        condition = f"({own[-1]}) AND {condition}" if own else condition
        return [*lines, f"{self.directive} -p {condition}"]

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        return super().log_paths(replace(spec, name=_safe(spec.name)), job_id)

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        words = [word for line in self.header(spec) for word in _words(line)]
        words += ["--array", str(spec.count)] if spec.count > 1 else []
        # The last -n counts. OAR has no comments: the name tells our jobs from all others.
        argv = ["oarsub", *words, "-n", _tagged(spec), _inline(spec.shebang, self.script(spec))]

        def parse(text: str) -> list[str]:
            ids = re.findall(r"^OAR_JOB_ID=(\d+)$", text, re.MULTILINE)
            if len(ids) != spec.count:
                raise ValueError(f"no {spec.count} job ids in {text!r}")
            return ids

        return Call(argv, parse, env=_folder())

    def status(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        # -f: exit codes, and the events that tell why a job is in state Error. By ids also those
        # that have ended.
        chosen = f"state IN ({LIVE})"
        if ids:
            chosen = f"(job_id IN ({', '.join(ids)}) OR {chosen})"
        user = pwd.getpwuid(os.getuid()).pw_name
        where = f"job_user = '{user}' AND {chosen}"
        return Call(["oarstat", "-f", "-J", "--sql", where], _read_oarstat)

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        # Of a job that it does not know oardel says that it is somebody else's.
        gone = r"This job was already killed|You are not the right user"
        return Call(["oardel", *ids], lambda text: None, already_gone_pattern=gone)

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        match = re.fullmatch(r"(\d+)(?::(\d+))?(?::(\d+))?", str(options.get("walltime") or ""))
        if not match:
            return None
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return (hours * 60 + minutes) * 60 + seconds

    def version(self) -> Call[str]:
        return Call(["oarsub", "--version"], lambda text: text.partition(":")[2].strip())


def _cores(spec: JobSpec) -> int:
    return int(spec.options.get("job_cpu") or spec.cores)


def _memory(spec: JobSpec) -> str:
    """Return the condition on the memory of each core; empty if none is asked for."""
    asked = spec.options
    name, own = asked.get("memory_per_core_property_name"), asked.get("job_mem")
    if name in (None, "", NO_PROPERTY) or asked.get("memory_per") == "none":
        return ""
    if not (own or spec.memory):
        return ""
    return f"{name}>={own or math.ceil((spec.memory or 0) / (_cores(spec) * 2**20))}"


def _condition(line: str) -> str:
    """Return the condition of a directive -p; empty for any other directive."""
    words = _words(line)
    return words[1] if len(words) == 2 and words[0] in ("-p", "--property") else ""


def _words(line: str) -> list[str]:
    """Split a directive into option and value; one with several options as a shell does.

    Examples
    --------
    >>> _words("#OAR -p gpu = 'YES'"), _words("#OAR -t besteffort -t idempotent")
    (['-p', "gpu = 'YES'"], ['-t', 'besteffort', '-t', 'idempotent'])
    """
    text = line.removeprefix("#OAR").strip()
    match = re.fullmatch(r"(-\w|--[\w-]+)(?:\s+|=)(.+)", text)
    if match and not re.search(r"\s(-\w|--\w+)(\s|$)", match[2]):
        return [match[1], _unquoted(match[2])]
    try:
        return shlex.split(text)
    except ValueError:  # a quote without its other half: oarsub may say what it is
        return text.split()


def _unquoted(text: str | None) -> str:
    """Return a text without the quotes that a shell would need around the whole of it."""
    text = (text or "").strip()
    with suppress(ValueError):
        words = shlex.split(text) if text[:1] in ("'", '"') else []
        return words[0] if len(words) == 1 else text
    return text


def _safe(name: str) -> str:
    """Return a name that may stand in SQL and in Perl, where OAR puts it as it is."""
    return re.sub(r"[^A-Za-z0-9_.@+-]+", "-", name) or "-"


def _tagged(spec: JobSpec) -> str:
    return f"{_safe(spec.name)[: NAME_LENGTH - len(spec.tag) - 1]}.{spec.tag}"


def _inline(shebang: str, script: str) -> str:
    """Return a command that runs a script with its own shell, on one line of any login shell.

    OAR gives the command to the login shell and reads no shebang; a script in a file would have to
    stay until the job starts. As csh and others read newlines, quotes and ``!`` between quotes in
    ways of their own, `printf` makes them.
    """
    if not shebang.startswith("#!"):
        return script
    for text, code in (("\\", r"\0134"), ("\n", r"\n"), ("'", r"\0047"), ("!", r"\0041")):
        script = script.replace(text, code)
    program = f'exec {shebang[2:].strip()} -c "$(printf %b "$0")"'
    return f"exec /bin/sh -c {shlex.quote(program)} '{script}'"


def _folder() -> dict[str, str]:
    """Return what oarsub needs to know where it runs: it reads PWD and looks nowhere else.

    PWD is missing under a service manager, and is not changed by `os.chdir`.
    """
    with suppress(OSError):
        here, told = os.getcwd(), os.environ.get("PWD", "")
        return {"PWD": told if told and os.path.samefile(told, here) else here}
    return {}


def _read_oarstat(text: str) -> dict[str, JobStatus]:
    """Read the answer, which is no text at all where there are no jobs."""
    if not text.strip():
        return {}
    jobs, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
    return {job_id: _status(job) for job_id, job in jobs.items() if "state" in job}


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
    )


def _state(job: Mapping[str, Any]) -> tuple[BatchState, str]:
    code = job["state"]
    state = STATES.get(code, BatchState.UNKNOWN)
    if code == "Terminated":
        return (BatchState.FAILED if job.get("exit_code") else BatchState.DONE), ""
    if code == "Error":
        return _error(job)
    return state, _message(job) if code == "Waiting" else ""


def _error(job: Mapping[str, Any]) -> tuple[BatchState, str]:
    """Tell why a job is in state Error, of which only its events tell more."""
    events = _events(job)
    if DELETED in events and not BY_SYSTEM & set(events):
        return BatchState.CANCELLED, events[DELETED]
    causes = sorted(set(events) - FOLLOWS, key=lambda kind: kind not in BY_SYSTEM)
    return BatchState.FAILED, f"{causes[0]}: {events[causes[0]]}" if causes else job.get(
        "message"
    ) or ""


def _events(job: Mapping[str, Any]) -> dict[str, str]:
    return {event["type"]: event["description"] for event in job.get("events") or ()}


def _message(job: Mapping[str, Any]) -> str:
    """Return what OAR says of a waiting job, without what was asked for.

    Examples
    --------
    >>> _message({"message": "R=64,W=0:10:0,J=B (Karma=0.000,quota_ok)"})
    'Karma=0.000,quota_ok'
    """
    text = str(job.get("message") or "")
    match = re.fullmatch(r"R=\d+,W=.*?(?: \((.*)\))?", text)
    return match[1] or "" if match else text


def _exit(status: int | None) -> tuple[int | None, int | None]:
    """Read exit code and signal from a wait status; there is none of a job in state Error."""
    if status is None:
        return None, None
    return (None, status & 0x7F) if status & 0x7F else (status >> 8, None)
