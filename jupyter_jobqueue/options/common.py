"""The options that jobs of every batch system have: one declaration for checks, form and schema."""

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
        "Workers that share one job; about the square root of its cores if not set.",
        minimum=1,
        example="1",
        basic=True,
    ),
    Option(
        "job_name", Kind.TEXT, "Job name", "Name of the jobs in the queue.", default="dask-worker"
    ),
    Option(
        "python",
        Kind.TEXT,
        "Python",
        "Python that runs the workers; this one if not set.",
        example="/opt/conda/bin/python",
    ),
    Option(
        "interface",
        Kind.TEXT,
        "Interface",
        "Network interface that scheduler and workers use.",
        example="ib0",
    ),
    Option("nanny", Kind.FLAG, "Nanny", "Let a nanny process restart workers.", default=True),
    Option(
        "death_timeout",
        Kind.DURATION,
        "Death timeout",
        "Seconds after which a worker that finds no scheduler gives up.",
        default=60,
        example="60",
    ),
    Option(
        "local_directory",
        Kind.TEXT,
        "Local directory",
        "Fast local storage on the node.",
        example="$TMPDIR",
    ),
    Option(
        "shared_temp_directory",
        Kind.TEXT,
        "Shared directory",
        "Folder that login and compute nodes share, for keys, job scripts and logs.",
        example="$HOME",
    ),
    Option(
        "log_directory",
        Kind.TEXT,
        "Log directory",
        "Folder for the output of the jobs; the cluster's own if not set.",
    ),
    Option(
        "worker_command",
        Kind.TEXT,
        "Worker command",
        "Module that runs a worker.",
        default=DEFAULT_WORKER,
    ),
    Option(
        "worker_extra_args",
        Kind.LINES,
        "Worker arguments",
        "Further arguments of the worker, one a line.",
        default=(),
        example="--lifetime 55m",
    ),
    Option(
        "job_script_prologue",
        Kind.LINES,
        "Prologue",
        "Lines of shell before the worker starts.",
        default=(),
        example="module load python",
    ),
    Option(
        "job_script_epilogue",
        Kind.LINES,
        "Epilogue",
        "Lines of shell after the worker has ended.",
        default=(),
    ),
    Option(
        "job_extra_directives",
        Kind.LINES,
        "Extra directives",
        "Directives added to the job script as they are.",
        default=(),
    ),
    Option(
        "job_directives_skip",
        Kind.LINES,
        "Skipped directives",
        "Directives of the job script that contain one of these texts are left out.",
        default=(),
    ),
    Option(
        "shebang",
        Kind.TEXT,
        "Shebang",
        "First line of the job script.",
        default="#!/usr/bin/env bash",
    ),
    Option(
        "allowed_failures",
        Kind.INTEGER,
        "Allowed failures",
        "Jobs in a row that may end before a worker joined; then nothing more is submitted.",
        default=3,
        minimum=1,
    ),
    Option(
        "max_jobs",
        Kind.INTEGER,
        "Limit of jobs",
        "Jobs of the cluster at a time; what is wanted beyond waits.",
        minimum=1,
        example="100",
    ),
    Option(
        "max_pending",
        Kind.INTEGER,
        "Limit of pending jobs",
        "Jobs that may wait in the queue at a time; what is wanted beyond waits.",
        minimum=1,
        example="20",
    ),
    Option(
        "max_submissions",
        Kind.INTEGER,
        "Submissions a minute",
        "Submit commands within a minute; an array is one.",
        minimum=1,
        example="10",
    ),
    Option(
        "budget",
        Kind.NUMBER,
        "Budget",
        "Core-hours that all jobs together may use; nothing is submitted that could exceed them.",
        example="100",
    ),
    Option(
        "idle_timeout",
        Kind.DURATION,
        "Idle timeout",
        "Time without work, such as 30 minutes, after which the cluster closes.",
        example="30 minutes",
    ),
    Option(
        "max_age",
        Kind.DURATION,
        "Maximum age",
        "Time, such as 8 hours, after which the cluster closes.",
        example="8 hours",
    ),
)

RENAMED = {
    "extra": "worker_extra_args",
    "env_extra": "job_script_prologue",
    "job_extra": "job_extra_directives",
    "header_skip": "job_directives_skip",
}
"""Old names that dask-jobqueue still understands, and so do we."""


def options_of(system: str) -> dict[str, Option]:
    """Return every option of a batch system by name, in the order of the form."""
    own = {option.name: option for option in ADAPTERS[system].options}
    # An option that a batch system declares itself takes the place of the common one.
    every = [*COMMON[:3], *own.values(), *(each for each in COMMON[3:] if each.name not in own)]
    return {option.name: option for option in every}


def renamed_of(system: str) -> dict[str, str]:
    """Return the old option names of a batch system and their new ones."""
    return {**RENAMED, **ADAPTERS[system].renamed}
