"""Job scripts of OAR, whole: the golden files were typed by hand."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from jupyter_jobqueue.adapters.oar import OAR
from jupyter_jobqueue.cluster.request import build_spec
from tests.unit import scripts
from tests.unit.scripts import COMMON_KEYWORDS, golden, headers, script_of

MEMORY = {"memory_per_core_property_name": "mem_core"}
SMALL = {**scripts.SMALL, **MEMORY}
EVERY_KEYWORD = {
    **COMMON_KEYWORDS,
    "job_script_epilogue": ["rm -rf /local/$OAR_JOB_ID"],
    "job_extra_directives": ["-p \"gpu='YES' OR host='big'\"", "-t besteffort"],
    "queue": "besteffort",
    "project": "project42",
    "resource_spec": "\"{cputype='xeon'}/nodes=1/core=8\"",
    "walltime": "36:00:00",
    "memory_per_core_property_name": "memcore",
}
QUOTING = {
    **SMALL,
    "python": "mpirun /opt/python",
    "job_name": "it's mine",
    "queue": "big nodes",
    "project": 'a "b"',
    "resource_spec": "{host='a b'}/nodes=1/core=1",
    "job_extra_directives": ["-d /my folder"],
    "memory_per": "none",
    "local_directory": "$TMPDIR/of $USER",
    "log_directory": "/logs/$USER/a b",
}
DIRECTIVES = {
    **SMALL,
    "job_directives_skip": ["/nodes=", "mem_core"],
    "job_extra_directives": ["-l /core=4,walltime=1", "-p host='one'", "-p host='two'"],
}


@pytest.mark.parametrize(
    ("file", "options", "facts"),
    [
        ("oar_single", SMALL, {}),
        ("oar_array", SMALL, {"first": 7, "count": 3, "logs": "/logs"}),
        ("oar_every_keyword", EVERY_KEYWORD, {}),
        ("oar_quoting", QUOTING, {}),
        ("oar_directives", DIRECTIVES, {}),
        ("oar_job_cpu_job_mem", {**SMALL, "job_cpu": 2, "job_mem": 5000}, {}),
    ],
)
def test_job_script(file: str, options: dict[str, Any], facts: dict[str, Any]) -> None:
    assert script_of("oar", options, **facts) == golden(file)


def test_what_the_script_requests_is_what_oarsub_is_given() -> None:
    plan = build_spec("oar", EVERY_KEYWORD)
    assert OAR().submit(plan.job_spec(tag="jobqueue-abc-0")).argv[:-1] == [
        "oarsub",
        "-n", "my-analysis",
        "-O", "/logs/my-analysis-%jobid%.out",
        "-E", "/logs/my-analysis-%jobid%.err",
        "-q", "besteffort",
        "--project", "project42",
        "-l", "{cputype='xeon'}/nodes=1/core=8,walltime=36:00:00",
        "-t", "besteffort",
        "-p", "(gpu='YES' OR host='big') AND memcore>=2862",
        "-n", "my-analysis.jobqueue-abc-0",
    ]  # fmt: skip


# ---- memory and cores


def conditions(**options: Any) -> list[str]:
    spec = build_spec("oar", {"cores": 8, "memory": "24 GiB", **options}).job_spec()
    return [line.removeprefix("#OAR -p ") for line in OAR().header(spec) if " -p " in line]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (MEMORY, ["mem_core>=3072"]),
        ({**MEMORY, "job_cpu": 6}, ["mem_core>=4096"]),
        ({**MEMORY, "job_cpu": 6, "job_mem": 7}, ["mem_core>=7"]),
        ({**MEMORY, "memory_per": "none"}, []),
        ({**MEMORY, "memory_per": "none", "job_mem": 7}, []),
        ({"memory_per_core_property_name": "not_applicable"}, []),
        ({**MEMORY, "job_directives_skip": ["-p"]}, []),
        (
            {**MEMORY, "job_extra_directives": ["--property=a=1", "-p b=2 OR c=3"]},
            ["(b=2 OR c=3) AND mem_core>=3072"],
        ),
    ],
)
def test_memory_is_requested_as_the_user_wants(
    options: dict[str, Any], expected: list[str]
) -> None:
    assert conditions(**options) == expected


# ---- the same resources as dask-jobqueue

KEYWORDS: list[dict[str, Any]] = [
    {"cores": 1, "memory": "1 GB"},
    {"cores": 8, "memory": "24GB", **MEMORY},
    {"cores": 24, "memory": "500 GB", "queue": "regular", "project": "myproject"},
    {"cores": 36, "memory": "109GiB", "processes": 9, "walltime": "12:00:00", **MEMORY},
    {"cores": 2, "memory": "16MB", "memory_per_core_property_name": "not_applicable"},
    {"cores": 2, "memory": "1025 B", "memory_per_core_property_name": "memcore"},
    {"cores": 4, "memory": "1.5 TiB", "resource_spec": "/nodes=1/cpu=2", **MEMORY},
    {"cores": 4, "memory": "4 GB", "resource_spec": "core=4+core=2", "walltime": "2"},
    {"cores": 4, "memory": "4 GB", "job_extra_directives": ["-t besteffort", "-p gpu=1"]},
    {"cores": 4, "memory": "4 GB", "job_extra_directives": ["-p gpu=1"], **MEMORY},
    {"cores": 4, "memory": "4 GB", "job_extra_directives": ["-p gpu=1", "-p x<2"], **MEMORY},
    {"cores": 4, "memory": "4 GB", "job_extra_directives": ["-l core=8"], **MEMORY},
    {"cores": 4, "memory": "4 GB", "job_directives_skip": ["-l", "-q"], "queue": "debug"},
]
REPEATED = {"-l", "-t"}


def resources(words: list[str]) -> list[tuple[str, str]]:
    """Return what oarsub makes of options: of most of them the last counts."""
    pairs = list(zip(words[::2], words[1::2], strict=True))
    several = [pair for pair in pairs if pair[0] in REPEATED]
    single = dict(pair for pair in pairs if pair[0] not in REPEATED | {"-n", "-O", "-E"})
    if "-p" in single:  # ours are put in parentheses, in case there is an OR between them
        single["-p"] = single["-p"].replace("(", "").replace(")", "")
    return [*several, *sorted(single.items())]


@pytest.mark.parametrize("keywords", KEYWORDS, ids=str)
@pytest.mark.filterwarnings("ignore:the jobs request no memory")
def test_resources_are_those_of_dask_jobqueue(keywords: dict[str, Any]) -> None:
    _, theirs = headers("oar", "OARJob", keywords)
    ours = OAR().submit(build_spec("oar", keywords).job_spec(tag="jobqueue-abc-0")).argv[1:-1]
    asked = shlex.split(" ".join(line.removeprefix("#OAR ") for line in theirs))
    assert resources(ours) == resources(asked)
    assert resources(ours) or "job_directives_skip" in keywords
