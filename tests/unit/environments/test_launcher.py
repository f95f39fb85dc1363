"""Kernels of all forms become programs that run Python; some are really run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_jobqueue.environments.folder import interpreter
from jupyter_jobqueue.environments.launcher import Kernel, launcher
from jupyter_jobqueue.errors import InvalidOption

IPYKERNEL = ("-m", "ipykernel_launcher", "-f", "{connection_file}")
CONDA = Kernel(
    "conda-env-b-py",
    (
        "/opt/conda/bin/python", "-m", "nb_conda_kernels.runner", "/opt/conda", "/opt/conda/envs/b",
        "/opt/conda/envs/b/bin/python", *IPYKERNEL,
    ),
)  # fmt: skip
CONTAINER = Kernel(
    "image",
    ("apptainer", "exec", "/images/my env.sif", "python3", "-Xfrozen_modules=off", *IPYKERNEL),
)  # fmt: skip
MODULES = Kernel(
    "modules",
    ("/site/bin/kernel", "gcc", "{connection_file}"),
    {"PATH": "/site/bin:${PATH}", "GREETING": "it's $5 for $USER", "EMPTY": ""},
)
SCRIPTS = [
    (CONDA, """\
#!/bin/sh
# Runs Python in the environment of the Jupyter kernel conda-env-b-py.
exec /opt/conda/bin/python -m nb_conda_kernels.runner /opt/conda /opt/conda/envs/b \
/opt/conda/envs/b/bin/python "$@"
"""),
    (CONTAINER, """\
#!/bin/sh
# Runs Python in the environment of the Jupyter kernel image.
exec apptainer exec '/images/my env.sif' python3 -Xfrozen_modules=off "$@"
"""),
    (MODULES, """\
#!/bin/sh
# Runs Python in the environment of the Jupyter kernel modules.
export PATH=/site/bin:"${PATH-}"
export GREETING='it'"'"'s $5 for '"${USER-}"
export EMPTY=''
JUPYTER_JOBQUEUE_ARGUMENTS=$(printf '%s\\n' "$@")
JUPYTER_JOBQUEUE_IPYTHONDIR="${IPYTHONDIR-}"
IPYTHONDIR=/home/me/k/ipython
PYTHONPATH=/home/me/k/shim"${PYTHONPATH:+:$PYTHONPATH}"
export JUPYTER_JOBQUEUE_ARGUMENTS JUPYTER_JOBQUEUE_IPYTHONDIR IPYTHONDIR PYTHONPATH
exec /site/bin/kernel gcc /home/me/k/connection.json
"""),
]  # fmt: skip


@pytest.mark.parametrize(("kernel", "script"), SCRIPTS, ids=["conda", "container", "modules"])
def test_the_program_of_a_kernel(kernel: Kernel, script: str) -> None:
    assert launcher(kernel, "/home/me/k") == script


def test_an_interpreter_that_is_the_whole_environment_needs_no_program(tmp_path: Path) -> None:
    kernel = Kernel("mine", ("/home/me/env/bin/python", *IPYKERNEL))
    assert interpreter(kernel, tmp_path / "kernels") == "/home/me/env/bin/python"
    assert not (tmp_path / "kernels").exists()


def test_a_kernel_of_another_language_is_refused() -> None:
    with pytest.raises(
        InvalidOption, match="kernel 'ir' runs R, but workers need Python"
    ) as raised:
        launcher(Kernel("ir", ("R", "--slave"), language="R"), "/k")
    assert raised.value.field == "options.kernel"


WRAPPER = """\
#!/bin/bash
# What sites write: it takes the connection file alone, loads modules, and starts the kernel.
module() { export LOADED_MODULE="$2"; }
module load "my module"
[ -s "$1" ] || exit 3
{setting}
exec {python} -m {module} -f "$1"
"""
PROGRAM = """\
import json, os, sys
names = (
    "LOADED_MODULE", "FROM_SPEC", "PYTHONPATH", "IPYTHONDIR", "JUPYTER_JOBQUEUE_ARGUMENTS",
)
print(json.dumps([sys.argv[1:], [os.environ.get(name) for name in names]]))
"""


@pytest.mark.parametrize("module", ["ipykernel_launcher", "ipykernel"])
@pytest.mark.parametrize(("setting", "path"), [("", "/mine"), ("export PYTHONPATH=/its", "/its")])
def test_a_script_of_the_site_that_starts_a_kernel_runs_what_we_want_instead(
    tmp_path: Path, module: str, setting: str, path: str
) -> None:
    wrapper, program = tmp_path / "start", tmp_path / "program.py"
    text = WRAPPER.replace("{python}", sys.executable).replace("{module}", module)
    wrapper.write_text(text.replace("{setting}", setting))
    wrapper.chmod(0o755)
    program.write_text(PROGRAM)
    kernel = Kernel("site", (str(wrapper), "{connection_file}"), {"FROM_SPEC": "${HOME}/x"})
    python = interpreter(kernel, tmp_path / "kernels")
    arguments = ["--name", "a b", "", 'it\'s "$HOME"']
    done = subprocess.run(
        [python, program, *arguments],
        env={
            "PATH": os.environ["PATH"],
            "HOME": "/home/me",
            "PYTHONPATH": "/mine",
            "IPYTHONDIR": "/my/ipython",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    found = ["my module", "/home/me/x", path, "/my/ipython", None]
    assert json.loads(done.stdout) == [arguments, found]


def test_programs_are_kept_by_content_and_never_changed(tmp_path: Path) -> None:
    first = interpreter(MODULES, tmp_path / "kernels")
    before = os.stat(first)
    assert interpreter(MODULES, tmp_path / "kernels") == first
    assert os.stat(first).st_mtime_ns == before.st_mtime_ns
    other = Kernel(MODULES.name, MODULES.argv, {"PATH": "/other"})
    assert interpreter(other, tmp_path / "kernels") != first
    assert before.st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "kernels"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(
        InvalidOption, match=f"{shared} must be a folder that only you can write to"
    ):
        interpreter(MODULES, shared)
    assert not list(shared.iterdir())
