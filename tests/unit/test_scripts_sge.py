"""Job scripts of Grid Engine, whole: the golden files were typed by hand."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_jobqueue.adapters.sge import SGE
from jupyter_jobqueue.cluster.request import build_spec
from tests.unit.scripts import COMMON_KEYWORDS, SMALL, golden, headers, script_of

EVERY_KEYWORD = {
    **COMMON_KEYWORDS,
    "job_extra_directives": ["-w e", "-R y"],
    "queue": "large.q,all.q@@fat",
    "project": "project42",
    "resource_spec": "gpu=1,hostname=a*|b*",
    "walltime": "36:00:00",
    "parallel_environment": "smp",
    "memory_per": "slot",
    "memory_resource": "virtual_free",
}
QUOTING = {
    **SMALL,
    "python": "mpirun /opt/python",
    "job_name": "my jobs",
    "queue": "big nodes",
    "project": 'a "b"',
    "resource_spec": "site=north wing",
    "local_directory": "$TMPDIR/of $USER",
    "log_directory": "/logs/$USER/a b",
}
DIRECTIVES = {
    **SMALL,
    "shebang": "#!/usr/bin/env zsh",
    "job_directives_skip": ["h_rt", "-cwd"],
    "job_extra_directives": ["-l h_rt=3600", "-pe mpi 4"],
}
OWN_SIZE = {**SMALL, "parallel_environment": "smp", "job_cpu": 2, "job_mem": "5000M"}


@pytest.mark.parametrize(
    ("file", "options", "facts"),
    [
        ("sge_single", SMALL, {}),
        ("sge_array", SMALL, {"first": 7, "count": 3, "logs": "/logs"}),
        ("sge_every_keyword", EVERY_KEYWORD, {}),
        ("sge_quoting", QUOTING, {}),
        ("sge_directives", DIRECTIVES, {}),
        ("sge_job_cpu_job_mem", OWN_SIZE, {}),
    ],
)
def test_job_script(file: str, options: dict[str, Any], facts: dict[str, Any]) -> None:
    assert script_of("sge", options, **facts) == golden(file)


# ---- memory and slots

SMP = {"parallel_environment": "smp"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, []),
        ({"memory_per": "none"}, []),
        ({"job_mem": "3G"}, ["-l h_vmem=3G"]),
        ({"memory_per": "job"}, ["-l h_vmem=24G"]),
        ({"memory_per": "slot"}, ["-l h_vmem=24G"]),
        ({"memory_per": "job", **SMP}, ["-pe smp 8", "-l h_vmem=24G"]),
        ({"memory_per": "slot", **SMP}, ["-pe smp 8", "-l h_vmem=3G"]),
        ({"memory_per": "slot", "job_cpu": 7, **SMP}, ["-pe smp 7", "-l h_vmem=3511M"]),
        ({"memory_per": "slot", "job_mem": "1.5G", **SMP}, ["-pe smp 8", "-l h_vmem=1.5G"]),
        ({"memory_per": "job", "memory": "123 kB"}, ["-l h_vmem=121K"]),
        ({"memory_per": "job", "memory_resource": "mem_free"}, ["-l mem_free=24G"]),
        ({"memory_per": "job", "job_directives_skip": ["h_vmem"]}, []),
    ],
)
def test_slots_and_memory_are_requested_as_the_user_wants(
    options: dict[str, Any], expected: list[str]
) -> None:
    given = {"cores": 8, "memory": "24 GiB", "walltime": "", **options}
    if "parallel_environment" in options:
        plan = build_spec("sge", given)
    else:
        with pytest.warns(UserWarning, match="one slot, not 8"):
            plan = build_spec("sge", given)
    lines = [line.removeprefix("#$ ") for line in SGE().header(plan.job_spec())]
    assert [line for line in lines if line.startswith(("-pe", "-l"))] == expected


# ---- the same resources as dask-jobqueue

KEYWORDS: list[dict[str, Any]] = [
    {"cores": 1, "memory": "1 GB"},
    {"cores": 8, "memory": "24GB"},
    {"cores": 24, "memory": "500 GB", "queue": "regular", "project": "myproj"},
    {"cores": 8, "memory": "16GB", "resource_spec": "h_vmem=2G,mem_free=2G"},
    {"cores": 36, "memory": "109GiB", "processes": 9, "walltime": "12:00:00"},
    {"cores": 2, "memory": "4 GB", "walltime": "3600"},
    {"cores": 2, "memory": "4 GB", "queue": "all.q@node1,short.q"},
    {"cores": 2, "memory": "4 GB", "resource_spec": "hostname=a*|b*"},
    {"cores": 4, "memory": "4 GB", "job_extra_directives": ["-pe smp 4", "-w e", "-R y"]},
    {"cores": 4, "memory": "4 GB", "job_extra": ["-l gpu=1", "-q other"]},
    {"cores": 4, "memory": "4 GB", "job_directives_skip": ["-cwd", "h_rt="]},
    {"cores": 4, "memory": "4 GB", "header_skip": ["-j", "-q"], "queue": "debug"},
    {"cores": 4, "memory": "4 GB", "log_directory": "/logs", "job_name": "mine"},
]


def asked(header: list[str]) -> list[str]:
    """Leave out where output goes, and which shell reads the script."""
    return [line for line in header if line.split()[1] not in ("-o", "-e", "-S")]


@pytest.mark.parametrize("keywords", KEYWORDS, ids=str)
def test_what_is_requested_is_what_dask_jobqueue_requests(keywords: dict[str, Any]) -> None:
    ours, theirs = headers("sge", "SGEJob", keywords)
    assert asked(ours) == asked(theirs)
    assert len(asked(ours)) >= 2
