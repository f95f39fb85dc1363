"""`jupyter jobqueue doctor`, on a machine whose commands the test chooses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import jupyter_jobqueue
from jupyter_jobqueue.adapters.adapter import Queue
from jupyter_jobqueue.cli.__main__ import main
from jupyter_jobqueue.cli.doctor import _queue_line
from tests.unit.conftest import Configure

GIGABYTE = 2**30


@pytest.fixture(autouse=True)
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("JUPYTER_JOBQUEUE_LOCALQUEUE_DIR", str(tmp_path / "queue"))
    monkeypatch.setenv("JUPYTER_JOBQUEUE_LOCALQUEUE_CPUS", "4")
    return folder


def install(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_without_a_batch_system_the_embedded_queue_is_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  --  Slurm        sbatch and squeue and scancel are not on PATH" in lines
    assert f"  OK  Local queue  {jupyter_jobqueue.__version__}" in lines
    assert "        local            default, 1 node, up to 4 cores" in lines
    assert "  OK  local                Local queue  built-in" in lines


def test_a_batch_system_is_shown_with_version_and_queues(
    commands: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(commands, "sbatch", "echo slurm-wlm 22.05.8")
    install(commands, "squeue", "true")
    install(commands, "scancel", "true")
    install(commands, "sinfo", "echo 'debug*|up|1-00:00:00|30:00|4|64|64000'")
    assert main(["doctor", "--system", "slurm", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (slurm,) = found["systems"]
    assert (slurm["usable"], slurm["version"]) == (True, "slurm-wlm 22.05.8")
    assert [(queue["name"], queue["max_walltime"]) for queue in slurm["queues"]] == [
        ("debug", 86_400)
    ]
    assert [profile["name"] for profile in found["profiles"]] == ["slurm"]


def test_a_batch_system_that_is_not_there_is_exit_code_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor", "--system", "lsf"]) == 1
    assert "bsub and bjobs and bkill are not on PATH" in capsys.readouterr().out


def test_a_profile_of_the_user_that_cannot_work_is_exit_code_1(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    path = configure("jobqueue: {mine: {system: local, cores: many}}")
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert f"  --  mine                 Local queue  {path}" in out
    assert "jobqueue.mine: cores must be a whole number such as 8, not 'many'" in out


def test_an_unknown_system_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["doctor", "--system", "maui"])
    assert "invalid choice: 'maui'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("queue", "line"),
    [
        (
            Queue("debug", default=True, max_walltime=5400),
            "debug            default, walltime up to 01:30:00",
        ),
        (Queue("debug", open=False), "debug            closed"),
        (
            Queue("debug", nodes=4, max_cores=64, max_memory=2 * GIGABYTE, max_walltime=90_000),
            "debug            4 nodes, up to 64 cores, up to 2.00 GiB, walltime up to 1-01:00:00",
        ),
        (Queue("debug"), "debug"),
    ],
)
def test_limits_of_a_queue_are_one_line(queue: Queue, line: str) -> None:
    assert _queue_line(queue) == line


def test_help_says_what_the_command_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "doctor check which batch systems work on this machine, and why others do not" in shown
