"""Clusters in the environment of a kernel, with the oldest Dask beside the newest."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from jupyter_jobqueue.environments.kernels import find_in
from tests.server.conftest import Api

OLDEST = Path(sys.prefix) / "oldest" / "bin" / "python"
"""An environment with the lowest versions that `pyproject.toml` allows; `make test` makes it."""
WRAPPER = """\
#!/bin/bash
export PYTHONPATH={modules}
exec {python} -m ipykernel_launcher -f "$1"
"""
PROGRAM = """
import json
def what(dask_scheduler=None):
    import distributed, sys
    return [distributed.__version__, sys.executable]
def only_b():
    import only_in_b
    return only_in_b.ANSWER
if __name__ == '__main__':
{code}
    print(json.dumps([client.submit(only_b).result(timeout=120), client.submit(what).result(),
                      client.run_on_scheduler(what)]))
    client.close()
"""


@pytest.fixture
def kernels(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for kernels, which the server offers."""
    monkeypatch.delenv("PYTHONPATH")  # pytest-jupyter shows every Python our own packages
    folder = tmp_path / "kernels"
    specifications = KernelSpecManager(kernel_dirs=[str(folder)])
    api.manager.find_kernel = find_in(specifications)
    return folder


def kernel(folder: Path, name: str, *argv: str, **more: Any) -> None:
    """Install a kernel."""
    (folder / name).mkdir(parents=True)
    spec = {"argv": argv, "display_name": name, "language": "python", **more}
    (folder / name / "kernel.json").write_text(json.dumps(spec))


def plain(python: Path | str) -> tuple[str, ...]:
    """Return the command of an ordinary kernel."""
    return (str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}")


async def preview(api: Api, **body: Any) -> Any:
    """Preview a small cluster."""
    options = {"cores": 1, "memory": "500 MB", **body.pop("options")}
    return await api("POST", "job-script", {"system": "local", "options": options, **body})


@pytest.mark.skipif(not OLDEST.exists(), reason="no environment with the oldest versions")
async def test_a_kernel_that_a_script_starts_runs_scheduler_and_workers(
    api: Api, kernels: Path, tmp_path: Path
) -> None:
    (tmp_path / "only_in_b.py").write_text("ANSWER = 42\n")
    wrapper = tmp_path / "start"
    wrapper.write_text(WRAPPER.format(modules=tmp_path, python=OLDEST))
    wrapper.chmod(0o755)
    kernel(kernels, "a", *plain(sys.executable))
    kernel(kernels, "b", str(wrapper), "{connection_file}")

    shown = (await preview(api, options={"kernel": "b"}, notebook="a")).value
    assert shown["environment"]["packages"]["distributed"] == "2024.8.0"
    assert any(
        each.startswith("distributed is 2024.8.0 on the workers and ")
        for each in shown["environment"]["differences"]
    )
    same = (await preview(api, options={"kernel": "b"}, notebook="b")).value
    assert same["environment"]["differences"] == []

    made = await api.create(jobs=1, options={"kernel": "b"})
    await api.until(made["id"], lambda cluster: cluster["jobs"]["running"] == 1)
    code = (await api.ok("GET", f"clusters/{made['id']}/client"))["code"]
    assert await asyncio.to_thread(run_in_b, code, tmp_path) == [
        42,
        ["2024.8.0", str(OLDEST)],
        ["2024.8.0", str(OLDEST)],
    ]


def run_in_b(code: str, folder: Path) -> Any:
    """Run the client's code as a notebook of the other environment does."""
    program = folder / "notebook.py"
    indented = "\n".join(f"    {line}" for line in code.splitlines())
    program.write_text(PROGRAM.replace("{code}", indented))
    done = subprocess.run([OLDEST, program], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


async def test_an_environment_without_dask_makes_no_cluster(
    api: Api, kernels: Path, tmp_path: Path
) -> None:
    argv = [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "empty")]
    await asyncio.to_thread(subprocess.run, argv, check=True)
    python = tmp_path / "empty" / "bin" / "python"
    kernel(kernels, "empty", *plain(python))
    for options, field in (
        ({"kernel": "empty"}, "options.kernel"),
        ({"python": str(python)}, "options.python"),
    ):
        small = {"cores": 1, "memory": "500 MB", **options}
        answer = await api("POST", "clusters", {"system": "local", "options": small})
        assert (answer.status, answer.value["field"]) == (400, field)
        assert f"{python} has no distributed, which workers need; install it with: " in str(
            answer.value["message"]
        )
    assert await api.ok("GET", "clusters") == []


async def test_a_kernel_that_is_gone(api: Api, kernels: Path) -> None:
    kernel(kernels, "analysis", *plain(sys.executable))
    answer = await preview(api, options={"kernel": "analisys"})
    assert (answer.status, answer.value["field"]) == (400, "options.kernel")
    assert answer.value["message"] == (
        "there is no kernel 'analisys' on this machine; did you mean 'analysis'?"
    )


async def test_the_kernels_of_the_server_can_be_chosen(api: Api) -> None:
    shown = (await preview(api, options={"kernel": "python3"})).value
    assert shown["environment"]["executable"] == sys.executable
