"""Job scripts, whole: what the golden files under ``tests/scripts`` contain was typed by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import dask.config
import pytest
import yaml

from tests.unit.scripts import COMMON_KEYWORDS, FOLDER, SMALL, golden, headers, script_of

KEYS = {
    "tls_ca_file": "/keys/ca.pem",
    "tls_worker_cert": "/my keys/cert.pem",
    "tls_worker_key": "/keys/key.pem",
    "tls_client_key": "/keys/of-the-client.pem",
}
EVERY_KEYWORD = {
    **COMMON_KEYWORDS,
    "job_extra_directives": ["--constraint=haswell", "--exclusive"],
    "queue": "large",
    "account": "project42",
    "walltime": "1-12:00:00",
}
QUOTING = {
    **SMALL,
    "python": "srun /opt/python",
    "job_name": "my jobs",
    "queue": "big nodes",
    "account": 'a "b"',
    "local_directory": "$TMPDIR/of $USER",
    "log_directory": "/logs/$USER/a b",
}
DIRECTIVES = {
    **SMALL,
    "job_directives_skip": ["--mem", "-q "],
    "job_extra_directives": ["--mem-per-cpu=4G", "--gres=gpu:1"],
}
LOCAL = {
    **SMALL,
    "cores": 2,
    "memory": "1 GB",
    "processes": 2,
    "walltime": "01:00:00",
    "job_name": "my jobs",
    "shebang": "#!/bin/sh",
    "interface": "lo",
    "job_script_prologue": 'echo "$LOCALQ_JOB_ID"',
    "job_script_epilogue": ["echo done"],
}


@pytest.mark.parametrize(
    ("file", "options", "facts"),
    [
        ("slurm_single", SMALL, {}),
        ("slurm_array", SMALL, {"first": 7, "count": 3, "logs": "/logs"}),
        ("slurm_every_keyword", EVERY_KEYWORD, {}),
        ("slurm_processes", {**SMALL, "cores": 32, "memory": "64 GiB"}, {}),
        ("slurm_tls", SMALL, {"tls": KEYS}),
        ("slurm_no_tls", SMALL, {"protocol": "tcp://"}),
        ("slurm_quoting", QUOTING, {}),
        ("slurm_directives", DIRECTIVES, {}),
        ("slurm_job_cpu_job_mem", {**SMALL, "job_cpu": 2, "job_mem": "5000M"}, {}),
        ("slurm_other_worker", {**SMALL, "cores": 4, "worker_command": "dask_cuda.cli"}, {}),
        ("local_single", {"python": "/opt/python"}, {}),
        ("local_array", LOCAL, {"count": 2, "logs": "/logs"}),
    ],
)
def test_job_script(file: str, options: dict[str, Any], facts: dict[str, Any]) -> None:
    system = file.partition("_")[0]
    assert script_of(system, options, **facts) == golden(file)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sh")), ids=lambda path: str(path.name))
def test_every_script_is_compared_and_is_good_shell(path: Path) -> None:
    tests = "".join(each.read_text() for each in Path(__file__).parent.glob("test_scripts*.py"))
    assert f'"{path.stem}"' in tests
    if not path.stem.startswith("htcondor"):  # a description, not a program
        subprocess.run(["bash", "-n", path], check=True)


def test_workers_run_with_this_python_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/opt/my env/bin/python")
    script = script_of("slurm", {"cores": 1, "memory": "1 GiB"})
    assert "\n'/opt/my env/bin/python' -m distributed.cli.dask_worker" in script


@pytest.mark.parametrize(
    "options", [{"nanny": False}, {"worker_command": "dask_cuda.cli"}, {"cores": 1}]
)
def test_only_nannies_of_several_workers_share_an_import(options: dict[str, Any]) -> None:
    size = {"cores": 4, "memory": "4 GiB"}
    assert "forkserver" in script_of("slurm", size)
    assert "forkserver" not in script_of("slurm", {**size, **options})


def test_the_first_array_of_a_cluster_numbers_from_the_index() -> None:
    assert "--name SLURMCluster-$SLURM_ARRAY_TASK_ID " in script_of("slurm", SMALL, count=2)


def test_memory_of_the_workers_is_never_more_than_that_of_the_job() -> None:
    script = script_of("slurm", {"cores": 3, "memory": "1 GB", "processes": 3})
    assert "--mem=954M" in script
    assert "--memory-limit 317MiB" in script


# ---- the same resources as dask-jobqueue

RESOURCES = ("-p", "-A", "-n", "--cpus-per-task", "--mem", "-t")
KEYWORDS: list[dict[str, Any]] = [
    {"cores": 1, "memory": "1 GB"},
    {"cores": 8, "memory": "24GB"},
    {"cores": 24, "memory": "500 GB", "queue": "regular", "account": "myaccount"},
    {"cores": 36, "memory": "109GiB", "processes": 9, "walltime": "12:00:00"},
    {"cores": 2, "memory": "16MB"},
    {"cores": 2, "memory": "123 kB"},
    {"cores": 2, "memory": "1025 B"},
    {"cores": 2, "memory": 15_000_000_000},
    {"cores": 2, "memory": "1.5 TiB"},
    {"cores": 4, "memory": "4 GB", "job_cpu": 16, "job_mem": "500MB"},
    {"cores": 4, "memory": "4 GB", "job_directives_skip": ["--cpus-per-task=", "-t"]},
    {"cores": 4, "memory": "4 GB", "job_extra_directives": ["--mem-per-cpu=1G", "-p other"]},
    {"cores": 4, "memory": "4 GB", "project": "old-name", "queue": "debug"},
]


def resources(header: list[str]) -> list[str]:
    return [line for line in header if line.split()[1].split("=")[0] in RESOURCES]


@pytest.mark.parametrize("keywords", KEYWORDS, ids=str)
def test_resources_are_those_of_dask_jobqueue(keywords: dict[str, Any]) -> None:
    ours, theirs = headers("slurm", "SLURMJob", keywords)
    assert resources(ours) == resources(theirs)
    assert len(resources(ours)) >= 2


@pytest.mark.parametrize("cores", [1, 2, 4, 5, 6, 8, 12, 24, 36, 37, 64])
def test_processes_and_threads_are_those_of_dask_jobqueue(cores: int) -> None:
    theirs = pytest.importorskip("dask_jobqueue.slurm")
    defaults = Path(theirs.__file__).with_name("jobqueue.yaml").read_text()
    keywords = {"cores": cores, "memory": "64 GiB"}
    script = script_of("slurm", keywords)
    dask.config.update(dask.config.config, yaml.safe_load(defaults), priority="old")
    job = theirs.SLURMJob(scheduler="tls://10.0.0.1:8786", name="x", **keywords)
    assert flags(script, "--nthreads", "--nworkers") == flags(
        job.job_script(), "--nthreads", "--nworkers"
    )


def flags(script: str, *names: str) -> dict[str, str]:
    words = script.split()
    return {name: words[words.index(name) + 1] for name in names if name in words}
