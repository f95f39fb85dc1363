"""Submit descriptions for HTCondor, whole; and what a job of them would run."""

from __future__ import annotations

import re
import subprocess
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dask.config
import pytest
import yaml

from jupyter_jobqueue.adapters.adapter import JobSpec
from jupyter_jobqueue.adapters.htcondor import HTCondor
from tests.unit.scripts import COMMON_KEYWORDS, SMALL, golden, script_of

EVERY_KEYWORD = {
    **COMMON_KEYWORDS,
    "job_extra_directives": {"+ProjectName": '"physics"', "getenv": True},
    "shebang": "#!/usr/bin/env my_submit",
    "disk": "10 GB",
    "walltime": "12:00:00",
    "job_cpu": 16,
    "job_mem": "32G",
    "submit_command_extra": ["-verbose"],
    "cancel_command_extra": ["-forcex"],
}
QUOTING = {
    **SMALL,
    "job_name": "my jobs",
    "local_directory": "$TMPDIR/of $USER",
    "log_directory": "/logs/a b",
    "job_script_prologue": ["cd \"$(mktemp -d)\" # 'here'"],
}
DIRECTIVES = {
    **SMALL,
    "memory_per": "none",
    "job_directives_skip": ["requestdisk"],
    "job_extra_directives": ["RequestDisk = 20G", "Periodic_Remove = False"],
}


@pytest.mark.parametrize(
    ("file", "options", "facts"),
    [
        ("htcondor_single", {**SMALL, "disk": "10 GB"}, {}),
        ("htcondor_array", SMALL, {"first": 7, "count": 3, "logs": "/logs"}),
        ("htcondor_every_keyword", EVERY_KEYWORD, {}),
        ("htcondor_quoting", QUOTING, {}),
        ("htcondor_directives", DIRECTIVES, {}),
    ],
)
def test_submit_description(file: str, options: dict[str, Any], facts: dict[str, Any]) -> None:
    assert script_of("htcondor", options, **facts) == golden(file)


# ---- what a job runs, as condor_submit and the starter take a description apart


def settings(script: str) -> dict[str, str]:
    """Return the lines ``Key = value`` of a description."""
    pairs = (line.split(" = ", 1) for line in script.splitlines() if " = " in line)
    return {key.strip(): value for key, value in pairs}


def expanded(text: str, macros: Mapping[str, str]) -> str:
    """Replace macros in a value, unknown ones by nothing, and last of all ``$(DOLLAR)``."""
    known = re.sub(
        r"\$\((?!DOLLAR\))(\w[\w.]*)\)", lambda found: macros.get(found[1].lower(), ""), text
    )
    return known.replace("$(DOLLAR)", "$")


def words(arguments: str) -> list[str]:
    """Split arguments in HTCondor's own quoting: doubled quotes stand for themselves."""
    assert arguments[0] == arguments[-1] == '"'
    text = arguments[1:-1].replace('""', "\0")
    assert '"' not in text
    parts = re.findall(r"(?:'(?:[^']|'')*'|[^\s'])+", text.replace("\0", '"'))
    return [re.sub(r"'((?:[^']|'')*)'", lambda m: m[1].replace("''", "'"), part) for part in parts]


def ran(spec: JobSpec, proc: int = 0) -> subprocess.CompletedProcess[str]:
    script = HTCondor().script(spec)
    macros = {key.lower(): value for key, value in settings(script).items()}
    given = {**macros, "clusterid": "12", "procid": str(proc)}
    arguments = words(expanded(settings(script)["Arguments"], given))
    shell = settings(script)["Executable"]
    return subprocess.run([shell, *arguments], capture_output=True, text=True)


LINES = [
    'A="it\'s \\n  1" # a comment',
    '# another "comment" and $(nothing',
    'echo "$A" $(echo "$((1 + 1))") ${B:-"c  d"}',
    "if true; then",
    "  printf '%s\\n' '\\\\' \"$'\"",
    "fi",
    "cat <<END",
    "",
    "  here `echo doc`",
    "END",
]


def test_a_job_runs_the_lines_as_they_are() -> None:
    script = "\n".join([*LINES, "echo worker", "exit 3"])
    expected = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    done = ran(JobSpec("echo worker", prologue=["\n".join(LINES)], epilogue=["exit 3"]))
    assert (done.stdout, done.stderr, done.returncode) == (expected.stdout, "", 3)
    assert done.stdout.count("\n") == 7


def test_a_job_of_one_line_runs_it() -> None:
    done = ran(JobSpec("""echo "it's  $(echo so)" '$HOME' "$((2 * 3))" """))
    assert done.stdout == "it's  so $HOME 6\n"


@pytest.mark.parametrize("first", [0, 7])
def test_the_name_of_a_worker_is_right_in_every_element(first: int) -> None:
    options = {**SMALL, "python": "echo", "job_script_prologue": ["true"]}
    script = script_of("htcondor", options, first=first, count=3, tag="jobqueue-abc-7")
    for proc in range(3):
        arguments = expanded(settings(script)["Arguments"], {"procid": str(proc)})
        done = subprocess.run(["sh", *words(arguments)], capture_output=True, text=True)
        assert f" --name HTCondorCluster-{first + proc} --nthreads" in done.stdout


def test_macros_of_a_description_still_work_in_what_the_job_runs() -> None:
    spec = JobSpec("echo $(ClusterId).$(procid) $(MyFolder)", extra=["MyFolder = /data"], count=2)
    assert ran(spec, 1).stdout == "12.1 /data\n"


def test_an_array_is_as_many_jobs_of_one_cluster() -> None:
    assert script_of("htcondor", SMALL, count=4).endswith("\nQueue 4\n")
    assert script_of("htcondor", SMALL).endswith("\nQueue\n")


def test_the_tag_can_be_neither_skipped_nor_replaced() -> None:
    skip = {"job_directives_skip": ["MY.JobQueueTag"]}
    replace = {"job_extra_directives": {"MY.JobQueueTag": '"mine"'}}
    for options in (skip, replace):
        script = script_of("htcondor", {**SMALL, **options}, tag="jobqueue-abc-7")
        assert settings(script)["MY.JobQueueTag"] == '"jobqueue-abc-7"'


# ---- the same resources as dask-jobqueue

SIZE = {"cores": 1, "memory": "1 GB", "disk": "1 GB"}
KEYWORDS: list[dict[str, Any]] = [
    SIZE,
    {"cores": 8, "memory": "24GB", "disk": "10 GiB"},
    {"cores": 36, "memory": "109GiB", "disk": 1_000_000_000, "processes": 9},
    {"cores": 2, "memory": "1.5 TiB", "disk": "1025 B"},
    {**SIZE, "job_directives_skip": ["RequestDisk"]},
    {**SIZE, "job_directives_skip": ["RequestCpus", "RequestMemory"]},
    {**SIZE, "job_extra_directives": {"RequestCpus": 4, "RequestGPUs": 1}},
    {**SIZE, "job_extra_directives": {"request_memory": "2G", "+Flavour": '"long"'}},
    {
        **SIZE,
        "job_directives_skip": ["RequestDisk"],
        "job_extra_directives": {"RequestDisk": "5G", "Requirements": "HasFancy == True"},
    },
    {**SIZE, "job_extra_directives": {"Stream_Output": False}, "log_directory": "/logs"},
]
OURS_ALONE = {"periodic_remove", "MY.JobQueueTag"}
NAMED = {"Arguments", "batch_name", "Output", "Error", "Log"}


def theirs(keywords: dict[str, Any]) -> dict[str, str]:
    module = pytest.importorskip("dask_jobqueue.htcondor")
    defaults = Path(module.__file__).with_name("jobqueue.yaml").read_text()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dask.config.update(dask.config.config, yaml.safe_load(defaults), priority="old")
        job = module.HTCondorJob(scheduler="tls://10.0.0.1:8786", name="x", **keywords)
    return settings(job.job_script())


@pytest.mark.parametrize("keywords", KEYWORDS, ids=str)
def test_all_that_is_requested_is_what_dask_jobqueue_requests(keywords: dict[str, Any]) -> None:
    ours = settings(script_of("htcondor", keywords))
    expected = theirs(keywords)
    assert set(ours) - OURS_ALONE == set(expected)
    assert {key: ours[key] for key in set(expected) - NAMED} == {
        key: expected[key] for key in set(expected) - NAMED
    }


def test_a_profile_can_have_settings_as_a_mapping() -> None:
    with dask.config.set({"jobqueue.htcondor.job-extra-directives": {"RequestGPUs": 1}}):
        assert settings(script_of("htcondor", SMALL))["RequestGPUs"] == "1"
