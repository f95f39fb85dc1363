"""Job scripts for tests: ours, and what dask-jobqueue would ask for with the same keywords."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path
from typing import Any

import dask.config
import pytest
import yaml

from jupyter_jobqueue.cluster.request import build_spec

FOLDER = Path(__file__).parents[1] / "scripts"
SMALL: dict[str, Any] = {"cores": 1, "memory": "4 GiB", "python": "/opt/python"}
COMMON_KEYWORDS: dict[str, Any] = {
    "cores": 8,
    "memory": "24 GB",
    "processes": 1,
    "interface": "ib0",
    "nanny": False,
    "death_timeout": "2 minutes",
    "local_directory": "/local/$USER",
    "worker_extra_args": ["--lifetime 55m", "--lifetime-stagger", "4m"],
    "job_script_prologue": ["module load python", "", "export OMP_NUM_THREADS=1"],
    "job_script_epilogue": ["rm -rf /local/$USER"],
    "log_directory": "/logs",
    "shebang": "#!/bin/bash -l",
    "python": "/opt/python",
    "job_name": "my-analysis",
}
"""Every keyword that all batch systems have, but for directives."""


def script_of(system: str, options: dict[str, Any], **facts: Any) -> str:
    """Return the job script for keywords of a cluster class; `facts` go to `job_spec`.

    The golden files under ``tests/scripts``, named ``<system>_<case>.sh``, were typed by hand.
    """
    protocol = facts.pop("protocol", "tls://")
    plan = build_spec(system, options, protocol=protocol, encrypted=protocol == "tls://")
    facts = {"tag": "jobqueue-CLUSTER-0", "address": f"{protocol}10.0.0.1:8786", **facts}
    return plan.preview(plan.job_spec(**facts))[0]


def golden(file: str) -> str:
    """Return the text of a golden script."""
    return (FOLDER / f"{file}.sh").read_text()


def headers(system: str, job_class: str, keywords: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the directive lines of our script and of dask-jobqueue's, for the same keywords."""
    theirs = pytest.importorskip(f"dask_jobqueue.{system}")
    defaults = Path(theirs.__file__).with_name("jobqueue.yaml").read_text()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # old names, such as project
        warnings.simplefilter("ignore", UserWarning)
        plan = build_spec(system, keywords)
        dask.config.update(dask.config.config, yaml.safe_load(defaults), priority="old")
        job = getattr(importlib.import_module(f"dask_jobqueue.{system}"), job_class)(
            scheduler="tls://10.0.0.1:8786", name="x", **keywords
        )
    ours = plan.adapter.header(plan.job_spec())
    return ours, str(job.job_header).splitlines()
