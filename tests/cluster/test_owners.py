"""The program that owns a cluster ends: its jobs go too, pending ones as well."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_jobqueue.batch.command import COMMAND_TIMEOUT
from jupyter_jobqueue.cluster.exit import CANCEL_TIMEOUT
from tests.beds.slurm import SlurmBed
from tests.cluster.conftest import Queue, until

# Signals are those of a terminal, also where the tests run in the background. On a busy machine the
# last command may take longer than a person would want to wait for it.
MAKE = """
import asyncio, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from jupyter_jobqueue import SLURMCluster
from jupyter_jobqueue.cluster import exit
exit.CANCEL_TIMEOUT = 60.0
options = dict(cores=1, memory="500 MB", interface="lo", walltime="00:10:00")
"""
PLAIN = (
    MAKE
    + """
running = SLURMCluster(n_workers=1, **options)
pending = SLURMCluster(n_workers=3, queue="closed", **options)
running.wait_for_workers(1, timeout=120)
print("ready", flush=True)
"""
)
COROUTINE = (
    MAKE
    + """
async def main():
    cluster = await SLURMCluster(n_workers=3, queue="closed", asynchronous=True, **options)
    print("ready", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""
)
WAIT, EXIT, RAISE = "time.sleep(600)\n", "sys.exit(0)\n", "raise RuntimeError('mine')\n"


@pytest.fixture
def start(slurm_queue: Queue, tmp_path: Path) -> Iterator[object]:
    """Return a function that runs a program until it says that its jobs are there."""
    programs: list[subprocess.Popen[str]] = []

    def run(text: str) -> subprocess.Popen[str]:
        path = tmp_path / "program.py"
        path.write_text(text)
        with (tmp_path / "err").open("w") as err:
            program = subprocess.Popen(
                [sys.executable, path], stdout=subprocess.PIPE, stderr=err, text=True, cwd=tmp_path
            )
        programs.append(program)
        assert program.stdout
        assert program.stdout.readline() == "ready\n", (tmp_path / "err").read_text()
        return program

    yield run
    for program in programs:
        program.kill()
        program.wait()
        if program.stdout:
            program.stdout.close()


def is_empty_soon(slurm: SlurmBed) -> None:
    """See that no job waits or runs any more; pending ones do not go by themselves."""
    until(lambda: not slurm.ask("squeue", "-h", "-t", "PD,R,CF"))


def test_a_program_that_ends_gives_the_queue_less_than_five_seconds() -> None:
    assert CANCEL_TIMEOUT < 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("text", [PLAIN + WAIT, COROUTINE], ids=["plain", "coroutine"])
def test_a_signal_cancels_the_jobs(
    slurm: SlurmBed, start: object, text: str, number: signal.Signals
) -> None:
    program = start(text)  # type: ignore[operator]
    program.send_signal(number)
    is_empty_soon(slurm)
    program.wait(120)
    assert program.returncode != 0


@pytest.mark.parametrize("end", [EXIT, RAISE], ids=["exit", "exception"])
def test_an_end_without_closing_cancels_the_jobs(slurm: SlurmBed, start: object, end: str) -> None:
    program = start(PLAIN + end)  # type: ignore[operator]
    is_empty_soon(slurm)
    program.wait(120)


def test_a_program_that_handles_a_signal_itself_keeps_doing_so(start: object) -> None:
    # Not print: the signal may come while the program prints.
    own = "import os, signal\nsignal.signal(signal.SIGTERM, lambda *_: os.write(1, b'mine\\n'))\n"
    program = start(own + PLAIN + WAIT)  # type: ignore[operator]
    program.send_signal(signal.SIGTERM)
    assert program.stdout.readline() == "mine\n"
    program.send_signal(signal.SIGINT)
    program.wait(120)


def test_closing_never_waits_long_for_a_queue_that_hangs(
    slurm: SlurmBed, slurm_queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it names the jobs that it could not cancel."""
    monkeypatch.setattr("jupyter_jobqueue.jobs.retirer.CANCEL_TIMEOUT", 1.0)
    (tmp_path / "scancel").write_text("#!/bin/sh\nexec sleep 600\n")
    (tmp_path / "scancel").chmod(0o755)
    cluster = slurm_queue.cluster(n_workers=2, queue="closed")
    ids = [job.id for job in cluster.jobs.values()]
    array = ids[0].removesuffix("_0")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        begun = time.monotonic()
        with pytest.warns(UserWarning, match=rf"could not cancel jobs {array}_\[0-1\]"):
            cluster.close()
        assert time.monotonic() - begun < COMMAND_TIMEOUT  # after which the command is given up
    slurm.ask("scancel", *ids)
