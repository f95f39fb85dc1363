"""HTCondor, as 25.0 behaves (recordings under ``tests/recordings/htcondor``)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.adapters.htcondor_analysis import read_analysis
from jupyter_jobqueue.adapters.htcondor_output import (
    ATTRIBUTES,
    HELD,
    LIMITS,
    read_ids,
    read_jobs,
    read_version,
)
from jupyter_jobqueue.adapters.htcondor_text import (
    MACROS,
    constraint,
    key_of,
    shell_arguments,
    without_macros,
)
from jupyter_jobqueue.adapters.model import Call, JobSpec, JobStatus, Listing
from jupyter_jobqueue.adapters.option import JOB_CPU, JOB_MEM, WALLTIME, Kind, Option, memory_per
from jupyter_jobqueue.adapters.text import seconds

OTHER_SCHEDD = re.compile(r"\s*-(n|na|nam|name|p|po|poo|pool|r|re\w*)\b")
"""Arguments of condor_submit that name another schedd or pool; it accepts abbreviations."""


class HTCondor(Adapter):
    """`condor_submit`, `condor_q` and `condor_rm`."""

    system = "htcondor"
    label = "HTCondor"
    class_name = "HTCondorCluster"
    commands = ("condor_submit", "condor_q", "condor_rm")
    directive = ""
    limit_directive = r"(?i)^\s*allowed_?job_?duration\s*=\s*(\d+)"
    # Not for the shell: condor_submit replaces it.
    array_index = "$(ProcId)"
    unreachable_pattern = r"Can't find address|\(null\)|SECMAN:|CEDAR:"
    limit_pattern = r"would exceed MAX_JOBS_(PER_OWNER|SUBMITTED)"
    array_pattern = r"would exceed MAX_JOBS_PER_SUBMISSION|SUBMIT_MAX_PROCS_IN_CLUSTER"
    vague_reason = r"^no match found"
    # What HTCondor sets in a job; _CONDOR_SCHEDD_HOST and the like are configuration, and stay.
    env_blocklist = (
        r"_CONDOR_(ANCESTOR_\d+|BIN|CHIRP_CONFIG|JOB_AD|JOB_IWD|JOB_PIDS|MACHINE_AD|SCRATCH_DIR|"
        r"SLOT)"
    )
    options = (
        Option(
            "disk",
            Kind.MEMORY,
            "Disk",
            "Disk space of one job; HTCondor's own default if not set.",
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
        memory_per("Whether to request memory per job, or not at all.", "job", "none"),
        Option(
            "submit_command_extra",
            Kind.LINES,
            "Arguments of condor_submit",
            "Additional arguments of condor_submit, one per line.",
            default=(),
        ),
        Option(
            "cancel_command_extra",
            Kind.LINES,
            "Arguments of condor_rm",
            "Additional arguments of condor_rm, one per line.",
            default=(),
        ),
        Option(
            "job_extra_directives",
            Kind.SETTINGS,
            "Extra directives",
            "Additional lines of the submit description, as Key = value; they override others.",
            default=(),
            example='+ProjectName = "physics"',
        ),
        Option(
            "job_directives_skip",
            Kind.LINES,
            "Skipped directives",
            "Keys of the submit description to leave out.",
            default=(),
            example="RequestDisk",
        ),
        Option(
            "shebang",
            Kind.TEXT,
            "Shebang",
            "First line of the submit description.",
            default="#!/usr/bin/env condor_submit",
            pattern="(#.*)?",
            form="a line that begins with #",
        ),
    )

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        extra = spec.options.get("submit_command_extra") or ()
        return Call(["condor_submit", "-terse", *extra], read_ids, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[Listing]:
        # condor_q lists the user's own jobs unless it is given ids.
        ours = ["-constraint", "JobQueueTag =!= undefined"]
        return Call(["condor_q", "-json", *ours, "-attributes", ATTRIBUTES], read_jobs)

    def look_for(self, job_id: str) -> Call[Listing]:
        return Call(["condor_q", job_id, "-json", "-attributes", ATTRIBUTES], read_jobs)

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        # The limit stops the search once all are found; the newest come first.
        found = ["-limit", str(len(ids)), "-constraint", constraint(ids)]
        argv = ["condor_history", "-json", *found, "-attributes", ATTRIBUTES]
        return Call(argv, lambda text: read_jobs(text, left=True))

    def why_waiting(self, ids: Sequence[str]) -> Call[dict[str, str]]:
        return Call(["condor_q", "-better-analyze", *ids], read_analysis)

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        gone = r"^Job \S+ not found$"
        return Call(["condor_rm", *ids], lambda text: None, already_gone_pattern=gone)

    def version(self) -> Call[str]:
        return Call(["condor_version"], read_version)

    def elsewhere(self, options: Mapping[str, Any], environment: Mapping[str, str]) -> str:
        extra = options.get("submit_command_extra") or ()
        named = next((text for text in extra if OTHER_SCHEDD.match(text)), "")
        return named and (
            f"{named} submits to another schedd, which condor_q does not query: set "
            "_CONDOR_SCHEDD_HOST in the environment of this program instead (and "
            "_CONDOR_COLLECTOR_HOST for another pool)"
        )

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        text = str(options.get("walltime") or "").strip()
        return int(text) if text.isdecimal() else seconds(text)

    def script(self, spec: JobSpec) -> str:
        """Return the submit description; what a job runs is the argument of a shell in it.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        """
        header, lines = self.header(spec), "\n".join(self.body(spec)).split("\n")
        arguments = without_macros(shell_arguments(lines), {*MACROS, *map(key_of, header)})
        settings = [*header, f'MY.JobQueueTag = "{spec.tag}"']
        run = [f'Arguments = "{arguments}"', "Executable = /bin/sh"]
        queue = f"Queue {spec.count}" if spec.count > 1 else "Queue"
        return "\n".join([spec.shebang, "", *settings, "", *run, "", queue, ""])

    def header(self, spec: JobSpec) -> list[str]:
        """Return the generated settings, without those that the user skips or sets.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        """
        without = {key_of(line) for line in (*spec.skip, *spec.extra)}
        kept = [line for line in self.directives(spec) if key_of(line) not in without]
        return [*kept, *spec.extra]

    def directives(self, spec: JobSpec) -> list[str]:
        options, disk = spec.options, spec.options.get("disk")
        lines = ['MY.DaskWorkerName = "htcondor--$F(MY.JobId)--"', f"batch_name = {spec.name}"]
        lines += [f"RequestCpus = {options.get('job_cpu') or 'MY.DaskWorkerCores'}"]
        lines += _request_memory(spec)
        lines += ["RequestDisk = floor(MY.DaskWorkerDisk / 1024)"] if disk else []
        lines += ['MY.JobId = "$(ClusterId).$(ProcId)"', f"MY.DaskWorkerCores = {spec.cores}"]
        lines += [f"MY.DaskWorkerMemory = {spec.memory}"] if spec.memory else []
        lines += [f"MY.DaskWorkerDisk = {disk}"] if disk else []
        lines += self._log_settings(spec) if spec.logs else []
        return [*lines, *self._limit_settings(options)]

    def _log_settings(self, spec: JobSpec) -> list[str]:
        out, err = self.log_paths(spec, "$(ClusterId).$(ProcId)")
        events = self.log_paths(spec, "$(ClusterId)")[0].removesuffix(".out")
        # Streamed: the workers are killed at the end, and their output would be lost otherwise.
        return [
            f"LogDirectory = {spec.logs}",
            f"Output = {out}",
            f"Error = {err}",
            f"Log = {events}.log",
            "Stream_Output = True",
            "Stream_Error = True",
        ]

    def _limit_settings(self, options: Mapping[str, Any]) -> list[str]:
        limit = self.walltime(options) or options.get("walltime")
        # HTCondor holds a job that exceeds its limits, for ever; it does not end it.
        exceeded = " || ".join(f"HoldReasonCode == {code}" for code in sorted(LIMITS))
        remove = f"periodic_remove = JobStatus == {HELD} && ({exceeded})"
        return [f"allowed_job_duration = {limit}", remove] if limit else [remove]


def _request_memory(spec: JobSpec) -> list[str]:
    if spec.options.get("memory_per") == "none":
        return []
    if spec.options.get("job_mem"):
        return [f"RequestMemory = {spec.options['job_mem']}"]
    return ["RequestMemory = floor(MY.DaskWorkerMemory / 1048576)"] if spec.memory else []
