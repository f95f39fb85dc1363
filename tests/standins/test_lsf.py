"""The stand-in for LSF says what volclava said."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.recordings import one_call
from tests.standins.replay import Replay
from tests.standins.waiting import ended, is_taken, running, until

SCRIPT = """#!/usr/bin/env bash
#BSUB -J dask-worker
#BSUB -q normal
#BSUB -n 2
#BSUB -R "span[hosts=1]"
#BSUB -M 2000
#BSUB -W 00:30
#BSUB -o /home/labu/s1.%J.out
#BSUB -e /home/labu/s1.%J.err
JOB_ID=${LSB_JOBID%.*}
echo "job $LSB_JOBID $LSB_J"
sleep 1000
"""


@pytest.fixture
def lsf(replay: Callable[[str, int], Replay]) -> Replay:
    made = replay("lsf", 32)
    made.script("s1.lsf", SCRIPT)
    return made


@pytest.mark.parametrize(
    ("file", "number"),
    [
        ("03-bqueues-l", 1),
        ("10-bsub-stdin", 2),
        ("12-bsub-command", 4),
        ("13-bsub-array", 5),
        ("14-bsub-held", 6),
        ("16-bsub-toomany-slots", 8),
        ("18-bsub-nosuchcmd", 10),
        ("19-bsub-quiet", 1),
        ("27-bjobs-o-delim", 1),
        ("29-bjobs-json-alone", 1),
        ("30-bjobs-o-unknown-field", 1),
        ("34-bjobs-unknown", 1),
        ("37-bjobs-baduser", 1),
        ("39-bjobs-badjobid", 1),
        ("41-bjobs-o-delimiter", 1),
        ("50-bsub-empty-stdin", 1),
        ("51-bsub-bad-queue", 1),
        ("52-bsub-bad-option", 13),
        ("53-bsub-bad-R", 1),
        ("54-bsub-bad-W", 1),
        ("55-bsub-bad-n", 1),
        ("56-bsub-bad-array", 15),
        ("57-bsub-over-runlimit", 1),
        ("58-bsub-bad-embedded", 1),
        ("59-bsub-bad-host", 1),
        ("60-bsub-bad-bsub-line", 19),
        ("74-bkill-unknown", 1),
        ("80-bkill-badid", 1),
        ("81-bkill-noarg", 1),
        ("84-bkill-zero-none", 1),
    ],
)
def test_what_a_single_command_says(lsf: Replay, file: str, number: int) -> None:
    lsf.check(f"lsf/{file}.txt", number=number)


def test_all_kinds_of_jobs_in_every_form(lsf: Replay) -> None:
    lsf.run("bsub < s1.lsf; bsub < s1.lsf; bsub -J plain -o /dev/null sleep 30", 2)
    lsf.run('bsub -J "x[1-5]" -o /dev/null sleep 15; bsub -H -J held -o /dev/null sleep 30', 5)
    big = "rusage[mem=999999999]"
    lsf.run(f'bsub -J toobig -R "{big}" -o /dev/null sleep 30; bsub -n 33 -J toowide sleep 30', 7)
    running(lsf.standin)
    for file in (
        "20-bjobs",
        "21-bjobs-w",
        "24-bjobs-p",
        "32-bjobs-array-elem",
        "33-bjobs-array-all",
        "35-bjobs-unknown-mixed",
        "36-bjobs-json-unknown",
        "38-bjobs-u-all",
    ):
        lsf.check(f"lsf/{file}.txt")


def test_how_jobs_end(lsf: Replay) -> None:
    lsf.run('bsub -J fails -o fails.%J.out "exit 1"', 9)
    ended(lsf.standin)
    lsf.run("bsub -J nocmd -o nocmd.%J.out /no/such/command")
    ended(lsf.standin)
    got, want = lsf.run("bjobs -l 9 10").stdout, one_call("lsf/44-bjobs-l-exit.txt").stdout
    without_frame = [line for line in lsf.masked(want).splitlines() if not line.startswith("---")]
    assert _lines(lsf.masked(got)) == _lines("\n".join(without_frame))
    assert "Exited with exit code 1.\n" in (lsf.work / "fails.9.out").read_text()


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("---")]


def test_what_bkill_says(lsf: Replay) -> None:
    lsf.run("bsub -J done true", 1)
    lsf.run("bsub -J sleeper sleep 300", 21)
    lsf.run("for name in k1 k2 k3; do bsub -J $name -o /dev/null sleep 300; done", 22)
    lsf.run("bsub -J 'k[1-4]' sleep 300", 25)
    running(lsf.standin)
    lsf.check("lsf/70-bkill-one.txt")
    until(lambda: "EXIT" in lsf.run("bjobs 22").stdout)
    lsf.check("lsf/71-bkill-again.txt")
    lsf.check("lsf/75-bkill-finished.txt")
    lsf.check("lsf/76-bkill-mixed.txt")
    lsf.check("lsf/77-bkill-array-elem.txt")
    lsf.check("lsf/78-bkill-array.txt")
    lsf.run("bkill 0")
    ended(lsf.standin)
    assert "Exited with exit code 130." in lsf.run("bjobs -l 22").stdout


def test_a_held_job_and_those_that_wait_for_ever_are_killed_at_once(lsf: Replay) -> None:
    lsf.run("bsub -H -J held sleep 30", 6)
    lsf.run("bsub -n 33 -J wide sleep 30; bsub -n 33 -J wide sleep 30", 7)
    lsf.check("lsf/79-bkill-by-name.txt")
    lsf.check("lsf/73-bkill-pending.txt")
    lsf.run("bkill 0")
    lsf.check("lsf/84-bkill-zero-none.txt")
    assert "Exited. " in lsf.run("bjobs -l 6").stdout


def test_the_runlimit(lsf: Replay) -> None:
    lsf.check("lsf/90-runlimit.txt", number=29)
    lsf.run("bkill 29")


def test_a_killed_job_that_takes_its_time_and_leaves_well_is_done(
    lsf: Replay, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    lsf.run(f"bsub -o /dev/null 'trap \"exit 0\" INT; touch {ready}; sleep 300 & wait'", 5)
    until(ready.exists)
    lsf.run("bkill 5")
    ended(lsf.standin)
    assert lsf.run("bjobs -a -o 'jobid stat'").stdout == "JOBID STAT\n5 DONE\n"


@pytest.mark.parametrize("file", ["120-mbatchd-stopped-bjobs", "123-down-bjobs"])
def test_a_daemon_that_is_away_or_hangs_keeps_bjobs_for_ever(
    lsf: Replay, tmp_path: Path, file: str
) -> None:
    lsf.standin.down() if "down" in file else lsf.standin.hang()
    done = timed_out(tmp_path, ["bjobs"], lambda: (tmp_path / "err").read_text() != "")
    want = one_call(f"lsf/{file}.txt")
    assert (done.returncode, done.stdout) == (want.exit, "")
    assert want.stderr.startswith(done.stderr)
    assert done.stderr


def test_one_bsub_that_was_killed_becomes_several_jobs(lsf: Replay, tmp_path: Path) -> None:
    lsf.standin.hang(accepts=6)
    bsub = ["bsub", "-J", "once", "sleep", "300"]
    done = timed_out(tmp_path, bsub, lambda: is_taken(lsf.standin, 6))
    assert (done.returncode, done.stdout) == (124, "")
    lsf.standin.up()
    assert lsf.run("bjobs -o jobid -J once").stdout.split()[1:] == list("123456")


def timed_out(
    folder: Path, argv: list[str], condition: Callable[[], bool]
) -> subprocess.CompletedProcess[str]:
    """Run a command under `timeout`, whose time is over when a condition holds."""
    out, err = folder / "out", folder / "err"
    with out.open("w") as stdout, err.open("w") as stderr:
        process = subprocess.Popen(["timeout", "600", *argv], stdout=stdout, stderr=stderr)
    until(condition)
    process.send_signal(signal.SIGALRM)
    code = process.wait()
    return subprocess.CompletedProcess(argv, code, out.read_text(), err.read_text())
