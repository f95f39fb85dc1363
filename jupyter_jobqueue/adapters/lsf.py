"""LSF: IBM's 10.1, and the OpenLava line, as volclava 2.2 (``tests/recordings/lsf``) behaves."""

from __future__ import annotations

import math
import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_jobqueue.adapters.adapter import Adapter, Call, JobSpec, JobStatus, Queue
from jupyter_jobqueue.adapters.lsf_output import job_id, read_ids, read_jobs, read_queues
from jupyter_jobqueue.adapters.option import PROJECT, QUEUE, WALLTIME, Kind, Option, memory_per
from jupyter_jobqueue.adapters.text import quote, spans

UNITS: dict[str, int] = {unit: 1000**power for power, unit in enumerate("kmgtpez", start=1)}


class LSF(Adapter):
    """`bsub`, `bjobs` and `bkill`."""

    system = "lsf"
    label = "LSF"
    class_name = "LSFCluster"
    commands = ("bsub", "bjobs", "bkill")
    directive = "#BSUB"
    # For CLEAN_PERIOD seconds, an hour as a rule.
    keeps_ended_jobs = True
    # The code is in `bjobs -l`, but not for a job whose host was lost for a while.
    exit_codes_expire = True
    # Only -l tells the reasons and exit codes of both lines of LSF: too much for jobs of others.
    status_lists_all = False
    unreachable_pattern = r"not responding|LIM is down"
    array_index = "$((LSB_JOBINDEX - 1))"
    # bsub inside a job would hand on the job's own settings; BSUB_QUIET has it print no id, and
    # BSUB_STDERR prints it elsewhere. Defaults of the user and the places of files stay.
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
        ),
        Option(
            "ncpus",
            Kind.INTEGER,
            "CPUs of the job",
            "Slots to ask the queue for, when it is not the number of cores that the workers use.",
            minimum=1,
            example="4",
        ),
        Option(
            "mem",
            Kind.MEMORY,
            "Memory of the job",
            "Memory to ask the queue for, when it is not what the workers use.",
            example="4 GB",
        ),
        memory_per(
            "Whether memory is asked for per job, per slot, or not at all.", "job", "slot", "none"
        ),
        Option(
            "lsf_units",
            Kind.TEXT,
            "Unit of memory",
            "Unit of memory limits, kb to eb; what LSF's own configuration says if not set.",
            example="mb",
        ),
        Option(
            "use_stdin",
            Kind.FLAG,
            "Script on standard input",
            "Give bsub the script on its standard input rather than as an argument.",
            default=True,
        ),
    )

    def directives(self, spec: JobSpec) -> list[str]:
        asked = spec.options
        lines = [f"-J {quote(spec.name)}"]
        if spec.logs:
            out, err = self.log_paths(spec, "%J[%I]" if spec.count > 1 else "%J")
            lines += [f"-e {quote(err)}", f"-o {quote(out)}"]
        lines += [f"-q {quote(asked['queue'])}"] if asked.get("queue") else []
        lines += [f"-P {quote(asked['project'])}"] if asked.get("project") else []
        slots = asked.get("ncpus") or spec.cores
        lines += [f"-n {slots}"]
        lines += ['-R "span[hosts=1]"'] if slots > 1 else []
        lines += _asked_memory(spec, slots)
        lines += [f"-W {quote(asked['walltime'])}"] if asked.get("walltime") else []
        return lines

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        """Return where the output of ``5`` and of the array element ``5[2]`` goes.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        job_id : str
            Its id, or what a directive has for that.
        """
        return super().log_paths(spec, re.sub(r"\[(.*)\]", r"-\1", job_id))

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        # ``[hours:]minutes[/host]``
        match = re.fullmatch(
            r"(?:(\d+):)?(\d+)(?:/\S*)?", str(options.get("walltime") or "").strip()
        )
        return (int(match[1] or 0) * 60 + int(match[2])) * 60 if match else None

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        # The command line beats the script.
        name = re.sub(r"[^\w.+-]", "-", spec.name) + f".{spec.tag}"
        named = ["-J", f"{name}[1-{spec.count}]" if spec.count > 1 else name]

        def parse(text: str) -> list[str]:
            job = job_id(text)
            return [job] if spec.count == 1 else [f"{job}[{n}]" for n in range(1, spec.count + 1)]

        if spec.options.get("use_stdin", True):
            return Call(["bsub", *named], parse, stdin=self.script(spec))
        return Call(["bsub", *self._as_arguments(spec), *named, self._as_command(spec)], parse)

    def _as_arguments(self, spec: JobSpec) -> list[str]:
        """Return the directives for a command line, as bsub reads them in no script but stdin."""
        lines = (line.removeprefix(self.directive).strip() for line in self.header(spec))
        return [word for line in lines if not line.startswith("-J ") for word in _words(line)]

    def _as_command(self, spec: JobSpec) -> str:
        """Return the script as one shell command on one line, as LSF's records have lines."""
        body = [*self.preamble(spec), *spec.prologue, spec.command, *spec.epilogue]
        text = "\n".join(filter(None, body))
        shell = spec.shebang.removeprefix("#!").strip()
        if "\n" not in text:
            return f"{shell} -c {shlex.quote(text)}"
        line = text.replace("\\", "\\\\").replace("\n", "\\n")
        return f'{shell} -c "$(printf %b {shlex.quote(line)})"'

    def status(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        # An array by its own id: a long list of elements might not fit into a command line.
        gone = r"is not found|No (unfinished )?job found|No matching job found"
        return Call(["bjobs", "-l", *_arrays(ids)], read_jobs, already_gone_pattern=gone)

    def list_ids(self) -> Call[list[str]]:
        # -w: names are not cut. Unfinished jobs that carry a tag; all else is nobody's of us.
        return Call(["bjobs", "-w"], read_ids, already_gone_pattern="No (unfinished )?job found")

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        return Call(
            ["bhist", "-l", *_arrays(ids)], read_jobs, already_gone_pattern="No matching job found"
        )

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        # The last: somebody, such as we a moment ago, has asked for it already.
        gone = r"No matching job found|Job has already finished|Operation is in progress"
        return Call(["bkill", *_ranges(ids)], lambda text: None, already_gone_pattern=gone)

    def version(self) -> Call[str]:
        return Call(["lsid"], lambda text: text.strip().partition("\n")[0])

    def queues(self) -> Call[list[Queue]]:
        return Call(["bqueues", "-l"], read_queues)


def _asked_memory(spec: JobSpec, slots: int) -> list[str]:
    """Return the directive for memory: per job, per slot (a share each) or none."""
    style = spec.options.get("memory_per") or "job"
    size = spec.options.get("mem") or spec.memory
    if style == "none" or not size:
        return []
    unit = UNITS.get(str(spec.options.get("lsf_units") or "").lower()[:1]) or _unit()
    return [f"-M {math.ceil(size / (slots if style == 'slot' else 1) / unit)}"]


def _unit() -> int:
    """Return the bytes of LSF_UNIT_FOR_LIMITS in LSF's configuration; a kilobyte if not set."""
    folder = os.environ.get("LSF_ENVDIR") or os.environ.get("LSF_CONFDIR") or "/etc"
    try:
        text = Path(folder, "lsf.conf").read_text(errors="replace")
    except OSError:
        return UNITS["k"]
    found = re.findall(r"^\s*LSF_UNIT_FOR_LIMITS\s*=\W*(\w)", text, re.MULTILINE)
    return UNITS.get(found[-1].lower(), UNITS["k"]) if found else UNITS["k"]


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quote without its other half
        return line.split()


def _arrays(ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(each.partition("[")[0] for each in ids))


def _ranges(ids: Iterable[str]) -> list[str]:
    """Join array elements to ``5[1-3,7]``.

    Examples
    --------
    >>> _ranges(["5[1]", "5[2]", "5[3]", "5[7]", "6"])
    ['5[1-3,7]', '6']
    """
    arrays: dict[str, list[int]] = {}
    for each in ids:
        job, _, index = each.rstrip("]").partition("[")
        arrays.setdefault(job, []).extend([int(index)] if index else [])
    return [f"{job}[{spans(found)}]" if found else job for job, found in arrays.items()]
