"""Slurm, as 22.05 behaves (recordings under ``tests/recordings/slurm``)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.adapters.model import Call, JobSpec, JobStatus, Listing, Queue
from jupyter_jobqueue.adapters.option import ACCOUNT, JOB_CPU, JOB_MEM, QUEUE, WALLTIME, memory_per
from jupyter_jobqueue.adapters.slurm_output import (
    SACCT_COLUMNS,
    SQUEUE_COLUMNS,
    read_job_id,
    read_sacct,
    read_squeue,
)
from jupyter_jobqueue.adapters.slurm_partitions import SINFO_FORMAT, read_sinfo
from jupyter_jobqueue.adapters.text import element_ids, group_elements, quote, spans

SQUEUE_FORMAT = ",".join(f"{column}:|" for column in SQUEUE_COLUMNS)
"""For ``squeue -O``, as only that prints exit codes; ``NAME:|`` neither pads nor cuts a column."""

OTHER_CLUSTER = re.compile(r"\s*(--clusters?\b|-M)")
"""Directives that send a job to a cluster that the commands of Slurm do not query."""

EPOCH = {"SLURM_TIME_FORMAT": "%s"}
"""squeue and sacct print local times without a zone by default."""


class Slurm(Adapter):
    """`sbatch`, `squeue` and `scancel`."""

    system = "slurm"
    label = "Slurm"
    class_name = "SLURMCluster"
    commands = ("sbatch", "squeue", "scancel")
    directive = "#SBATCH"
    limit_directive = r"\s(?:-t\s*|--time[=\s]\s*)([^\s,]+)"
    # For MinJobAge seconds; but a pending array element that is cancelled leaves no trace at all.
    keeps_ended_jobs = True
    # https://slurm.schedmd.com/sbatch.html: a QOS or association limit, or MaxJobCount, is reached.
    limit_pattern = r"(QOS|Assoc)\w*Submit\w*Limit|temporarily unable to accept"
    # Beyond MaxArraySize, or where a plug-in of the site forbids arrays.
    array_pattern = r"(?i)Invalid job array specification|job arrays? (is|are) not"
    unreachable_pattern = (
        r"(?i)unable to contact slurm controller|Socket timed out|Connection refused"
    )
    array_index = "$SLURM_ARRAY_TASK_ID"
    # Within a job, sbatch would pass SLURM_MEM_PER_NODE and the like to the new job, and squeue
    # would read filters from SQUEUE_*. SLURM_CONF, which names the controller, and SBATCH_*, the
    # user's own defaults, stay.
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
            "Whether to request memory per node, per CPU, or not at all.", "node", "cpu", "none"
        ),
    )

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        array = [f"--array=0-{spec.count - 1}"] if spec.count > 1 else []
        # The comment distinguishes our jobs from later ones that were given the same id.
        argv = ["sbatch", "--parsable", f"--comment={spec.tag}", *array]

        def parse(text: str) -> list[str]:
            return element_ids(read_job_id(text), "{job}_{index}", spec.count)

        return Call(argv, parse, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[Listing]:
        # By user, not by id: one unknown id fails the call, two do not. -r prints one line for
        # each array element, as a long %i of several elements is cut without a sign. -t all lists
        # the jobs that ended in the last MinJobAge seconds too.
        argv = ["squeue", "--me", "-h", "-r", "-t", "all", "-O", SQUEUE_FORMAT]
        return Call(argv, read_squeue, env=EPOCH)

    def look_for(self, job_id: str) -> Call[Listing]:
        argv = ["squeue", "-j", job_id, "-h", "-r", "-t", "all", "-O", SQUEUE_FORMAT]
        return Call(argv, read_squeue, env=EPOCH, already_gone_pattern="Invalid job id specified")

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        argv = ["sacct", "-X", "-n", "-P", "-j", ",".join(ids), "-o", ",".join(SACCT_COLUMNS)]
        return Call(argv, read_sacct, env=EPOCH)

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        gone = r"Invalid job id specified|[Jj]ob/step already complet"
        return Call(["scancel", *_ranges(ids)], lambda text: None, already_gone_pattern=gone)

    def version(self) -> Call[str]:
        return Call(["sbatch", "--version"], str.strip)

    def queues(self) -> Call[list[Queue]]:
        # -e prints a line for each kind of node; otherwise a partition is one line with the
        # smallest node: ``64+``.
        return Call(["sinfo", "-h", "-e", "-o", SINFO_FORMAT], read_sinfo)

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        """Read ``--time``: ``minutes``, ``minutes:seconds``, ``days-hours`` and so on.

        https://slurm.schedmd.com/sbatch.html#OPT_time

        Parameters
        ----------
        options : Mapping
            Checked options.
        """
        text = str(options.get("walltime") or "").strip()
        match = re.fullmatch(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?", text)
        return _seconds(*match.groups()) if match else None

    def elsewhere(self, options: Mapping[str, Any], environment: Mapping[str, str]) -> str:
        extra = options.get("job_extra_directives") or ()
        named = next((text for text in extra if OTHER_CLUSTER.match(text)), "")
        advice = (
            "squeue and scancel do not see the jobs: set SLURM_CLUSTERS, which all commands of "
            "Slurm read, in the environment of this program instead"
        )
        if named:
            return f"{named} sends jobs to another cluster, where {advice}"
        if environment.get("SBATCH_CLUSTERS") and not environment.get("SLURM_CLUSTERS"):
            return f"SBATCH_CLUSTERS sends jobs to another cluster, where {advice}"
        return ""

    def directives(self, spec: JobSpec) -> list[str]:
        options = spec.options
        lines = [f"-J {quote(spec.name)}"]
        if spec.logs:
            out, err = self.log_paths(spec, "%A_%a" if spec.count > 1 else "%j")
            lines += [f"-e {quote(err)}", f"-o {quote(out)}"]
        lines += [f"-p {quote(options['queue'])}"] if options.get("queue") else []
        lines += [f"-A {quote(options['account'])}"] if options.get("account") else []
        cpus = options.get("job_cpu") or spec.cores
        lines += ["-n 1", f"--cpus-per-task={cpus}", *_memory_directive(spec, cpus)]
        return lines + ([f"-t {options['walltime']}"] if options.get("walltime") else [])


def _seconds(days: str | None, *parts: str | None) -> int:
    given = [int(part) for part in parts if part is not None]
    if days is None and len(given) < 3:
        given = [0, *given]  # minutes come first, unless there are days or all three
    hours, minutes, secs = [*given, 0, 0][:3]
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + secs


def _memory_directive(spec: JobSpec, cpus: int) -> list[str]:
    """Return the directive for memory: per node, per CPU (a share each) or none."""
    style, job_mem = spec.options.get("memory_per") or "node", spec.options.get("job_mem")
    if style == "none" or not (job_mem or spec.memory):
        return []
    if style == "cpu":
        return [f"--mem-per-cpu={job_mem or size_text(math.ceil((spec.memory or 0) / cpus))}"]
    return [f"--mem={job_mem or size_text(spec.memory or 0)}"]


def size_text(size: int) -> str:
    """Format bytes as Slurm reads them, rounded up; what it calls K is 1024 bytes."""
    for power, unit in ((3, "G"), (2, "M")):
        if size >= 1024**power:
            return f"{math.ceil(size / 1024**power)}{unit}"
    return f"{max(1, math.ceil(size / 1024))}K"


def _ranges(ids: Iterable[str]) -> list[str]:
    """Join array elements to ``12_[0-4,7]``: each word costs the controller one request.

    Examples
    --------
    >>> _ranges(["12_0", "12_1", "12_2", "12_7", "13"])
    ['12_[0-2,7]', '13']
    """
    arrays = group_elements(ids, "_").items()
    return [f"{job}_[{spans(indices)}]" if indices else job for job, indices in arrays]
