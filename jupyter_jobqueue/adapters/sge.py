"""Grid Engine, as Son of Grid Engine 8.1.9 really behaves (``tests/recordings/sge``)."""

from __future__ import annotations

import math
import os
import pwd
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jupyter_jobqueue.adapters.adapter import Adapter, Call, JobSpec, JobStatus, Queue
from jupyter_jobqueue.adapters.option import (
    JOB_CPU,
    JOB_MEM,
    PROJECT,
    QUEUE,
    WALLTIME,
    Kind,
    Option,
)
from jupyter_jobqueue.adapters.sge_output import (
    job_id,
    ranges,
    read_qacct,
    read_qstat,
    read_queues,
    seconds,
)

# Commands print local times without a zone.
ZONE = {"TZ": "UTC"}
# Days that qacct looks back for jobs that began since; it reads the whole of its file anyway.
DAYS = "8"
SHELL = re.compile(r"#!\s*(?:\S*/env\s+(?:-\S+\s+)*(?P<name>\S+)|(?P<path>/\S+))")
ASKS_SLOTS = re.compile(r"(^|\s)-pe\s")


class SGE(Adapter):
    """`qsub`, `qstat` and `qdel`."""

    system = "sge"
    label = "Grid Engine"
    class_name = "SGECluster"
    commands = ("qsub", "qstat", "qdel", "qconf")
    directive = "#$"
    array_index = "$((SGE_TASK_ID - 1))"
    # Accounting is written up to 15 s late, and jobs that were deleted while they waited are not in
    # it at all.
    exit_codes_expire = True
    # max_u_jobs or max_jobs is reached.
    limit_pattern = r"only \d+ jobs are allowed per"
    unreachable_pattern = r"commlib error|unable to (send message to|contact) qmaster"
    # With -V in the user's directives these would reach the new job; SGE_ROOT and the like stay.
    env_blocklist = (
        r"SGE_(TASK|O|STDIN|STDOUT|STDERR|JOB|CWD|BINARY|ACCOUNT)(_.*)?|JOB_(ID|NAME|SCRIPT)|"
        r"PE|PE_HOSTFILE|NSLOTS|NHOSTS|NQUEUES|QUEUE|REQUEST|REQNAME|RESTARTED|ARC"
    )
    options = (
        replace(QUEUE, example="all.q"),
        PROJECT,
        replace(WALLTIME, help="Time limit of a job (h_rt), as HH:MM:SS."),
        Option(
            "resource_spec",
            Kind.TEXT,
            "Resources",
            "Further resources, as after qsub -l.",
            example="h_vmem=4G,gpu=1",
        ),
        Option(
            "parallel_environment",
            Kind.TEXT,
            "Parallel environment",
            "Parallel environment to ask slots of; without one a job has one slot.",
            example="smp",
            basic=True,
        ),
        replace(
            JOB_CPU,
            title="Slots of the job",
            help="Slots to ask for, when it is not the number of cores that the workers use.",
        ),
        JOB_MEM,
        Option(
            "memory_per",
            Kind.TEXT,
            "Memory per",
            "Whether memory is asked for per slot, per job, or only if job_mem says how much.",
            default="none",
            example="slot",
            choices=("slot", "job", "none"),
        ),
        Option(
            "memory_resource",
            Kind.TEXT,
            "Memory resource",
            "Resource with which this site asks for memory.",
            default="h_vmem",
            example="mem_free",
        ),
    )

    def directives(self, spec: JobSpec) -> list[str]:
        asked, shell = spec.options, _shell(spec.shebang)
        lines = [f"-N {_name(spec.name)}"]
        # By default a queue runs scripts with a shell of its own and takes no notice of ``#!``.
        lines += [f"-S {_quoted(shell)}"] if shell else []
        lines += [f"-q {_quoted(asked['queue'])}"] if asked.get("queue") else []
        lines += [f"-P {_quoted(asked['project'])}"] if asked.get("project") else []
        lines += [*_slots(spec), *_resources(spec)]
        if spec.logs:
            out, _ = self.log_paths(spec, "$JOB_ID.$TASK_ID" if spec.count > 1 else "$JOB_ID")
            # A path may follow the name of a host and a colon.
            lines.append(f"-o {_quoted(':' + out if ':' in out else out)}")
        return [*lines, "-cwd", "-j y"]

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        if not spec.logs:
            return "", ""
        path = f"{spec.logs}/{_name(spec.name)}-{job_id}.out"
        return path, path

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        return seconds(str(options.get("walltime") or ""))

    def warnings(self, options: Mapping[str, Any]) -> list[str]:
        count = options["job_cpu"] or options["cores"]
        extra = options["job_extra_directives"]
        if count == 1 or options["parallel_environment"] or any(map(ASKS_SLOTS.search, extra)):
            return []
        return [
            f"Grid Engine gives each job one slot, not {count}: set parallel_environment to one "
            "that qconf -spl names, such as 'smp'"
        ]

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        array = ["-t", f"1-{spec.count}"] if spec.count > 1 else []
        name = f"{_name(spec.name)}.{spec.tag}" if spec.tag else _name(spec.name)
        argv = ["qsub", "-terse", "-N", name, *array]

        def parse(text: str) -> list[str]:
            job = job_id(text)
            tasks = range(1, spec.count + 1)
            return [job] if spec.count == 1 else [f"{job}.{task}" for task in tasks]

        return Call(argv, parse, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        # $user is for qstat to fill in. Without -u a site may show everybody's jobs.
        return Call(["qstat", "-u", "$user", "-xml"], read_qstat, env=ZONE)

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        # -j takes one id, or a pattern of names: all our jobs have their tag in the name.
        user = pwd.getpwuid(os.getuid()).pw_name
        argv = ["qacct", "-o", user, "-d", DAYS, "-j", "*.jobqueue-*"]

        def parse(text: str) -> dict[str, JobStatus]:
            told = read_qacct(text)
            return {job: told[job] for job in ids if job in told}

        return Call(argv, parse, env=ZONE, already_gone_pattern=r"job name \S+ not found")

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        gone = r"has deleted|has registered|already in deletion|does not exist|comprises no tasks"
        return Call(["qdel", *ranges(ids)], lambda text: None, already_gone_pattern=gone)

    def version(self) -> Call[str]:
        return Call(["qstat", "-help"], lambda text: text.splitlines()[0].strip())

    def queues(self) -> Call[list[Queue]]:
        argv = ["qstat", "-f", "-u", "$user", "-xml", "-F", "h_rt,mem_total"]
        return Call(argv, read_queues)


def _quoted(value: object) -> str:
    """Quote a value of a directive; qsub knows no backslash, and drops quotes wherever they are."""
    text = str(value)
    return f'"{text}"' if re.search(r"\s", text) and not re.search("[\"']", text) else text


def _name(name: str) -> str:
    """Return a job name with which Grid Engine is content."""
    name = re.sub(r"[^\w.,+=%~-]", "-", name, flags=re.ASCII)[:400]
    return f"_{name}" if re.match(r"\d|none$", name, re.IGNORECASE) else name


def _shell(shebang: str) -> str:
    """Return the path of the shell that a script's first line names; empty if it names none."""
    match = SHELL.match(shebang)
    if not match or not (match["name"] or match["path"]).endswith("sh"):
        return ""
    return match["path"] or f"/bin/{match['name']}"


def _slots(spec: JobSpec) -> list[str]:
    """Return the directive for slots, which only a parallel environment gives."""
    environment = spec.options.get("parallel_environment")
    count = spec.options.get("job_cpu") or spec.cores
    return [f"-pe {_quoted(environment)} {count}"] if environment else []


def _resources(spec: JobSpec) -> list[str]:
    asked = spec.options
    lines = [f"-l {_quoted(asked['resource_spec'])}"] if asked.get("resource_spec") else []
    memory = _asked_memory(spec)
    lines += [f"-l {_quoted(asked.get('memory_resource') or 'h_vmem')}={memory}"] if memory else []
    return lines + ([f"-l h_rt={_quoted(asked['walltime'])}"] if asked.get("walltime") else [])


def _asked_memory(spec: JobSpec) -> str:
    """Return the amount of memory to ask for, in the words of the user if there are any."""
    style, own = spec.options.get("memory_per") or "none", spec.options.get("job_mem")
    if own or style == "none":
        return str(own or "")
    slots = spec.options.get("job_cpu") or spec.cores
    shared = style == "slot" and spec.options.get("parallel_environment")
    return _memory(math.ceil((spec.memory or 0) / (slots if shared else 1)))


def _memory(size: int) -> str:
    """Format bytes as Grid Engine reads them, rounded up; what it calls K is 1024 bytes."""
    if size % 2**30 == 0:
        return f"{size // 2**30}G"
    return f"{math.ceil(size / 2**20)}M" if size >= 2**20 else f"{math.ceil(size / 2**10)}K"
