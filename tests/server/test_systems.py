"""What a machine offers: batch systems, profiles, forms."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import dask.config
import pytest

import jupyter_jobqueue
from jupyter_jobqueue.adapters.adapter import Call, Queue
from jupyter_jobqueue.adapters.local import Local
from tests.server.conftest import SMALL, Api


def command(path: Path, *lines: str) -> None:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder where commands of a batch system are found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


async def ask(api: Api, system: str, **params: str) -> Any:
    return {each["system"]: each for each in await api.ok("GET", "systems", **params)}[system]


async def test_the_local_queue_can_be_used(api: Api) -> None:
    found = await ask(api, "local")
    assert (found["usable"], found["reason"], found["warning"]) == (True, "", "")
    assert found["version"] == jupyter_jobqueue.__version__
    (queue,) = found["queues"]
    assert (queue["name"], queue["default"], queue["max_cores"]) == ("local", True, 4)


async def test_a_system_that_is_not_there_says_what_is_missing(api: Api, path: Path) -> None:
    found = await ask(api, "slurm")
    assert (found["usable"], found["version"], found["queues"]) == (False, "", [])
    assert found["reason"] == "sbatch and squeue and scancel are not on PATH"
    command(path / "sbatch", "echo slurm 99")
    command(path / "scancel", "true")
    assert (await ask(api, "slurm"))["reason"] == "squeue is not on PATH"
    body = {"system": "slurm", "options": SMALL}
    answer = await api("POST", "clusters", body)
    assert (answer.status, answer.value["reason"]) == (502, "CommandMissing")
    assert "squeue is not on PATH" in answer.value["message"]
    profiles = {each["name"]: each for each in await api.ok("GET", "profiles")}
    assert (profiles["slurm"]["usable"], profiles["local"]["usable"]) == (False, True)


async def test_a_system_without_configuration_cannot_be_used(api: Api, path: Path) -> None:
    for name in ("sbatch", "squeue", "scancel", "sinfo"):
        command(path / name, "echo 'error: no slurm.conf' >&2", "exit 1")
    found = await ask(api, "slurm")
    assert not found["usable"]
    assert found["reason"] == "sbatch failed with exit code 1: error: no slurm.conf"


async def test_queues_that_cannot_be_read_are_a_warning(api: Api, path: Path) -> None:
    for name in ("sbatch", "squeue", "scancel"):
        command(path / name, "echo slurm 99")
    command(path / "sinfo", "exec /bin/sleep 60")
    api.manager.discovery.timeout = 0.5
    answer = await api("GET", "systems")
    assert answer.seconds < 60
    found = await ask(api, "slurm")
    assert (found["usable"], found["version"]) == (True, "slurm 99")
    assert found["warning"] == "sinfo did not answer within 0.5 s"
    schema = await api.ok("GET", "systems/slurm/schema")
    assert "enum" not in schema["properties"]["queue"]


async def test_queues_are_asked_once_a_minute_or_when_told_to(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def queues(self: Local) -> Call[list[Queue]]:
        asked.append("queues")
        return Call(["true"], lambda text: [Queue("one", max_cores=3)])

    monkeypatch.setattr(Local, "queues", queues)
    await asyncio.gather(*(ask(api, "local") for _ in range(3)))
    schema = await api.ok("GET", "systems/local/schema")
    assert schema["properties"]["cores"]["maximum"] == 3
    assert len(asked) == 1
    await ask(api, "local", refresh="1")
    assert len(asked) == 2


@pytest.mark.parametrize("jp_argv", [["--ClusterManager.allowed_systems=['slurm']"]])
async def test_a_system_that_is_not_allowed(api: Api, jp_argv: Any) -> None:
    found = await ask(api, "local")
    assert (found["usable"], found["reason"]) == (False, "not allowed on this server")
    answer = await api("POST", "clusters", {"profile": "local", "options": SMALL})
    assert (answer.status, answer.value["field"]) == (400, "system")
    assert await api.ok("GET", "clusters") == []


async def test_a_profile_shows_its_values_and_its_faults(api: Api) -> None:
    section = {
        "system": "local",
        "name": "large",
        "cores": 4,
        "memory": 2**31,
        "job-script-prologue": "module load python",
        "coers": 3,
        "processes": "two",
    }
    with dask.config.set({"jobqueue.large": section}):
        found = {each["name"]: each for each in await api.ok("GET", "profiles")}["large"]
        schema = await api.ok("GET", "systems/local/schema", profile="large")
    assert (found["system"], found["usable"]) == ("local", True)
    options = found["options"]
    assert (options["cores"], options["memory"], options["job_name"]) == (4, "2147483648", "large")
    assert options["job_script_prologue"] == ["module load python"]
    told = "\n".join(found["problems"])
    assert "'coers'" in told
    assert "jobqueue.large: processes must be a whole number such as 1, not 'two'" in told
    assert schema["properties"]["cores"]["default"] == 4
    assert schema["properties"]["memory"]["default"] == "2147483648"


async def test_a_preview_is_what_is_submitted(api: Api) -> None:
    body = {"profile": "local", "options": {**SMALL, "walltime": "00:10:00"}}
    seen = await api.ok("POST", "job-script", body)
    made = await api.ok("POST", "clusters", body)
    await api.until(made["id"], lambda cluster: cluster["state"] == "running")
    sent = await api.ok("GET", f"clusters/{made['id']}/job-script")
    assert "#LOCALQ --time=00:10:00" in seen["script"]
    same = {line for line in seen["script"].splitlines() if line.startswith("#")}
    assert same <= set(sent["script"].splitlines())
    assert seen["command"] == sent["command"].replace(made["id"], "CLUSTER")
