"""Interpreters are asked for their versions; each of those that cannot answer is really run."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from jupyter_jobqueue.cluster.environment import check_environment, choose_one, scheduler_python
from jupyter_jobqueue.environments.compare import OLDEST, differences, require_dask
from jupyter_jobqueue.environments.versions import (
    Environment,
    Interpreters,
    ours,
    read_answer,
    words_of,
)
from jupyter_jobqueue.errors import InvalidOption

ANSWER = (
    'jupyter-jobqueue-versions:["/b/bin/python", "3.12.1", "/b/lib", {"dask": "2024.8.0", '
    '"distributed": "2024.8.0", "cryptography": "42.0.0", "msgpack": "1.0.8", '
    '"cloudpickle": "3.0.0", "numpy": null, "pandas": null}]'
)
OLD = Environment(
    "/b/bin/python",
    "3.12.1",
    {
        "dask": "2024.8.0", "distributed": "2024.8.0", "cryptography": "42.0.0",
        "msgpack": "1.0.8", "cloudpickle": "3.0.0", "numpy": None, "pandas": None,
    },
)  # fmt: skip


def program(folder: Path, text: str) -> str:
    """Return the path of a shell script that poses as an interpreter."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_rubbish_before_the_answer_is_passed_over() -> None:
    assert read_answer(f"Loading gcc/12\n\x1b[31mwelcome\n{ANSWER}\nbye\n") == OLD


@pytest.mark.asyncio
async def test_our_own_interpreter_answers_what_we_know_of_it() -> None:
    assert await Interpreters().ask([sys.executable], "") == ours()


@pytest.mark.parametrize(
    ("text", "sentence", "details"),
    [
        ("sleep 60", "did not answer within 0.5 s", ""),
        ("echo hello", "gave an answer that cannot be read", "hello"),
        ("echo 'no such image' >&2; exit 255", "failed", "no such image"),
    ],
    ids=["hangs", "prints rubbish", "fails"],
)
@pytest.mark.asyncio
async def test_an_interpreter_that_cannot_answer(
    tmp_path: Path, text: str, sentence: str, details: str
) -> None:
    path = program(tmp_path, text)
    with pytest.raises(InvalidOption) as raised:
        await Interpreters(timeout=0.5 if "sleep" in text else 30).ask([path], "options.kernel")
    assert raised.value.message.startswith(f"this Python cannot be used: {path} ")
    assert sentence in raised.value.message
    assert details in raised.value.details
    assert raised.value.field == "options.kernel"


@pytest.mark.asyncio
async def test_an_answer_is_remembered_until_interpreter_or_packages_change(tmp_path: Path) -> None:
    path, asked = program(tmp_path, ""), tmp_path / "asked"
    packages = tmp_path / "lib"
    packages.mkdir()
    answer = ANSWER.replace("/b/lib", str(packages))
    text = f"echo x >>{asked}; echo '{answer}'"
    known = Interpreters()

    async def times() -> int:
        await known.ask([path], "")
        return len(asked.read_text().splitlines())

    program(tmp_path, text)
    assert [await times(), await times()] == [1, 1]
    os.utime(packages, (1, 1))  # pip has installed something
    assert [await times(), await times()] == [2, 2]
    os.utime(path, (1, 1))
    assert await times() == 3


def test_a_missing_dask_is_refused_with_the_command_that_installs_it() -> None:
    ours_now = ours().packages["distributed"]
    without = Environment("/b/bin/python", "3.12.1", {**OLD.packages, "distributed": None})
    with pytest.raises(InvalidOption) as raised:
        require_dask(without, ["/b/bin/python"], "options.kernel")
    assert raised.value.message == (
        "/b/bin/python has no distributed, which workers need; install it with: "
        f"/b/bin/python -m pip install distributed=={ours_now}"
    )


def test_an_old_dask_is_refused() -> None:
    old = Environment("/b/bin/python", "3.9.1", {**OLD.packages, "distributed": "2023.12.1"})
    with pytest.raises(InvalidOption, match=r"has distributed 2023.12.1, but 2024.8 or newer is "):
        require_dask(old, ["/b/bin/python"], "")
    require_dask(OLD, ["/b/bin/python"], "")


def test_the_oldest_dask_is_the_one_of_the_dependencies() -> None:
    lines = (Path(__file__).parents[3] / "pyproject.toml").read_text()
    oldest = ".".join(map(str, OLDEST))
    assert f'"dask>={oldest}"' in lines
    assert f'"distributed>={oldest}"' in lines


def test_differences_that_matter_are_said() -> None:
    notebook = Environment(
        "/a/bin/python",
        "3.11.7",
        {**OLD.packages, "distributed": "2026.1.0", "numpy": "2.1.0"},
    )
    assert differences(OLD, notebook, "the notebook") == [
        "Python is 3.12 on the workers and 3.11 in the notebook",
        "distributed is 2024.8.0 on the workers and 2026.1.0 in the notebook",
    ]
    assert differences(OLD, OLD, "the notebook") == []


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("", []),
        ("/no/such/python", []),
        ("$NOT_SET/bin/python", []),
        ("'unfinished", []),
        ("sh -c 'x y'", ["sh", "-c", "x y"]),
        ("$HERE/sh", ["/bin/sh"]),
    ],
)
def test_interpreters_that_are_here(
    python: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HERE", "/bin")
    assert words_of(python) == words


@pytest.mark.asyncio
async def test_a_python_of_the_nodes_is_not_asked_and_the_scheduler_uses_ours() -> None:
    options = {"python": "/no/such/python", "kernel": None, "worker_command": "distributed.x"}
    assert await check_environment(options) is None
    assert scheduler_python(options) == [sys.executable]


def test_a_kernel_of_the_user_overrides_the_python_of_the_profile() -> None:
    profile = {"python": "/site/python", "kernel": None}
    assert choose_one({"kernel": "b"}, {**profile, "kernel": "b"}) == {
        "python": None,
        "kernel": "b",
    }
    with pytest.raises(InvalidOption, match="kernel and python are two ways to choose a Python"):
        choose_one({"kernel": "b", "python": "/p"}, {"kernel": "b", "python": "/p"})


def test_questions_do_not_stop_the_event_loop(tmp_path: Path) -> None:
    async def main() -> int:
        path = program(tmp_path, f"sleep 0.3; echo '{ANSWER}'")
        asking, turns = asyncio.ensure_future(Interpreters().ask([path], "")), 0
        while not asking.done():
            turns += 1
            await asyncio.sleep(0.01)
        return turns

    assert asyncio.run(main()) > 3
