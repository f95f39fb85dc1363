"""PBS (OpenPBS and PBS Pro), as OpenPBS 23.06 behaves (``tests/recordings/pbs``)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.adapters.model import Call, JobSpec, JobStatus, Listing, Queue
from jupyter_jobqueue.adapters.option import (
    ACCOUNT,
    JOB_CPU,
    JOB_MEM,
    QUEUE,
    WALLTIME,
    Kind,
    Option,
    memory_per,
)
from jupyter_jobqueue.adapters.pbs_output import read_all, read_living, read_queues
from jupyter_jobqueue.adapters.pbs_text import cpus, memory, quoted, ranges, whole_arrays
from jupyter_jobqueue.adapters.pbs_values import duration, id_in, version_of

NAME_LENGTH = 150
"""Characters of a job's name that are kept, as PBS takes 230 with the tag."""


class PBS(Adapter):
    """`qsub`, `qstat` and `qdel`."""

    system = "pbs"
    label = "PBS"
    class_name = "PBSCluster"
    # SGE has no pbsnodes; the commands that Slurm has for users of PBS lack qselect.
    commands: ClassVar[tuple[str, ...]] = ("qsub", "qstat", "qdel", "qselect", "pbsnodes")
    directive = "#PBS"
    limit_directive = r"\s-l\s*.*?\bwalltime=([^\s,]+)"
    array_index = "$PBS_ARRAY_INDEX"
    status_lists_all = False
    # A server may keep no history.
    exit_codes_expire = True
    unreachable_pattern = (
        r"cannot connect to server|Couldn't connect to cluster|Unable to communicate with|"
        r"could not connect to trqauthd"
    )
    limit_pattern = r"would exceed .* limit|Maximum number of jobs already in queue"
    # The second is Torque's.
    array_pattern = r"Array job exceeds|Requested array size too large"
    # What a job finds in its environment. PBS_CONF_FILE, PBS_SERVER, PBS_DEFAULT and others that
    # name the server stay.
    env_blocklist = (
        r"PBS_(O_.*|JOB.*|ARRAY.*|NODE.*|NUM_.*|MOMPORT|TASKNUM|VNODENUM|ENVIRONMENT|QUEUE|NP|"
        r"GPUFILE|MICFILE|WALLTIME|VERSION)"
    )
    renamed = {"project": "account"}  # noqa: RUF012 (a constant)
    options = (
        replace(QUEUE, help="Destination of the jobs (-q).", example="workq"),
        replace(ACCOUNT, help="Account to charge (-A); $PBS_ACCOUNT if not set."),
        WALLTIME,
        Option(
            "resource_spec",
            Kind.TEXT,
            "Resources",
            "Resources to request (-l), instead of those derived from cores and memory.",
            example="select=1:ncpus=24:mem=100GB",
        ),
        JOB_CPU,
        JOB_MEM,
        memory_per(
            "Whether to request memory per job, per process, or not at all.",
            "job",
            "process",
            "none",
        ),
    )

    # -f: otherwise a process stays that keeps this environment, and prints the error of the last
    # call.
    submit_command: ClassVar[tuple[str, ...]] = ("qsub", "-f")
    """The submit command, without the options of a submission."""
    array_option: ClassVar[str] = "-J"
    """The option of that command for an array."""
    first_of_name: ClassVar[str] = "[A-Za-z0-9]"
    """Pattern of the first character that the name of a job may have."""

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        # This name overrides the one in the script, so that the listing shows the tag.
        argv = [*self.submit_command, "-N", f"{self.job_name(spec)}.{spec.tag}"]
        argv += [self.array_option, f"0-{spec.count - 1}"] if spec.count > 1 else []

        def parse(text: str) -> list[str]:
            job = id_in(text, array=spec.count > 1)
            if spec.count == 1:
                return [job]
            return [job.replace("[]", f"[{index}]") for index in range(spec.count)]

        return Call(argv, parse, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[Listing]:
        # Without -x: a server that keeps no history answers -x with no jobs at all, and exit 0.
        argv = ["qstat", "-t", "-f", "-F", "json", *whole_arrays(ids)]
        return Call(argv, read_living, already_gone_pattern="Unknown Job Id|Job has finished")

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]] | None:
        argv = ["qstat", "-x", "-t", "-f", "-F", "json", *whole_arrays(ids)]
        return Call(argv, read_all, already_gone_pattern="Unknown Job Id")

    def list_ids(self) -> Call[list[str]] | None:
        return Call(["qselect", "-u", self.user], str.split)

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        # "Request invalid": it is ending already.
        gone = "Unknown Job Id|Job has finished|Request invalid for state of job"
        return Call(["qdel", *ranges(ids)], lambda text: None, already_gone_pattern=gone)

    def queues(self) -> Call[list[Queue]] | None:
        return Call(["qstat", "-Q", "-f", "-F", "json"], read_queues)

    def version(self) -> Call[str]:
        return Call(["qsub", "--version"], version_of)

    def site_options(self, environment: Mapping[str, str], config: str) -> dict[str, Any]:
        account = environment.get("PBS_ACCOUNT")
        return {"account": account} if account else {}

    def elsewhere(self, options: Mapping[str, Any], environment: Mapping[str, str]) -> str:
        extra = options.get("job_extra_directives") or ()
        queues = [str(options.get("queue") or ""), *(text for text in extra if "-q" in text)]
        named = next((queue for queue in queues if "@" in queue), "")
        return named and (
            f"{named} names another server, which qselect does not query: set PBS_SERVER in the "
            "environment of this program instead (PBS_DEFAULT for Torque)"
        )

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        return duration(options.get("walltime"))

    def directives(self, spec: JobSpec) -> list[str]:
        options = spec.options
        lines = [f"-N {self.job_name(spec)}"]
        lines += [f"-q {quoted(options['queue'])}"] if options.get("queue") else []
        lines += [f"-A {quoted(options['account'])}"] if options.get("account") else []
        own = options.get("resource_spec")
        lines += [f"-l {text}" for text in ([own] if own else self.resources(spec))]
        lines += [f"-l walltime={options['walltime']}"] if options.get("walltime") else []
        return lines + (self.log_directives(spec) if spec.logs else [])

    def resources(self, spec: JobSpec) -> list[str]:
        """Return what ``-l`` requests: one chunk, or one for each CPU on the same node."""
        count, (style, size) = cpus(spec), memory(spec)
        if style == "process":
            return [f"select={count}:ncpus=1:mem={size}", "place=pack"]
        return [f"select=1:ncpus={count}" + (f":mem={size}" if size else "")]

    def job_name(self, spec: JobSpec) -> str:
        """Return the name of the jobs in characters that PBS accepts."""
        name = re.sub(r"[^A-Za-z0-9_.+-]", "_", spec.name)[:NAME_LENGTH]
        return name if re.match(self.first_of_name, name) else f"j{name}"

    def log_directives(self, spec: JobSpec) -> list[str]:
        """Return the directives for the files that `log_paths` names."""
        return [f"-e {quoted(spec.logs + '/')}", f"-o {quoted(spec.logs + '/')}"]

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        if not spec.logs:
            return "", ""
        return f"{spec.logs}/{job_id}.OU", f"{spec.logs}/{job_id}.ER"
