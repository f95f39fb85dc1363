"""Slurm, as 22.05 really behaves (recordings under ``tests/recordings/slurm``)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from jupyter_jobqueue.adapters.adapter import Adapter, BatchState, Call, JobSpec, JobStatus, Queue
from jupyter_jobqueue.adapters.option import ACCOUNT, JOB_CPU, JOB_MEM, QUEUE, WALLTIME, memory_per
from jupyter_jobqueue.adapters.text import quote, seconds, spans

# https://slurm.schedmd.com/squeue.html#SECTION_JOB-STATE-CODES
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
HELD = {
    "JobHeldUser": BatchState.HELD,
    "JobHeldAdmin": BatchState.HELD,
    "launch failed requeued held": BatchState.STUCK,
}
# A job that ended so was not at fault.
BY_SYSTEM = {"TIMEOUT", "NODE_FAIL", "BOOT_FAIL", "DEADLINE", "PREEMPTED"}
# Exit codes come only with -O; ``NAME:|`` is a column without padding or cut. The comment is last,
# as it may contain "|".
COLUMNS = (
    "JobArrayID",
    "State",
    "exit_code",
    "NodeList",
    "SubmitTime",
    "StartTime",
    "EndTime",
    "Reason",
    "Comment",
)
FIELDS = ",".join(f"{column}:|" for column in COLUMNS)
# squeue and sacct print local times without a zone unless told otherwise.
EPOCH = {"SLURM_TIME_FORMAT": "%s"}


class Slurm(Adapter):
    """`sbatch`, `squeue` and `scancel`."""

    system = "slurm"
    label = "Slurm"
    class_name = "SLURMCluster"
    commands = ("sbatch", "squeue", "scancel")
    directive = "#SBATCH"
    # For MinJobAge seconds; but a pending array element that is cancelled leaves no trace at all.
    keeps_ended_jobs = True
    # https://slurm.schedmd.com/sbatch.html: a QOS or association limit, or MaxJobCount, is reached.
    limit_pattern = r"(QOS|Assoc)\w*Submit\w*Limit|temporarily unable to accept"
    unreachable_pattern = (
        r"(?i)unable to contact slurm controller|Socket timed out|Connection refused"
    )
    array_index = "$SLURM_ARRAY_TASK_ID"
    # sbatch inside a job would hand SLURM_MEM_PER_NODE and the like to the new job, squeue reads
    # filters from SQUEUE_*.
    # SLURM_CONF says where the controller is; SBATCH_* are the user's own defaults: both stay.
    env_blocklist = (
        r"SLURM_(?!CONF$|CLUSTERS$|JWT$).*|SLURMD_.*|SBATCH_(ARRAY_INX|WAIT)|"
        r"(SQUEUE|SCANCEL|SACCT|SINFO)_.*"
    )
    renamed = {"project": "account"}  # noqa: RUF012 (a constant)
    options = (
        replace(QUEUE, title="Partition", help="Partition to submit to.", example="debug"),
        ACCOUNT,
        replace(WALLTIME, help="Time limit of a job, as HH:MM:SS or D-HH:MM:SS."),
        JOB_CPU,
        JOB_MEM,
        memory_per(
            "Whether memory is asked for per node, per CPU, or not at all.", "node", "cpu", "none"
        ),
    )

    def directives(self, spec: JobSpec) -> list[str]:
        asked = spec.options
        lines = [f"-J {quote(spec.name)}"]
        if spec.logs:
            out, err = self.log_paths(spec, "%A_%a" if spec.count > 1 else "%j")
            lines += [f"-e {quote(err)}", f"-o {quote(out)}"]
        lines += [f"-p {quote(asked['queue'])}"] if asked.get("queue") else []
        lines += [f"-A {quote(asked['account'])}"] if asked.get("account") else []
        cpus = asked.get("job_cpu") or spec.cores
        lines += ["-n 1", f"--cpus-per-task={cpus}", *_asked_memory(spec, cpus)]
        lines += [f"-t {asked['walltime']}"] if asked.get("walltime") else []
        return lines

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        return _limit(str(options.get("walltime") or ""))

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        array = [f"--array=0-{spec.count - 1}"] if spec.count > 1 else []
        # The comment tells our jobs from any other job that was given the same id later.
        argv = ["sbatch", "--parsable", f"--comment={spec.tag}", *array]

        def parse(text: str) -> list[str]:
            job = _job_id(text)
            return [job] if spec.count == 1 else [f"{job}_{index}" for index in range(spec.count)]

        return Call(argv, parse, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        # By user, not by id: one unknown id fails the call, two do not. -r: one line for each
        # array element, as a long
        # %i of several elements is cut off without a sign. -t all: also those that ended in the
        # last MinJobAge seconds.
        argv = ["squeue", "--me", "-h", "-r", "-t", "all", "-O", FIELDS]
        return Call(argv, _read_squeue, env=EPOCH)

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        fields = "JobID,State,ExitCode,NodeList,Submit,Start,End,Reason"
        argv = ["sacct", "-X", "-n", "-P", "-j", ",".join(ids), "-o", fields]
        return Call(argv, _read_sacct, env=EPOCH)

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        return Call(["scancel", *_ranges(ids)], lambda text: None)

    def version(self) -> Call[str]:
        return Call(["sbatch", "--version"], lambda text: text.strip())

    def queues(self) -> Call[list[Queue]]:
        # -e: a line for each kind of node. Without it all share one, which tells only the
        # smallest: ``64+``.
        return Call(["sinfo", "-h", "-e", "-o", "%P|%a|%l|%L|%D|%c|%m"], _read_sinfo)


def _limit(text: str) -> int | None:
    """Read ``--time``: ``minutes``, ``minutes:seconds``, ``days-hours`` and so on.

    https://slurm.schedmd.com/sbatch.html#OPT_time
    """
    match = re.fullmatch(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?", text.strip())
    if not match:
        return None
    days, *rest = (int(part) if part else None for part in match.groups())
    given = [part for part in rest if part is not None]
    if days is not None or len(given) == 3:
        hours, minutes, secs = [*given, 0, 0][:3]
    else:
        hours, (minutes, secs) = 0, [*given, 0][:2]
    return (((days or 0) * 24 + hours) * 60 + minutes) * 60 + secs


def _asked_memory(spec: JobSpec, cpus: int) -> list[str]:
    """Return the directive for memory: per node, per CPU (a share each) or none."""
    style, own = spec.options.get("memory_per") or "node", spec.options.get("job_mem")
    if style == "none" or not (own or spec.memory):
        return []
    if style == "cpu":
        return [f"--mem-per-cpu={own or _memory(math.ceil((spec.memory or 0) / cpus))}"]
    return [f"--mem={own or _memory(spec.memory or 0)}"]


def _memory(size: int) -> str:
    """Format bytes as Slurm reads them, rounded up; what it calls K is 1024 bytes."""
    for power, unit in ((3, "G"), (2, "M")):
        if size >= 1024**power:
            return f"{math.ceil(size / 1024**power)}{unit}"
    return f"{max(1, math.ceil(size / 1024))}K"


def _job_id(text: str) -> str:
    """Read the id from ``23``, ``23;cluster`` or a site wrapper's ``Submitted batch job 23``."""
    match = re.search(r"^(?:Submitted batch job )?(\d+)\b", text, re.MULTILINE)
    if not match:
        raise ValueError(f"no job id in {text!r}")
    return match.group(1)


def _time(text: str) -> float | None:
    """Read seconds since the epoch or Slurm's local time; ``N/A`` and ``Unknown`` are no time."""
    if text.isdigit():
        return float(text)
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def _read_squeue(text: str) -> dict[str, JobStatus]:
    rows = (line.split("|", len(COLUMNS) - 1) for line in text.splitlines())
    return {row[0]: _squeue_row(row) for row in rows if len(row) == len(COLUMNS)}


def _squeue_row(row: list[str]) -> JobStatus:
    job_id, code, exits, node, submitted, start, end, reason, comment = row
    state = STATES.get(code, BatchState.UNKNOWN)
    if state is BatchState.PENDING:
        state = HELD.get(reason, state)
    waiting = state in (BatchState.PENDING, BatchState.HELD, BatchState.STUCK)
    tag = comment.removesuffix("|")
    exit_code, signal = _exit(exits) if state.ended else (None, None)
    return JobStatus(
        state=state,
        reason=_reason(code, reason),
        node=node,
        tag="" if tag == "(null)" else tag,
        submitted=_time(submitted),
        started=None if waiting else _time(start),
        estimated_start=_time(start) if waiting else None,
        ended=_time(end) if state.ended else None,
        exit_code=exit_code,
        signal=signal,
        element=_element(job_id),
        ended_by_system=code in BY_SYSTEM,
    )


def _element(job_id: str) -> int:
    """Read the array index of ``12_3``; a pending array that was not split is ``12_[0-9]``."""
    index = job_id.partition("_")[2]
    return int(index) if index.isdigit() else 0


def _reason(code: str, reason: str) -> str:
    """Return Slurm's words; the state where it says more than the reason, as in ``NODE_FAIL``."""
    if reason not in ("None", ""):
        return reason
    return code if code in STATES and code not in ("PENDING", "RUNNING", "COMPLETED") else ""


def _read_sacct(text: str) -> dict[str, JobStatus]:
    rows = (line.split("|", 7) for line in text.splitlines())
    return {row[0]: _sacct_row(row) for row in rows if len(row) == 8}


def _sacct_row(row: list[str]) -> JobStatus:
    _, code, exits, node, submitted, start, end, reason = row
    code = code.partition(" ")[0]  # "CANCELLED by 0"
    state = STATES.get(code, BatchState.UNKNOWN)
    exit_code, signal = _exit(exits) if state.ended else (None, None)
    return JobStatus(
        state=state,
        reason=_reason(code, reason),
        node="" if node == "None assigned" else node,
        submitted=_time(submitted),
        started=_time(start),
        ended=_time(end),
        exit_code=exit_code,
        signal=signal,
        ended_by_system=code in BY_SYSTEM,
    )


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


def _ranges(ids: Iterable[str]) -> list[str]:
    """Join array elements to ``12_[0-4,7]``: each word costs the controller one request.

    Examples
    --------
    >>> _ranges(["12_0", "12_1", "12_2", "12_7", "13"])
    ['12_[0-2,7]', '13']
    """
    arrays: dict[str, list[int]] = {}
    for each in ids:
        job, _, index = each.partition("_")
        arrays.setdefault(job, []).extend([int(index)] if index else [])
    return [f"{job}_[{spans(found)}]" if found else job for job, found in arrays.items()]


def _read_sinfo(text: str) -> list[Queue]:
    """Join the lines of one partition: sinfo prints one for each kind of node."""
    queues: dict[str, Queue] = {}
    for row in (line.split("|") for line in text.splitlines()):
        if len(row) == 7:
            name = row[0].rstrip("*")
            queues[name] = _widest(queues.get(name), _queue(row))
    return list(queues.values())


def _queue(row: list[str]) -> Queue:
    name, available, limit, default, nodes, cpus, memory = row
    return Queue(
        name=name.rstrip("*"),
        default=name.endswith("*"),
        open=available == "up",
        max_walltime=seconds(limit),
        default_walltime=seconds(default),
        max_cores=_number(cpus),
        max_memory=(_number(memory) or 0) * 2**20 or None,
        nodes=_number(nodes),
    )


def _number(text: str) -> int | None:
    """Read a number; sinfo writes 2048 as ``2K``, and a ``+`` where nodes of one line differ."""
    match = re.fullmatch(r"(\d+)(K?)\+?", text)
    return int(match[1]) * (1024 if match[2] else 1) if match else None


def _widest(known: Queue | None, seen: Queue) -> Queue:
    if known is None:
        return seen
    return known._replace(
        max_cores=max(known.max_cores or 0, seen.max_cores or 0) or None,
        max_memory=max(known.max_memory or 0, seen.max_memory or 0) or None,
        nodes=(known.nodes or 0) + (seen.nodes or 0) or None,
    )
