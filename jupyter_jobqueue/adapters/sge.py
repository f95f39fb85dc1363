"""Grid Engine, as Son of Grid Engine 8.1.9 behaves (``tests/recordings/sge``)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.adapters.model import Call, JobSpec, JobStatus, Listing, Queue
from jupyter_jobqueue.adapters.option import (
    JOB_CPU,
    JOB_MEM,
    PROJECT,
    QUEUE,
    WALLTIME,
    Kind,
    Option,
)
from jupyter_jobqueue.adapters.sge_accounting import read_qacct
from jupyter_jobqueue.adapters.sge_output import read_job_id, read_qstat, read_queues, seconds
from jupyter_jobqueue.adapters.sge_text import job_name, quoted, ranges, shell_of, size_text
from jupyter_jobqueue.adapters.text import element_ids

UTC_ZONE = {"TZ": "UTC"}
"""Commands print local times without a zone."""

HISTORY_DAYS = "8"
"""Days for which qacct looks back by the start of jobs; it reads the whole of its file anyway."""

REQUESTS_SLOTS = re.compile(r"(^|\s)-pe\s")


class SGE(Adapter):
    """`qsub`, `qstat` and `qdel`."""

    system = "sge"
    label = "Grid Engine"
    class_name = "SGECluster"
    commands = ("qsub", "qstat", "qdel", "qconf")
    directive = "#$"
    limit_directive = r"\s-l\s*.*?\bh_rt=([^\s,]+)"
    array_index = "$((SGE_TASK_ID - 1))"
    # Accounting is written up to 15 s late, and lacks jobs that were deleted while they waited.
    exit_codes_expire = True
    # max_u_jobs or max_jobs is reached.
    limit_pattern = r"(?i)only \d+ jobs are allowed per"
    # max_aj_tasks, from its manual page sge_conf(5); not from a recording.
    array_pattern = r"(?i)array job tasks|more than \d+ tasks"
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
            "Additional resources, as after qsub -l.",
            example="h_vmem=4G,gpu=1",
        ),
        Option(
            "parallel_environment",
            Kind.TEXT,
            "Parallel environment",
            "Parallel environment to request slots from; without one, a job has one slot.",
            example="smp",
            basic=True,
            pattern=r"[\w.*?|!@:+-]*",
        ),
        replace(
            JOB_CPU,
            title="Slots of the job",
            help="Slots to request, if different from the number of cores that the workers use.",
        ),
        JOB_MEM,
        Option(
            "memory_per",
            Kind.TEXT,
            "Memory per",
            "Whether to request memory per slot, per job, or only if job_mem is set.",
            default="none",
            example="slot",
            choices=("slot", "job", "none"),
        ),
        Option(
            "memory_resource",
            Kind.TEXT,
            "Memory resource",
            "Resource that requests memory at this site.",
            default="h_vmem",
            example="mem_free",
            pattern=r"[\w.:-]*",
        ),
    )

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        array = ["-t", f"1-{spec.count}"] if spec.count > 1 else []
        name = f"{job_name(spec.name)}.{spec.tag}" if spec.tag else job_name(spec.name)
        argv = ["qsub", "-terse", "-N", name, *array]

        def parse(text: str) -> list[str]:
            return element_ids(read_job_id(text), "{job}.{index}", spec.count, first=1)

        return Call(argv, parse, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[Listing]:
        # qstat itself replaces $user. Without -u a site may list everybody's jobs. -r shows
        # the time limits that were asked for, or set since.
        return Call(["qstat", "-u", "$user", "-r", "-xml"], read_qstat, env=UTC_ZONE)

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        # -j takes one id, or a pattern of names: all our jobs have their tag in the name.
        argv = ["qacct", "-o", self.user, "-d", HISTORY_DAYS, "-j", "*.jobqueue-*"]

        def parse(text: str) -> dict[str, JobStatus]:
            ended = read_qacct(text)
            return {job: ended[job] for job in ids if job in ended}

        gone = r"job name \S+ not found"
        return Call(argv, parse, env=UTC_ZONE, already_gone_pattern=gone)

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        gone = r"has deleted|has registered|already in deletion|does not exist|comprises no tasks"
        return Call(["qdel", *ranges(ids)], lambda text: None, already_gone_pattern=gone)

    def version(self) -> Call[str]:
        return Call(["qstat", "-help"], lambda text: text.splitlines()[0].strip())

    def queues(self) -> Call[list[Queue]]:
        argv = ["qstat", "-f", "-u", "$user", "-xml", "-F", "h_rt,mem_total"]
        return Call(argv, read_queues)

    def warnings(self, options: Mapping[str, Any]) -> list[str]:
        slots, extra = options["job_cpu"] or options["cores"], options["job_extra_directives"]
        if slots == 1 or options["parallel_environment"]:
            return []
        if any(REQUESTS_SLOTS.search(line) for line in extra):
            return []
        return [
            f"Grid Engine gives each job one slot, not {slots}: set parallel_environment to one "
            "that qconf -spl lists, such as 'smp'"
        ]

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        return seconds(str(options.get("walltime") or ""))

    def directives(self, spec: JobSpec) -> list[str]:
        options, shell = spec.options, shell_of(spec.shebang)
        lines = [f"-N {job_name(spec.name)}"]
        # By default, a queue runs scripts with its own shell and ignores ``#!``.
        lines += [f"-S {quoted(shell)}"] if shell else []
        lines += [f"-q {quoted(options['queue'])}"] if options.get("queue") else []
        lines += [f"-P {quoted(options['project'])}"] if options.get("project") else []
        lines += [*_slots(spec), *_resources(spec)]
        if spec.logs:
            out, _ = self.log_paths(spec, "$JOB_ID.$TASK_ID" if spec.count > 1 else "$JOB_ID")
            # Before a colon, qsub expects the name of a host.
            lines.append(f"-o {quoted(':' + out if ':' in out else out)}")
        return [*lines, "-cwd", "-j y"]

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        if not spec.logs:
            return "", ""
        path = f"{spec.logs}/{job_name(spec.name)}-{job_id}.out"
        return path, path


def _slots(spec: JobSpec) -> list[str]:
    """Return the directive for slots, which need a parallel environment."""
    environment = spec.options.get("parallel_environment")
    count = spec.options.get("job_cpu") or spec.cores
    return [f"-pe {quoted(environment)} {count}"] if environment else []


def _resources(spec: JobSpec) -> list[str]:
    options, memory = spec.options, _memory(spec)
    lines = [f"-l {quoted(options['resource_spec'])}"] if options.get("resource_spec") else []
    resource = quoted(options.get("memory_resource") or "h_vmem")
    lines += [f"-l {resource}={memory}"] if memory else []
    return lines + ([f"-l h_rt={quoted(options['walltime'])}"] if options.get("walltime") else [])


def _memory(spec: JobSpec) -> str:
    """Return the amount of memory to request, as the user wrote it if so; empty for none."""
    style, job_mem = spec.options.get("memory_per") or "none", spec.options.get("job_mem")
    if job_mem or style == "none":
        return str(job_mem or "")
    slots = spec.options.get("job_cpu") or spec.cores
    shared = style == "slot" and spec.options.get("parallel_environment")
    return size_text(math.ceil((spec.memory or 0) / (slots if shared else 1)))
