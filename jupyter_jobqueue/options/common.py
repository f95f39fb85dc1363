"""The options of jobs on every batch system, declared once for checks, forms and configuration."""

from __future__ import annotations

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.option import Kind, Option

DEFAULT_WORKER = "distributed.cli.dask_worker"

COMMON = (
    Option("cores", Kind.INTEGER, "Cores", "Cores of one job.", minimum=1, example="8", basic=True),
    Option("memory", Kind.MEMORY, "Memory", "Memory of one job.", example="24 GB", basic=True),
    Option(
        "processes",
        Kind.INTEGER,
        "Processes",
        "Dask workers per job; about the square root of its cores if not set.",
        minimum=1,
        example="1",
        basic=True,
    ),
    Option(
        "job_name", Kind.TEXT, "Job name", "Name of the jobs in the queue.", default="dask-worker"
    ),
    Option(
        "kernel",
        Kind.TEXT,
        "Kernel",
        "Jupyter kernel whose environment runs the scheduler and the workers.",
        example="python3",
    ),
    Option(
        "python",
        Kind.TEXT,
        "Python",
        "Python interpreter that runs the scheduler and the workers; this program's interpreter if "
        "not set.",
        example="/opt/conda/bin/python",
    ),
    Option(
        "interface",
        Kind.TEXT,
        "Interface",
        "Network interface that the scheduler and the workers use.",
        example="ib0",
        pattern=r"[\w.:@-]*",
    ),
    Option(
        "nanny",
        Kind.FLAG,
        "Nanny",
        "Run each worker under a nanny process that restarts it.",
        default=True,
    ),
    Option(
        "death_timeout",
        Kind.DURATION,
        "Death timeout",
        "Time after which a worker exits if it cannot reach the scheduler; seconds without a unit.",
        default=60,
        example="60",
    ),
    Option(
        "local_directory",
        Kind.TEXT,
        "Local directory",
        "Folder on the node for the temporary files of the workers, on a fast disk.",
        example="$TMPDIR",
    ),
    Option(
        "shared_temp_directory",
        Kind.TEXT,
        "Shared directory",
        "Folder for keys, job scripts and logs that login and compute nodes share.",
        example="$HOME",
    ),
    Option(
        "log_directory",
        Kind.TEXT,
        "Log directory",
        "Folder for the output of the jobs; the folder of the cluster if not set. Where everybody "
        "may write, each cluster gets a private folder in it.",
    ),
    Option(
        "worker_command",
        Kind.TEXT,
        "Worker command",
        "Python module that runs a worker.",
        default=DEFAULT_WORKER,
        pattern=r"[\w. -]*",
        form="the name of a module",
    ),
    Option(
        "worker_extra_args",
        Kind.LINES,
        "Worker arguments",
        "Additional arguments of the worker, one per line.",
        default=(),
        example="--lifetime 55m",
    ),
    Option(
        "job_script_prologue",
        Kind.LINES,
        "Prologue",
        "Shell commands that run before the worker starts.",
        default=(),
        example="module load python",
    ),
    Option(
        "job_script_epilogue",
        Kind.LINES,
        "Epilogue",
        "Shell commands that run after the worker has ended.",
        default=(),
    ),
    Option(
        "job_extra_directives",
        Kind.LINES,
        "Extra directives",
        "Directives to add to the job script, without the leading #SBATCH or similar.",
        default=(),
    ),
    Option(
        "job_directives_skip",
        Kind.LINES,
        "Skipped directives",
        "Texts; directives of the job script that contain any of them are omitted.",
        default=(),
    ),
    Option(
        "shebang",
        Kind.TEXT,
        "Shebang",
        "First line of the job script.",
        default="#!/usr/bin/env bash",
        pattern="(#.*)?",
        form="a line that begins with #",
    ),
    Option(
        "job_arrays",
        Kind.FLAG,
        "Job arrays",
        "Submit many jobs with one command as a job array; if not, each with a command of its own.",
        default=True,
    ),
    Option(
        "allowed_failures",
        Kind.INTEGER,
        "Allowed failures",
        "Stop submitting after this many consecutive jobs end before a worker connects.",
        default=3,
        minimum=1,
    ),
    Option(
        "max_jobs",
        Kind.INTEGER,
        "Maximum jobs",
        "Jobs that the cluster may have at the same time; further jobs are submitted later.",
        minimum=1,
        example="100",
    ),
    Option(
        "max_pending",
        Kind.INTEGER,
        "Maximum pending jobs",
        "Jobs that may wait in the queue at the same time; further jobs are submitted later.",
        minimum=1,
        example="20",
    ),
    Option(
        "max_submissions",
        Kind.INTEGER,
        "Submissions per minute",
        "Submit commands per minute; a job array counts as one.",
        minimum=1,
        example="10",
    ),
    Option(
        "budget",
        Kind.NUMBER,
        "Budget",
        "Core-hours that all jobs together may use; a job that could exceed them is not submitted.",
        example="100",
    ),
    Option(
        "idle_timeout",
        Kind.DURATION,
        "Idle timeout",
        "Close the cluster after it has been idle for this time.",
        example="30 minutes",
    ),
    Option(
        "max_age",
        Kind.DURATION,
        "Maximum age",
        "Close the cluster at this age.",
        example="8 hours",
    ),
)

RENAMED = {
    "extra": "worker_extra_args",
    "env_extra": "job_script_prologue",
    "job_extra": "job_extra_directives",
    "header_skip": "job_directives_skip",
}
"""Old option names of dask-jobqueue and their new names."""


def options_of(system: str) -> dict[str, Option]:
    """Return every option of a batch system.

    Parameters
    ----------
    system : str
        A batch system, such as ``"slurm"``.

    Returns
    -------
    dict
        Options by name, in the order of the form.
    """
    own = {option.name: option for option in ADAPTERS[system].options}
    # A batch system can replace a common option with a declaration of its own.
    every = [*COMMON[:3], *own.values(), *(each for each in COMMON[3:] if each.name not in own)]
    return {option.name: option for option in every}


def renamed_of(system: str) -> dict[str, str]:
    """Return the old option names of a batch system.

    Parameters
    ----------
    system : str
        A batch system, such as ``"slurm"``.

    Returns
    -------
    dict
        New names by old name.
    """
    return {**RENAMED, **ADAPTERS[system].renamed}
