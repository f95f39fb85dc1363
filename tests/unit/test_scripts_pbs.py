"""Job scripts of PBS, Torque and Moab, whole: the golden files were typed by hand."""

from __future__ import annotations

import re
from typing import Any

import dask.config
import pytest

from jupyter_jobqueue.adapters.adapter import JobSpec
from jupyter_jobqueue.adapters.moab import Moab
from jupyter_jobqueue.adapters.pbs import PBS
from jupyter_jobqueue.adapters.torque import Torque
from jupyter_jobqueue.cluster import request
from jupyter_jobqueue.options.check import check
from jupyter_jobqueue.options.common import options_of
from jupyter_jobqueue.options.profiles import profile
from tests.unit.scripts import COMMON_KEYWORDS, SMALL, golden, headers, script_of

EVERY_KEYWORD = {
    **COMMON_KEYWORDS,
    "local_directory": "$TMPDIR/${USER}",
    "job_script_epilogue": ["rm -rf $TMPDIR/$PBS_JOBID"],
    "job_extra_directives": ["-m n", "-W umask=022"],
    "queue": "large",
    "account": "project42",
    "resource_spec": "select=1:ncpus=24:mem=100GB:place=scatter",
    "walltime": "36:00:00",
}
QUOTING = {
    **SMALL,
    "python": "mpirun /opt/python",
    "job_name": "my jobs",
    "queue": "big nodes",
    "account": 'a "b"',
    "local_directory": "$TMPDIR/of $USER",
    "log_directory": "/logs/$USER/a b",
}
DIRECTIVES = {
    **SMALL,
    "job_directives_skip": ["select=", "-q "],
    "job_extra_directives": ["-l nodes=1:ppn=1"],
}


@pytest.fixture(autouse=True)
def _no_account_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PBS_ACCOUNT", raising=False)


@pytest.fixture
def torque(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands on PATH be those of Torque."""
    monkeypatch.setattr(request, "adapter_for", lambda system: Torque())


@pytest.mark.parametrize(
    ("file", "options", "facts"),
    [
        ("pbs_single", SMALL, {}),
        ("pbs_array", SMALL, {"first": 7, "count": 3, "logs": "/logs"}),
        ("pbs_every_keyword", EVERY_KEYWORD, {}),
        ("pbs_quoting", QUOTING, {}),
        ("pbs_directives", DIRECTIVES, {}),
        ("pbs_job_cpu_job_mem", {**SMALL, "job_cpu": 2, "job_mem": "5000mb"}, {}),
        ("moab_single", SMALL, {"logs": "/logs"}),
        ("moab_every_keyword", EVERY_KEYWORD, {}),
    ],
)
def test_job_script(file: str, options: dict[str, Any], facts: dict[str, Any]) -> None:
    system = file.partition("_")[0]
    assert script_of(system, options, **facts) == golden(file)


@pytest.mark.usefixtures("torque")
@pytest.mark.parametrize(
    ("file", "options", "facts"),
    [
        ("pbs_torque_single", SMALL, {}),
        ("pbs_torque_array", {**SMALL, "job_name": "my jobs"}, {"count": 3, "logs": "/my logs"}),
    ],
)
def test_job_script_of_torque(file: str, options: dict[str, Any], facts: dict[str, Any]) -> None:
    assert script_of("pbs", options, **facts) == golden(file)


def test_the_account_is_that_of_the_environment_unless_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PBS_ACCOUNT", "mine")
    for system in ("pbs", "moab"):
        assert "\n#PBS -A mine\n" in script_of(system, SMALL)
        assert "\n#PBS -A other\n" in script_of(system, {**SMALL, "account": "other"})


@pytest.mark.parametrize("system", ["pbs", "moab"])
def test_the_built_in_file_has_a_key_for_every_option(system: str) -> None:
    section = dask.config.get("jobqueue")[system]
    names = {key.replace("-", "_") for key in section} - {"scheduler_options"}
    assert {"job_name" if name == "name" else name for name in names} == set(options_of(system))
    size = {"cores": 4, "memory": "4 GiB"}
    of_the_file = check(system, {**size, **profile(system).options})
    of_the_options = check(system, size)
    assert {key: of_the_file[key] or None for key in of_the_file} == {
        key: of_the_options[key] or None for key in of_the_options
    }


# ---- memory and cores

ASKED = {"cores": 8, "memory": "24 GiB", "job_cpu": 6}


@pytest.mark.parametrize(
    ("own", "pbs", "torque"),
    [
        ({}, ["select=1:ncpus=6:mem=24GB"], ["nodes=1:ppn=6,mem=24GB"]),
        (
            {"memory_per": "process"},
            ["select=6:ncpus=1:mem=4096MB", "place=pack"],
            ["nodes=1:ppn=6,pmem=4096MB"],
        ),
        ({"memory_per": "none"}, ["select=1:ncpus=6"], ["nodes=1:ppn=6"]),
        ({"job_mem": "7gb"}, ["select=1:ncpus=6:mem=7gb"], ["nodes=1:ppn=6,mem=7gb"]),
        (
            {"job_mem": "7gb", "memory_per": "process"},
            ["select=6:ncpus=1:mem=7gb", "place=pack"],
            ["nodes=1:ppn=6,pmem=7gb"],
        ),
        ({"job_mem": "7gb", "memory_per": "none"}, ["select=1:ncpus=6"], ["nodes=1:ppn=6"]),
    ],
)
def test_memory_is_requested_as_the_user_wants(
    own: dict[str, str], pbs: list[str], torque: list[str]
) -> None:
    options = check("pbs", {**ASKED, **own})
    spec = JobSpec("", cores=options["cores"], memory=options["memory"], options=options)
    assert PBS().resources(spec) == pbs
    assert Torque().resources(spec) == torque


def test_a_warning_says_that_torque_ignores_select() -> None:
    assert Torque().warnings({"resource_spec": "select=1:ncpus=4"}) == [
        "Torque ignores select= in resource_spec: use a form such as nodes=1:ppn=4,mem=8gb"
    ]
    assert Torque().warnings({"resource_spec": "nodes=1:ppn=4"}) == []
    assert Torque().warnings({"resource_spec": None}) == []
    assert Moab().warnings({"resource_spec": "select=1:ncpus=4"}) == []


@pytest.mark.parametrize("dialect", [PBS(), Torque()])
def test_resources_of_the_user_are_taken_as_they_are(dialect: PBS) -> None:
    spec = JobSpec("", options={"resource_spec": "nodes=1:ppn=24,mem=5gb"})
    assert dialect.directives(spec) == ["-N dask-worker", "-l nodes=1:ppn=24,mem=5gb"]


# ---- the same resources as dask-jobqueue

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
    {"cores": 4, "memory": "4 GB", "resource_spec": "select=2:ncpus=24:mem=100GB"},
    {"cores": 4, "memory": "4 GB", "job_directives_skip": ["select", "walltime"]},
    {"cores": 4, "memory": "4 GB", "job_extra_directives": ["-l place=excl", "-j oe"]},
    {"cores": 4, "memory": "4 GB", "project": "old-name", "queue": "debug"},
    {"cores": 4, "memory": "4 GB", "log_directory": "/logs"},
]


@pytest.mark.parametrize("keywords", KEYWORDS, ids=str)
def test_directives_are_those_of_dask_jobqueue(keywords: dict[str, Any]) -> None:
    ours, theirs = headers("pbs", "PBSJob", keywords)
    assert ours == theirs
    assert len(ours) >= 1


AMOUNTS = re.compile(r"(?:ncpus|ppn)=(\d+)[:,]mem=(\w+)")


@pytest.mark.parametrize("keywords", KEYWORDS, ids=str)
def test_resources_of_moab_are_those_of_dask_jobqueue_in_the_form_of_moab(
    keywords: dict[str, Any],
) -> None:
    ours, theirs = headers("moab", "MoabJob", keywords)
    assert resources(ours) == resources(theirs)
    assert AMOUNTS.findall("\n".join(ours)) == AMOUNTS.findall("\n".join(theirs))


def resources(header: list[str]) -> list[str]:
    """Return the directives but those for logs, without PBS's form of a chunk."""
    lines = [line for line in header if not re.match("#PBS -[oe] ", line)]
    return [re.sub(r"select=1:ncpus=|nodes=1:ppn=", "", line).replace(",", ":") for line in lines]
