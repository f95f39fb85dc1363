"""What a user installs: the wheel has all parts, and Jupyter finds them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
FRONT_END = ROOT / "jupyter_jobqueue" / "labextension" / "package.json"

pytestmark = pytest.mark.skipif(
    not FRONT_END.exists(), reason="the front end is not built: make pytest does it"
)


def run(*argv: str) -> str:
    """Run a Python module and return all that it said."""
    words = [sys.executable, "-m", *argv]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run("build", "--wheel", "--no-isolation", "--outdir", str(folder))
    (built,) = folder.glob("jupyter_jobqueue-*.whl")
    return built


@pytest.mark.parametrize(
    "file",
    [
        "share/jupyter/labextensions/jupyter-jobqueue/package.json",
        "share/jupyter/labextensions/jupyter-jobqueue/install.json",
        "share/jupyter/labextensions/jupyter-jobqueue/static/style.js",
        "etc/jupyter/jupyter_server_config.d/jupyter_jobqueue.json",
    ],
)
def test_the_wheel_has_what_jupyter_looks_for(wheel: Path, file: str) -> None:
    assert [name for name in ZipFile(wheel).namelist() if name.endswith(f".data/data/{file}")]


def test_the_wheel_has_every_file_of_the_package(wheel: Path) -> None:
    """Also YAML files, event schemas and py.typed; the front end is only where Jupyter looks."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "jupyter_jobqueue"]
    sources = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True)
    if sources.returncode:
        pytest.skip("not a git checkout: no list of the project's files")
    packed = {name for name in ZipFile(wheel).namelist() if name.startswith("jupyter_jobqueue/")}
    assert packed == {name for name in sources.stdout.split() if (ROOT / name).exists()}
    assert "jupyter_jobqueue/py.typed" in packed


@pytest.mark.parametrize(
    ("command", "name"),
    [("server extension list", "jupyter_jobqueue "), ("labextension list", "jupyter-jobqueue ")],
)
def test_jupyter_finds_it_and_says_ok(command: str, name: str) -> None:
    lines = run("jupyter", *command.split()).splitlines()
    assert [line for line in lines if line.strip().startswith(name) and "OK" in line]
