"""Job scripts for LSF, whole: what ``tests/scripts/lsf_*.sh`` contain was typed by hand."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.unit.scripts import COMMON_KEYWORDS, SMALL, golden, headers, script_of

EVERY_KEYWORD = {
    **COMMON_KEYWORDS,
    "job_extra_directives": ["-app dask", '-R "select[mem>32000]"'],
    "queue": "large",
    "project": "project42",
    "walltime": "12:00",
    "ncpus": 16,
    "mem": "32 GB",
    "lsf_units": "mb",
    "use_stdin": True,
}
QUOTING = {
    **SMALL,
    "python": "srun /opt/python",
    "job_name": "my jobs",
    "queue": "big nodes",
    "project": 'a "b"',
    "local_directory": "$TMPDIR/of $USER",
    "log_directory": "/logs/$USER/a b",
}
PER_SLOT = {
    **SMALL,
    "cores": 4,
    "memory_per": "slot",
    "lsf_units": "MB",
    "job_directives_skip": ["-n "],
    "job_extra_directives": ["-n 4,8"],
}


@pytest.fixture(autouse=True)
def no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever LSF this machine has must not set the unit of memory."""
    monkeypatch.setenv("LSF_ENVDIR", str(tmp_path))


@pytest.mark.parametrize(
    ("file", "options", "facts"),
    [
        ("lsf_single", SMALL, {}),
        ("lsf_array", SMALL, {"first": 7, "count": 3, "logs": "/logs"}),
        ("lsf_every_keyword", EVERY_KEYWORD, {}),
        ("lsf_quoting", QUOTING, {}),
        ("lsf_per_slot", PER_SLOT, {}),
    ],
)
def test_job_script(file: str, options: dict[str, Any], facts: dict[str, Any]) -> None:
    assert script_of("lsf", options, **facts) == golden(file)


def test_the_first_array_of_a_cluster_numbers_from_0() -> None:
    assert "--name LSFCluster-$((LSB_JOBINDEX - 1)) " in script_of("lsf", SMALL, count=2)


def test_the_exit_file_of_each_element_has_the_name_of_its_worker() -> None:
    script = script_of("lsf", SMALL, count=2, logs="/my logs")
    assert """trap 'echo $? > "/my logs/"LSFCluster-$((LSB_JOBINDEX - 1)).exit' EXIT\n""" in script


# ---- the same resources as dask-jobqueue

RESOURCES = ("-q", "-P", "-n", "-R", "-M", "-W")
KEYWORDS: list[dict[str, Any]] = [
    {"cores": 1, "memory": "1 GB"},
    {"cores": 8, "memory": "24GB"},
    {"cores": 24, "memory": "500 GB", "queue": "general", "project": "Dask on LSF"},
    {"cores": 36, "memory": "109GiB", "processes": 9, "walltime": "12:00"},
    {"cores": 2, "memory": "16MB", "lsf_units": "mb"},
    {"cores": 2, "memory": "1025 B", "lsf_units": "kb"},
    {"cores": 2, "memory": "1.5 TiB", "lsf_units": "TB"},
    {"cores": 4, "memory": "4 GB", "ncpus": 16, "mem": 500_000_001},
    {"cores": 4, "memory": "4 GB", "ncpus": 1},
    {"cores": 4, "memory": "4 GB", "job_directives_skip": ["span", "-W"]},
    {"cores": 4, "memory": "4 GB", "job_extra_directives": ["-n 8", "-q other"]},
    {"cores": 4, "memory": "4 GB", "use_stdin": False, "walltime": "90"},
]


def resources(header: list[str]) -> list[list[str]]:
    """Return the directives that ask for something, as bsub splits them."""
    words = (shlex.split(line.removeprefix("#BSUB")) for line in header)
    return [each for each in words if each[0] in RESOURCES]


@pytest.mark.parametrize("keywords", KEYWORDS, ids=str)
def test_resources_are_those_of_dask_jobqueue(keywords: dict[str, Any]) -> None:
    ours, theirs = headers("lsf", "LSFJob", keywords)
    assert resources(ours) == resources(theirs)
    assert len(resources(ours)) >= 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # leaves it open
def test_the_unit_is_found_where_dask_jobqueue_finds_it(tmp_path: Path) -> None:
    (tmp_path / "lsf.conf").write_text("LSF_UNIT_FOR_LIMITS=MB\n")
    ours, theirs = headers("lsf", "LSFJob", {"cores": 1, "memory": "3 GB"})
    assert resources(ours) == resources(theirs)
    assert ["-M", "3000"] in resources(ours)
