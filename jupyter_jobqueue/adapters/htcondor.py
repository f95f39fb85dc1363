"""HTCondor, as 25.0 really behaves (recordings under ``tests/recordings/htcondor``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jupyter_jobqueue.adapters.adapter import Adapter, Call, JobSpec, JobStatus
from jupyter_jobqueue.adapters.htcondor_output import (
    ATTRIBUTES,
    HELD,
    LIMITS,
    read_ids,
    read_jobs,
    read_version,
)
from jupyter_jobqueue.adapters.option import JOB_CPU, JOB_MEM, WALLTIME, Kind, Option, memory_per
from jupyter_jobqueue.adapters.text import seconds

# What condor_submit itself replaces in a description; every other ``$(...)`` is the shell's.
MACROS = {"cluster", "clusterid", "process", "procid", "node", "step", "item", "itemindex", "row"}
MANY_LINES = 'eval "$(printf "%s\\n" "$@")"'


class HTCondor(Adapter):
    """`condor_submit`, `condor_q` and `condor_rm`."""

    system = "htcondor"
    label = "HTCondor"
    class_name = "HTCondorCluster"
    commands = ("condor_submit", "condor_q", "condor_rm")
    directive = ""
    # Not the shell's: condor_submit puts the number there.
    array_index = "$(ProcId)"
    unreachable_pattern = r"Can't find address|\(null\)|SECMAN:|CEDAR:"
    # Variables that HTCondor sets in a job; _CONDOR_SCHEDD_HOST and the like are configuration.
    env_blocklist = (
        r"_CONDOR_(ANCESTOR_\d+|BIN|CHIRP_CONFIG|JOB_AD|JOB_IWD|JOB_PIDS|MACHINE_AD|SCRATCH_DIR|"
        r"SLOT)"
    )
    options = (
        Option(
            "disk",
            Kind.MEMORY,
            "Disk",
            "Disk of one job; HTCondor's own choice if not set.",
            example="10 GB",
            basic=True,
        ),
        replace(
            WALLTIME,
            help="Time limit of a job, as HH:MM:SS or seconds; none if not set.",
            default=None,
        ),
        JOB_CPU,
        JOB_MEM,
        memory_per("Whether memory is asked for per job, or not at all.", "job", "none"),
        Option(
            "submit_command_extra",
            Kind.LINES,
            "Arguments of condor_submit",
            "Further arguments of condor_submit, one a line.",
            default=(),
        ),
        Option(
            "cancel_command_extra",
            Kind.LINES,
            "Arguments of condor_rm",
            "Further arguments of condor_rm, one a line.",
            default=(),
        ),
        Option(
            "job_extra_directives",
            Kind.SETTINGS,
            "Extra directives",
            "Further lines of the submit description, as Key = value; they win over ours.",
            default=(),
            example='+ProjectName = "physics"',
        ),
        Option(
            "job_directives_skip",
            Kind.LINES,
            "Skipped directives",
            "Keys of the submit description that are left out.",
            default=(),
            example="RequestDisk",
        ),
        Option(
            "shebang",
            Kind.TEXT,
            "Shebang",
            "First line of the submit description.",
            default="#!/usr/bin/env condor_submit",
        ),
    )

    def directives(self, spec: JobSpec) -> list[str]:
        asked, disk = spec.options, spec.options.get("disk")
        lines = ['MY.DaskWorkerName = "htcondor--$F(MY.JobId)--"', f"batch_name = {spec.name}"]
        lines += [f"RequestCpus = {asked.get('job_cpu') or 'MY.DaskWorkerCores'}"]
        lines += _asked_memory(spec)
        lines += ["RequestDisk = floor(MY.DaskWorkerDisk / 1024)"] if disk else []
        lines += ['MY.JobId = "$(ClusterId).$(ProcId)"', f"MY.DaskWorkerCores = {spec.cores}"]
        lines += [f"MY.DaskWorkerMemory = {spec.memory}"] if spec.memory else []
        lines += [f"MY.DaskWorkerDisk = {disk}"] if disk else []
        lines += self._logs(spec) if spec.logs else []
        if asked.get("walltime"):
            lines.append(f"allowed_job_duration = {self.walltime(asked) or asked['walltime']}")
        # A job over its limits is not ended but held, for ever.
        over = " || ".join(f"HoldReasonCode == {code}" for code in sorted(LIMITS))
        return [*lines, f"periodic_remove = JobStatus == {HELD} && ({over})"]

    def _logs(self, spec: JobSpec) -> list[str]:
        out, err = self.log_paths(spec, "$(ClusterId).$(ProcId)")
        events = self.log_paths(spec, "$(ClusterId)")[0].removesuffix(".out")
        # Streamed, as the workers are killed in the end: else nothing would be left to read.
        return [
            f"LogDirectory = {spec.logs}",
            f"Output = {out}",
            f"Error = {err}",
            f"Log = {events}.log",
            "Stream_Output = True",
            "Stream_Error = True",
        ]

    def header(self, spec: JobSpec) -> list[str]:
        """Return the settings; those with the key of one to skip or of an extra one are left out.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        """
        without = {_key(each) for each in (*spec.skip, *spec.extra)}
        kept = [line for line in self.directives(spec) if _key(line) not in without]
        return [*kept, *spec.extra]

    def script(self, spec: JobSpec) -> str:
        """Return the submit description; what a job runs is the argument of a shell in it.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        """
        header = self.header(spec)
        body = "\n".join(filter(None, [*spec.prologue, spec.command, *spec.epilogue]))
        arguments = _literal(_arguments(body.split("\n")), {*MACROS, *map(_key, header)})
        return "\n".join(
            [
                spec.shebang,
                "",
                *header,
                f'MY.JobQueueTag = "{spec.tag}"',
                "",
                f'Arguments = "{arguments}"',
                "Executable = /bin/sh",
                "",
                f"Queue {spec.count}" if spec.count > 1 else "Queue",
                "",
            ]
        )

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        text = str(options.get("walltime") or "").strip()
        return int(text) if text.isdecimal() else seconds(text)

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        extra = spec.options.get("submit_command_extra") or ()
        return Call(["condor_submit", "-terse", *extra], read_ids, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        # condor_q tells of the user's own jobs unless it is given ids.
        ours = ["-constraint", "JobQueueTag =!= undefined"]
        return Call(["condor_q", "-json", *ours, "-attributes", ATTRIBUTES], read_jobs)

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        # The limit lets it stop reading once it has found them all; the newest come first.
        found = ["-limit", str(len(ids)), "-constraint", _constraint(ids)]
        argv = ["condor_history", "-json", *found, "-attributes", ATTRIBUTES]
        return Call(argv, lambda text: read_jobs(text, left=True))

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        gone = r"^Job \S+ not found$"
        return Call(["condor_rm", *ids], lambda text: None, already_gone_pattern=gone)

    def version(self) -> Call[str]:
        return Call(["condor_version"], read_version)


def _asked_memory(spec: JobSpec) -> list[str]:
    if spec.options.get("memory_per") == "none":
        return []
    if spec.options.get("job_mem"):
        return [f"RequestMemory = {spec.options['job_mem']}"]
    return ["RequestMemory = floor(MY.DaskWorkerMemory / 1048576)"] if spec.memory else []


def _key(line: str) -> str:
    """Return what a setting is called; HTCondor does not tell capitals apart.

    Examples
    --------
    >>> _key("RequestDisk = 1024"), _key("RequestDisk")
    ('requestdisk', 'requestdisk')
    """
    return line.partition("=")[0].strip().lower()


def _arguments(lines: Sequence[str]) -> str:
    """Return the arguments of ``/bin/sh`` that run some lines, as a submit description has them.

    https://htcondor.readthedocs.io/en/latest/man-pages/condor_submit.html: a description has no
    place for a line break, so each line is an argument of its own.

    Examples
    --------
    >>> _arguments(["echo 'a b'"])
    "-c 'echo ''a b'''"
    """
    shell = [lines[0]] if len(lines) == 1 else [MANY_LINES, "sh", *lines]
    quoted = (each.replace("'", "''").replace('"', '""') for each in shell)
    return " ".join(["-c", *(f"'{each}'" for each in quoted)])


def _literal(text: str, macros: Iterable[str]) -> str:
    """Keep what the shell is to replace from condor_submit, which would see macros.

    Examples
    --------
    >>> _literal("cd $(mktemp -d); echo $HOME $(ProcId)", {"procid"})
    'cd $(DOLLAR)(mktemp -d); echo $HOME $(ProcId)'
    """
    names = "|".join(map(re.escape, sorted(macros)))
    return re.sub(rf"(?i)(?<!\$)\$(?=\()(?!\((?:{names})\))", "$(DOLLAR)", text)


def _constraint(ids: Iterable[str]) -> str:
    """Return a condition that only these jobs meet.

    Examples
    --------
    >>> _constraint(["3.0", "3.1", "3.2", "4.0"])
    '(ClusterId == 3 && ProcId >= 0 && ProcId <= 2) || (ClusterId == 4 && ProcId == 0)'
    """
    spans: list[list[int]] = []
    for cluster, proc in sorted(tuple(map(int, each.split("."))) for each in ids):
        if spans and spans[-1][0] == cluster and spans[-1][2] == proc - 1:
            spans[-1][2] = proc
        else:
            spans.append([cluster, proc, proc])
    return " || ".join(f"(ClusterId == {cluster} && {_procs(*rest)})" for cluster, *rest in spans)


def _procs(low: int, high: int) -> str:
    return f"ProcId == {low}" if low == high else f"ProcId >= {low} && ProcId <= {high}"
