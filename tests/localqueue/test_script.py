"""What a job script may say, and what it is told when it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_jobqueue.localqueue import LocalQueueError
from jupyter_jobqueue.localqueue.script import Script, expand, parse

from .conftest import sh


def read(text: str, directory: Path) -> Script:
    return parse(text.encode(), str(directory), "given")


def test_all_directives_are_read(tmp_path: Path) -> None:
    script = read(
        sh(
            "#LOCALQ --job-name=my job",
            "#LOCALQ --cpus=3",
            "#LOCALQ --time=100:02:03",
            "# a remark, and a blank line",
            "",
            f"#LOCALQ --output={tmp_path}/a b-%j.out",
            '#LOCALQ --error="%x.err"',
            "true",
        ),
        tmp_path,
    )
    assert script == Script(
        interpreter=["/bin/bash"],
        name="my job",
        cpus=3,
        cpus_line=3,
        walltime=360123,
        output=f"{tmp_path}/a b-%j.out",
        error=f"{tmp_path}/%x.err",
    )


def test_nothing_has_to_be_said(tmp_path: Path) -> None:
    script = read("#!/usr/bin/env -S bash -e\ntrue\n", tmp_path)
    assert script.interpreter == ["/usr/bin/env", "-S bash -e"]
    assert (script.name, script.cpus, script.walltime) == ("given", 1, None)
    assert script.output == script.error == f"{tmp_path}/localq-%j.out"


def test_the_later_directive_wins_and_those_after_a_command_do_not_count(tmp_path: Path) -> None:
    script = read(sh("#LOCALQ --cpus=1", "#LOCALQ --cpus=2", "true", "#LOCALQ --cpus=3"), tmp_path)
    assert (script.cpus, script.cpus_line) == (2, 3)


def test_patterns_are_filled_in(tmp_path: Path) -> None:
    folder = tmp_path / "100%j"
    folder.mkdir()
    script = read(sh("#LOCALQ --output=%x-%j-%%j"), folder)
    assert expand(script.output, "12_0", "name") == f"{folder}/name-12_0-%j"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the job script is empty"),
        (" \n\n", "the job script is empty"),
        ("true\n", "script line 1: the script must begin with #!"),
        ("#!\ntrue\n", "script line 1: the script must begin with #!"),
        ("#!/bin/bash\r\ntrue\r\n", "script line 1: the line ends with a carriage return"),
        ("#!/no/shell\n", "script line 1: the interpreter /no/shell does not exist"),
        (sh("", "#LOCALQ"), "script line 3: cannot read '#LOCALQ'"),
        (sh("#LOCALQ --cpus 2"), "script line 2: cannot read '#LOCALQ --cpus 2'"),
        (sh("#LOCALQ--cpus=2"), "script line 2: cannot read '#LOCALQ--cpus=2'"),
        (sh("#LOCALQ --memory=2"), "script line 2: unknown option --memory; there are --job-name"),
        (sh("#LOCALQ --cpus="), "script line 2: --cpus has no value"),
        (sh("#LOCALQ --cpus=1 --time=00:01:00"), "script line 2: write one option per line"),
        (sh("#LOCALQ --cpus=two"), "script line 2: --cpus=two is not a whole number"),
        (sh("#LOCALQ --cpus=0"), "script line 2: --cpus=0 is not a whole number"),
        (sh("#LOCALQ --time=60"), "script line 2: --time=60 is not a walltime HH:MM:SS"),
        (sh("#LOCALQ --time=00:60:00"), "script line 2: --time=00:60:00 is not a walltime"),
        (sh("#LOCALQ --time=00:00:00"), "script line 2: --time=00:00:00 is not a walltime"),
        (sh("#LOCALQ --job-name=a/b"), "script line 2: --job-name='a/b' must be plain text"),
        (sh("#LOCALQ --output=%q"), "script line 2: --output=%q: %q is unknown"),
        (sh("#LOCALQ --output=100%"), "script line 2: --output=100%: % is unknown"),
        (
            sh("#LOCALQ --error=/no/x"),
            "script line 2: --error=/no/x: the folder /no does not exist",
        ),
    ],
)
def test_mistakes_are_refused_with_their_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(LocalQueueError) as caught:
        read(text, tmp_path)
    assert str(caught.value).startswith(problem)
