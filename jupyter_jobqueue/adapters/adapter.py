"""The interface to a batch system.

An adapter starts no process and reads neither files nor the environment. It returns a `Call`: the
arguments of a command, and the function that parses its output. `jupyter_jobqueue.batch` runs
calls; tests parse recordings with them.
"""

from __future__ import annotations

import re
import shlex
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jupyter_jobqueue.adapters.model import BatchState, Call, JobSpec, JobStatus, Listing, Queue
from jupyter_jobqueue.adapters.option import Option
from jupyter_jobqueue.adapters.text import seconds

__all__ = ["Adapter", "BatchState", "Call", "JobSpec", "JobStatus", "Listing", "Queue"]

NEVER = r"(?!)"
"""Pattern that matches nothing."""
LONGEST_TIME = 200
"""Characters of a time limit that is read."""
MOST_SECONDS = 100 * 366 * 24 * 3600
"""A limit of more than a century is none; neither is 0, which Slurm takes for that."""


class Adapter(ABC):
    """One batch system: every method returns data.

    Parameters
    ----------
    user : str
        Login name of the user whose jobs it lists.
    """

    system: ClassVar[str]
    """Name in the configuration, in REST and in records, such as ``"slurm"``."""
    label: ClassVar[str]
    """Name for people."""
    class_name: ClassVar[str]
    """Name of the cluster class, and the default name of clusters and their workers."""
    commands: ClassVar[tuple[str, ...]] = ()
    """Commands that must be on PATH."""
    directive: ClassVar[str]
    """How a directive line of a job script begins, such as ``"#SBATCH"``."""
    array_index: ClassVar[str] = ""
    """Shell expression for the index of an array element, from 0; empty if there are no arrays."""
    options: ClassVar[tuple[Option, ...]] = ()
    """Options of this batch system in addition to those that all systems share."""
    preset: ClassVar[Mapping[str, Any]] = {}
    """Values that the batch system's own profile sets, by option name."""
    renamed: ClassVar[Mapping[str, str]] = {}
    """Old option names that still work, with their new names."""
    host: ClassVar[str] = ""
    """Address that scheduler and workers listen on when the user names no interface; empty for
    the one that other hosts reach."""
    keeps_ended_jobs: ClassVar[bool] = False
    """Whether `status` lists ended jobs for a while. A job that vanishes before it was seen running
    or ended then never started."""
    exit_codes_expire: ClassVar[bool] = False
    """Whether the queue may lose the exit code of an ended job. The job script then writes it to
    `JobSpec.exit_file`."""
    status_lists_all: ClassVar[bool] = True
    """Whether `status` lists all jobs of the user. If not, it lists those that it names, and
    `list_ids` finds the others."""
    env_blocklist: ClassVar[str] = NEVER
    """Pattern of environment variables that commands must not inherit, because a surrounding job
    set them for itself."""
    unreachable_pattern: ClassVar[str] = NEVER
    """Pattern of error messages which mean that the batch system cannot be reached."""
    limit_directive: ClassVar[str] = NEVER
    """Pattern of a time limit in a line of directives; its group is a value of ``walltime``."""
    limit_pattern: ClassVar[str] = NEVER
    """Pattern of error messages which mean that a limit is reached: jobs may fit later."""

    array_pattern: ClassVar[str] = NEVER
    """Pattern of error messages which mean that an array is too large, or arrays are disabled."""
    vague_reason: ClassVar[str] = NEVER
    """Pattern of reasons in `status` that are vague and that `why_waiting` explains."""

    def __init__(self, user: str = "") -> None:
        self.user = user

    # ---- commands

    @abstractmethod
    def submit(self, spec: JobSpec) -> Call[list[str]]:
        """Submit jobs, two or more as one array.

        Parameters
        ----------
        spec : JobSpec
            The submission.

        Returns
        -------
        Call
            Its result has one id for each of `spec.count` jobs, in the order of the array.
        """

    @abstractmethod
    def status(self, ids: Sequence[str]) -> Call[Listing]:
        """Query many jobs at once.

        Parameters
        ----------
        ids : sequence of str
            Jobs that the result must contain if they are in the queue.

        Returns
        -------
        Call
            Its result has jobs by id; an id of `ids` that is missing has left the queue.
        """

    def look_for(self, job_id: str) -> Call[Listing]:
        """Query one job by its id alone, because a listing of many may lack it by mistake.

        Parameters
        ----------
        job_id : str
            The job.

        Returns
        -------
        Call
            Its result has the job, if the batch system knows it.
        """
        return self.status([job_id])

    @abstractmethod
    def cancel(self, ids: Sequence[str]) -> Call[None]:
        """Request the end of jobs; `status` shows the effect.

        Parameters
        ----------
        ids : sequence of str
            Jobs, some of which may have ended.
        """

    @abstractmethod
    def version(self) -> Call[str] | None:
        """Query the version of the batch system; None if it is part of this project."""

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]] | None:
        """Query the accounting for jobs that have left the queue.

        Parameters
        ----------
        ids : sequence of str
            The jobs.

        Returns
        -------
        Call or None
            Its result has jobs by id; None if there is no accounting.
        """
        return None

    def why_waiting(self, ids: Sequence[str]) -> Call[dict[str, str]] | None:
        """Query why jobs wait, if `status` has too little detail; this is called rarely.

        Parameters
        ----------
        ids : sequence of str
            Jobs whose reason matches `vague_reason`.

        Returns
        -------
        Call or None
            Its result has reasons by id; None if the batch system has nothing to add.
        """
        return None

    def list_ids(self) -> Call[list[str]] | None:
        """Query the ids of all the user's jobs; None if `status` lists them all."""
        return None

    def queues(self) -> Call[list[Queue]] | None:
        """Query queues and their limits; None if the batch system cannot list them."""
        return None

    # ---- options

    def config_file(self, environment: Mapping[str, str]) -> str:
        """Return the path of the file whose text `site_options` needs; empty if it needs none.

        Parameters
        ----------
        environment : Mapping
            The environment variables of the user.
        """
        return ""

    def site_options(self, environment: Mapping[str, str], config: str) -> dict[str, Any]:
        """Return the site's values of options that a user does not set.

        Parameters
        ----------
        environment : Mapping
            The environment variables of the user.
        config : str
            The text of `config_file`; empty if it cannot be read.
        """
        return {}

    def warnings(self, options: Mapping[str, Any]) -> list[str]:
        """Return warnings about options that are valid but unlikely to be intended.

        Parameters
        ----------
        options : Mapping
            Checked options.

        Returns
        -------
        list of str
            One sentence per warning.
        """
        return []

    def elsewhere(self, options: Mapping[str, Any], environment: Mapping[str, str]) -> str:
        """Return why `status` and `cancel` would not find the jobs; empty if they would.

        Parameters
        ----------
        options : Mapping
            Checked options.
        environment : Mapping
            The environment variables of the user.
        """
        return ""

    def walltime(self, options: Mapping[str, Any]) -> int | None:
        """Return the time limit of a job in seconds; None if there is none or it is unknown.

        Parameters
        ----------
        options : Mapping
            Checked options.
        """
        return seconds(str(options.get("walltime") or ""))

    def limit_sent(self, spec: JobSpec) -> int | None:
        """Return the time limit that the directives of a script request, in seconds.

        A user may skip the generated directive or add another one; of several, the last one counts.

        Parameters
        ----------
        spec : JobSpec
            The submission.

        Returns
        -------
        int or None
            None if the script requests none, or one that cannot be parsed.
        """
        pattern = re.compile(self.limit_directive)
        found = [match[1] for line in self.header(spec) for match in pattern.finditer(line)]
        if not found or len(found[-1]) > LONGEST_TIME:
            return None
        limit = self.walltime({"walltime": found[-1].strip("'\"")}) or 0
        return limit if 0 < limit <= MOST_SECONDS else None

    # ---- job script

    @abstractmethod
    def directives(self, spec: JobSpec) -> list[str]:
        """Return the directives of a job script without the leading `directive` word.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        """

    def header(self, spec: JobSpec) -> list[str]:
        """Return the directive lines, without those to skip and with the extra ones.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        """
        lines = [f"{self.directive} {text}" for text in self.directives(spec)]
        kept = [line for line in lines if not any(skip in line for skip in spec.skip)]
        return [*kept, *(f"{self.directive} {text}" for text in spec.extra)]

    def script(self, spec: JobSpec) -> str:
        """Return the whole job script.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        """
        return "\n".join([spec.shebang, "", *self.header(spec), "", *self.body(spec), ""])

    def body(self, spec: JobSpec) -> list[str]:
        """Return the lines of shell that a job runs.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        """
        lines = [*self.preamble(spec), *spec.prologue, spec.command, *spec.epilogue]
        return [line for line in lines if line]

    def preamble(self, spec: JobSpec) -> list[str]:
        """Return the lines that write the exit code to a file, if the queue may lose it.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        """
        if not (self.exit_codes_expire and spec.exit_file):
            return []
        return ["trap " + shlex.quote(f"echo $? > {spec.exit_file}") + " EXIT"]

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        """Return the files for stdout and stderr of a job; empty texts if unknown.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        job_id : str
            Its id, or the placeholder of a directive.
        """
        if not spec.logs:
            return "", ""
        stem = f"{spec.logs}/{re.sub('[/%]', '-', spec.name)}-{job_id}"
        return f"{stem}.out", f"{stem}.err"
