"""OAR, as 2.5.9 behaves (recordings under ``tests/recordings/oar``)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.adapters.model import Call, JobSpec, Listing
from jupyter_jobqueue.adapters.oar_output import STATES, read_job_ids, read_oarstat
from jupyter_jobqueue.adapters.oar_text import (
    arguments,
    condition_of,
    inline,
    safe_name,
    tagged_name,
    unquoted,
)
from jupyter_jobqueue.adapters.option import (
    JOB_CPU,
    PROJECT,
    QUEUE,
    WALLTIME,
    Kind,
    Option,
    memory_per,
)

LIVE = ", ".join(f"'{code}'" for code, state in STATES.items() if not state.ended)
"""States of jobs that have not ended, as a list in SQL."""

NO_PROPERTY = "not_applicable"
"""Name of the memory property at a site that has none."""


class OAR(Adapter):
    """`oarsub`, `oarstat` and `oardel`."""

    system = "oar"
    label = "OAR"
    class_name = "OARCluster"
    commands = ("oarsub", "oarstat", "oardel")
    limit_directive = r"\s-l\s*.*?\bwalltime=([^\s,]+)"
    directive = "#OAR"
    # Finished jobs stay in the database for ever.
    keeps_ended_jobs = True
    unreachable_pattern = (
        r"Cannot connect to executor|Could not connect to the socket|"
        r"DBI connect\(.*\) failed|DB connection error"
    )
    # OAR itself has no limit of jobs: a site writes one into an admission rule, in its own words.
    limit_pattern = (
        r"(?i)ADMISSION RULE.*(not have more than \d+|too many|(max|maximum) (number|count) of)"
        r"[^\n]*\bjobs"
    )
    array_index = "$((OAR_ARRAY_INDEX - 1))"
    # oarsub reads the key of a surrounding job from them, which only one job at a time may use.
    env_blocklist = r"OAR_.*"
    options = (
        replace(QUEUE, example="default"),
        PROJECT,
        replace(WALLTIME, help="Time limit of a job, as HH:MM:SS, HH:MM or HH."),
        Option(
            "resource_spec",
            Kind.TEXT,
            "Resources",
            "Resources to request, as after oarsub -l but without walltime; "
            "all cores on one node if not set.",
            example="/nodes=1/core=8",
        ),
        Option(
            "memory_per_core_property_name",
            Kind.TEXT,
            "Memory property",
            "Resource property with the memory of a core in MiB, as oarnodes shows it; "
            f"{NO_PROPERTY} if there is none.",
            example="mem_core",
            basic=True,
            pattern=r"\w*",  # of SQL
        ),
        JOB_CPU,
        Option(
            "job_mem",
            Kind.INTEGER,
            "Memory per core of the job",
            "Minimum memory of each core in MiB, if different from what the workers use.",
            minimum=1,
            example="4096",
        ),
        memory_per("Whether to request memory per core, or not at all.", "core", "none"),
    )

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        words = [word for line in self.header(spec) for word in arguments(line)]
        words += ["--array", str(spec.count)] if spec.count > 1 else []
        # The last -n counts, so that the listing shows the tag.
        name = tagged_name(spec.name, spec.tag)
        argv = ["oarsub", *words, "-n", name, inline(spec.shebang, self.script(spec))]
        return Call(argv, lambda text: read_job_ids(text, spec.count))

    def status(self, ids: Sequence[str]) -> Call[Listing]:
        # -f prints exit codes, and the events that explain the state Error. Jobs that have ended
        # are listed by id only.
        chosen = f"state IN ({LIVE})"
        if ids:
            chosen = f"(job_id IN ({', '.join(ids)}) OR {chosen})"
        where = f"job_user = '{self.user}' AND {chosen}"
        return Call(["oarstat", "-f", "-J", "--sql", where], read_oarstat)

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        # oardel reports an unknown job as one of another user.
        gone = r"This job was already killed|You are not the right user"
        return Call(["oardel", *ids], lambda text: None, already_gone_pattern=gone)

    def version(self) -> Call[str]:
        return Call(["oarsub", "--version"], lambda text: text.partition(":")[2].strip())

    def warnings(self, options: Mapping[str, Any]) -> list[str]:
        if options.get("memory_per_core_property_name") or options.get("memory_per") == "none":
            return []
        return [
            "the jobs request no memory and may start on nodes with too little: set "
            "memory_per_core_property_name to the property that oarnodes shows for the memory of "
            f"a core, or to {NO_PROPERTY!r}"
        ]

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        match = re.fullmatch(r"(\d+)(?::(\d+))?(?::(\d+))?", str(options.get("walltime") or ""))
        if not match:
            return None
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return (hours * 60 + minutes) * 60 + seconds

    def directives(self, spec: JobSpec) -> list[str]:
        # `oarsub -S` takes all that follows an option as its value, quotes included.
        options = spec.options
        lines = [f"-n {safe_name(spec.name)}"]
        if spec.logs:
            out, err = self.log_paths(spec, "%jobid%")
            lines += [f"-O {out}", f"-E {err}"]
        lines += [f"-q {options['queue']}"] if options.get("queue") else []
        lines += [f"--project {options['project']}"] if options.get("project") else []
        # One -l only: the scheduler treats several as alternatives.
        resources = [unquoted(options.get("resource_spec")) or f"/nodes=1/core={_cores(spec)}"]
        resources += [f"walltime={options['walltime']}"] if options.get("walltime") else []
        return [*lines, f"-l {','.join(resources)}"]

    def header(self, spec: JobSpec) -> list[str]:
        """Return the directive lines with at most one condition on properties.

        Of several, OAR uses only the last; therefore the user's and ours are joined.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        """
        lines, condition = super().header(spec), _memory_condition(spec)
        if not condition or any(skip in f"{self.directive} -p {condition}" for skip in spec.skip):
            return lines
        own = [found for line in lines if (found := condition_of(line))]
        lines = [line for line in lines if not condition_of(line)]
        condition = f"({own[-1]}) AND {condition}" if own else condition
        return [*lines, f"{self.directive} -p {condition}"]

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        return super().log_paths(replace(spec, name=safe_name(spec.name)), job_id)


def _cores(spec: JobSpec) -> int:
    return int(spec.options.get("job_cpu") or spec.cores)


def _memory_condition(spec: JobSpec) -> str:
    """Return the condition on the memory of each core; empty if none is requested."""
    options = spec.options
    name, job_mem = options.get("memory_per_core_property_name"), options.get("job_mem")
    if name in (None, "", NO_PROPERTY) or options.get("memory_per") == "none":
        return ""
    if not (job_mem or spec.memory):
        return ""
    return f"{name}>={job_mem or math.ceil((spec.memory or 0) / (_cores(spec) * 2**20))}"
