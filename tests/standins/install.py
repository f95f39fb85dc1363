"""Puts the commands of a stand-in on PATH, and flips its switches."""

from __future__ import annotations

import importlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.standins.engine import Engine, Job

ROOT = Path(__file__).parents[2]
PROGRAM = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.standins.run import main
sys.exit(main())"""


class Standin:
    """A batch system that is none, for one test.

    Parameters
    ----------
    system : str
        Name of a face.
    base : Path
        A folder for it.
    cpus : int
        Cores of its one node.
    """

    def __init__(self, system: str, base: Path, cpus: int = 4) -> None:
        self.system = system
        self.folder, self.bin = base / "state", base / "bin"
        self.face = importlib.import_module(f"tests.standins.{system}")
        self.folder.mkdir(parents=True, mode=0o700)
        self.bin.mkdir()
        (self.folder / "cpus").write_text(str(cpus))
        (self.folder / "start").write_text(json.dumps(self._argv("start")))
        with self.engine():  # makes the file
            pass
        for command in self.face.COMMANDS:
            line = f'exec {shlex.join(self._argv(command))} "$@"'
            (self.bin / command).write_text(f"#!/bin/sh\n{line}\n")
            (self.bin / command).chmod(0o755)

    def _argv(self, command: str) -> list[str]:
        # Neither site-packages nor the user's variables: a third of the time.
        return [sys.executable, "-IS", "-c", PROGRAM, self.system, str(self.folder), command]

    def engine(self) -> Engine:
        """Return the engine, to be closed."""
        return Engine(str(self.folder), self.face.settle)

    def run(self, *argv: str, text: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a person would, in a folder that may be littered."""
        return subprocess.run(
            argv,
            cwd=self.folder.parent,
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", **variables},
        )

    # -- switches

    def down(self, how: str = "server") -> None:
        """Take the daemons away; which of them is the face's word."""
        (self.folder / "down").write_text(how)

    def hang(self, accepts: int = 0) -> None:
        """Let all commands block, and submissions become `accepts` jobs each later on."""
        (self.folder / "hung").write_text(str(accepts or ""))

    def up(self) -> None:
        """Undo both."""
        (self.folder / "down").unlink(missing_ok=True)
        with self.engine() as engine:
            engine.go_on()

    def next_number(self, number: int) -> None:
        """Give the next submission a number."""
        with self.engine() as engine:
            engine.next_number(number)

    # -- the end

    def known(self) -> list[Job]:
        """Return all jobs there ever were."""
        with self.engine() as engine:
            return engine.known()

    def unended(self) -> list[Job]:
        """Return the jobs that have not ended."""
        return [job for job in self.known() if not job.ended]

    def close(self, patience: float = 40) -> None:
        """Fail if jobs are left that nobody asked to end; leave no process behind.

        Parameters
        ----------
        patience : float
            Seconds for jobs to end by themselves.
        """
        self.up()
        _wait(lambda: all(job.asked_to_end for job in self.unended()), patience)
        left = [job.name for job in self.unended() if not job.asked_to_end]
        self.end_all()
        assert not left, f"jobs left in the queue: {left}"

    def end_all(self) -> None:
        """End what is left, at once: what takes its time to go is not waited for."""
        self.up()
        with self.engine() as engine:
            engine.end(self.unended())
            for job in self.unended():
                engine.interrupt(job, signal.SIGKILL)
        _wait(lambda: not self.unended(), 60)
        self._stop_daemon()

    def _stop_daemon(self) -> None:
        with suppress(OSError, ValueError):
            pid = int((self.folder / "daemon.lock").read_text())
            if str(self.folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGTERM)


def _wait(condition: Callable[[], bool], timeout: float) -> None:
    until = time.monotonic() + timeout
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)


def standin(system: str, base: Path, monkeypatch: pytest.MonkeyPatch, cpus: int = 4) -> Standin:
    """Install a stand-in and put its commands first on PATH; the caller closes it."""
    made = Standin(system, base / system, cpus)
    monkeypatch.setenv("PATH", f"{made.bin}:{os.environ['PATH']}")
    return made
