"""LSF: IBM's 10.1, and the OpenLava line as volclava 2.2 behaves (``tests/recordings/lsf``)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.adapters.lsf_output import read_ids, read_job_id, read_jobs, read_queues
from jupyter_jobqueue.adapters.lsf_text import (
    arguments,
    inline,
    ranges,
    unit_in,
    unit_size,
    whole_arrays,
)
from jupyter_jobqueue.adapters.model import Call, JobSpec, JobStatus, Listing, Queue
from jupyter_jobqueue.adapters.option import PROJECT, QUEUE, WALLTIME, Kind, Option, memory_per
from jupyter_jobqueue.adapters.text import element_ids, quote


class LSF(Adapter):
    """`bsub`, `bjobs` and `bkill`."""

    system = "lsf"
    label = "LSF"
    class_name = "LSFCluster"
    commands = ("bsub", "bjobs", "bkill")
    directive = "#BSUB"
    limit_directive = r"\s-W\s*([^\s/]+)"
    # For CLEAN_PERIOD seconds, an hour as a rule.
    keeps_ended_jobs = True
    # `bjobs -l` shows the code, but not that of a job whose host was lost for a while.
    exit_codes_expire = True
    # Only -l shows the reasons and exit codes of both lines of LSF, which is too much output for
    # jobs that are not ours.
    status_lists_all = False
    unreachable_pattern = r"not responding|LIM is down"
    # The errors of liblsbatch; bsub repeats the last one, of MAX_PEND_JOBS, until it is killed.
    limit_pattern = (
        r"queue has reached its job limit|not have enough (per-user )?job slots|"
        r"Pending job (slot )?threshold reached"
    )
    # MAX_JOB_ARRAY_SIZE.
    array_pattern = r"(?i)job array (index|size).*(too large|exceed|out of range)"
    array_index = "$((LSB_JOBINDEX - 1))"
    # Within a job, bsub would pass on that job's settings; BSUB_QUIET suppresses the id, and
    # BSUB_STDERR prints it elsewhere. The user's defaults and the places of files stay.
    env_blocklist = (
        r"BSUB_.*|LS_(?!COLORS$).*|"
        r"LSB_(?!DEFAULT|CONFDIR$|SHAREDIR$|STDOUT_DIRECT$|NTRIES$|API_).*"
    )
    options = (
        QUEUE,
        PROJECT,
        replace(
            WALLTIME,
            help="Time limit of a job, as HH:MM or minutes.",
            default="00:30",
            example="01:00",
            pattern=r"[\w:.+/-]{0,200}",  # may name a host
        ),
        Option(
            "ncpus",
            Kind.INTEGER,
            "CPUs of the job",
            "Slots to request, if different from the number of cores that the workers use.",
            minimum=1,
            example="4",
        ),
        Option(
            "mem",
            Kind.MEMORY,
            "Memory of the job",
            "Memory to request, if different from what the workers use.",
            example="4 GB",
        ),
        memory_per(
            "Whether to request memory per job, per slot, or not at all.", "job", "slot", "none"
        ),
        Option(
            "lsf_units",
            Kind.TEXT,
            "Unit of memory",
            "Unit of memory limits, from kb to eb; the unit in LSF's own configuration if not set.",
            example="mb",
            pattern=r"\w*",
        ),
        Option(
            "use_stdin",
            Kind.FLAG,
            "Script on standard input",
            "Pass the script to bsub on standard input rather than as an argument.",
            default=True,
        ),
    )

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        # The command line overrides the script.
        name = re.sub(r"[^\w.+-]", "-", spec.name) + f".{spec.tag}"
        named = ["-J", f"{name}[1-{spec.count}]" if spec.count > 1 else name]

        def parse(text: str) -> list[str]:
            return element_ids(read_job_id(text), "{job}[{index}]", spec.count, first=1)

        if spec.options.get("use_stdin", True):
            return Call(["bsub", *named], parse, stdin=self.script(spec))
        command = inline(spec.shebang, self.body(spec))
        return Call(["bsub", *self._submit_arguments(spec), *named, command], parse)

    def _submit_arguments(self, spec: JobSpec) -> list[str]:
        """Return the directives as arguments: bsub reads them in no script but standard input."""
        lines = (line.removeprefix(self.directive).strip() for line in self.header(spec))
        return [word for line in lines if not line.startswith("-J ") for word in arguments(line)]

    def status(self, ids: Sequence[str]) -> Call[Listing]:
        gone = r"is not found|No (unfinished )?job found|No matching job found"
        return Call(["bjobs", "-l", *whole_arrays(ids)], read_jobs, already_gone_pattern=gone)

    def list_ids(self) -> Call[list[str]]:
        # -w: names are not cut. Unfinished jobs that carry a tag are ours.
        return Call(["bjobs", "-w"], read_ids, already_gone_pattern="No (unfinished )?job found")

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        gone = "No matching job found"
        return Call(["bhist", "-l", *whole_arrays(ids)], read_jobs, already_gone_pattern=gone)

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        # "In progress": an earlier bkill, perhaps ours.
        gone = r"No matching job found|Job has already finished|Operation is in progress"
        return Call(["bkill", *ranges(ids)], lambda text: None, already_gone_pattern=gone)

    def version(self) -> Call[str]:
        return Call(["lsid"], lambda text: text.strip().partition("\n")[0])

    def queues(self) -> Call[list[Queue]]:
        return Call(["bqueues", "-l"], read_queues)

    def config_file(self, environment: Mapping[str, str]) -> str:
        folder = environment.get("LSF_ENVDIR") or environment.get("LSF_CONFDIR") or "/etc"
        return f"{folder}/lsf.conf"

    def site_options(self, environment: Mapping[str, str], config: str) -> dict[str, Any]:
        unit = unit_in(config)
        return {"lsf_units": unit} if unit else {}

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        # ``[hours:]minutes[/host]``
        text = str(options.get("walltime") or "").strip()
        match = re.fullmatch(r"(?:(\d+):)?(\d+)(?:/\S*)?", text)
        return (int(match[1] or 0) * 60 + int(match[2])) * 60 if match else None

    def directives(self, spec: JobSpec) -> list[str]:
        options = spec.options
        lines = [f"-J {quote(spec.name)}"]
        if spec.logs:
            out, err = self.log_paths(spec, "%J[%I]" if spec.count > 1 else "%J")
            lines += [f"-e {quote(err)}", f"-o {quote(out)}"]
        lines += [f"-q {quote(options['queue'])}"] if options.get("queue") else []
        lines += [f"-P {quote(options['project'])}"] if options.get("project") else []
        slots = options.get("ncpus") or spec.cores
        lines += [f"-n {slots}"]
        lines += ['-R "span[hosts=1]"'] if slots > 1 else []
        lines += _memory_directive(spec, slots)
        return lines + ([f"-W {quote(options['walltime'])}"] if options.get("walltime") else [])

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        """Return where the output of ``5`` and of the array element ``5[2]`` goes.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        job_id : str
            Its id, or the placeholder of a directive.
        """
        return super().log_paths(spec, re.sub(r"\[(.*)\]", r"-\1", job_id))


def _memory_directive(spec: JobSpec, slots: int) -> list[str]:
    """Return the directive for memory: per job, per slot (a share each) or none."""
    options = spec.options
    style, size = options.get("memory_per") or "job", options.get("mem") or spec.memory
    if style == "none" or not size:
        return []
    share = size / (slots if style == "slot" else 1)
    return [f"-M {math.ceil(share / unit_size(str(options.get('lsf_units') or '')))}"]
