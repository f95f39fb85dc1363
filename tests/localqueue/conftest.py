"""A queue of its own for each test, and a look at what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

from jupyter_jobqueue.localqueue.settings import PREFIX
from jupyter_jobqueue.localqueue.store import Store

T = TypeVar("T")
COMMAND = [sys.executable, "-P", "-m", "jupyter_jobqueue.localqueue"]
ROOT = Path(__file__).parents[2]
ENDED = {"COMPLETED", "FAILED", "TIMEOUT", "CANCELLED"}


def until(condition: Callable[[], T], timeout: float = 120) -> T:
    """Wait for a condition and return what it gave."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {condition}")
        time.sleep(0.02)
    return value


def sh(*lines: str) -> str:
    """Return a job script."""
    return "\n".join(("#!/bin/bash", *lines, ""))


class Queue:
    """A queue in a directory, used through its commands only."""

    def __init__(self, base: Path, bytecode: Path) -> None:
        self.directory = base / "state"
        self.work = base / "work"
        self.work.mkdir()
        self.umask = -1  # that of the tests
        ignored = ("LOCALQ_", "PYTHONDONTWRITEBYTECODE")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(ignored)}
        self.environment |= {
            "PYTHONPATH": str(ROOT),
            "PYTHONPYCACHEPREFIX": str(bytecode),  # compiled once, and not into the sources
            PREFIX + "DIR": str(self.directory),
            PREFIX + "CPUS": "2",
            PREFIX + "GRACE": "0.4",
        }

    def run(
        self, *arguments: str, text: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the queue."""
        return subprocess.run(
            [*COMMAND, *arguments],
            input=text,
            capture_output=True,
            text=True,
            cwd=self.work,
            env=self.environment | variables,
            umask=self.umask,
            timeout=120,
        )

    def submit(self, script: str, *options: str, **variables: str) -> str:
        """Submit a job and return its id."""
        done = self.run("submit", *options, text=script, **variables)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    def refusal(self, script: str, *options: str, **variables: str) -> str:
        """Return what is said to a script that is not accepted."""
        done = self.run("submit", *options, text=script, **variables)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("localqueue: error: ")
        return done.stderr.removeprefix("localqueue: error: ").rstrip("\n")

    def status(self) -> dict[str, dict[str, Any]]:
        """Return all jobs by their ids."""
        done = self.run("status")
        assert (done.returncode, done.stderr) == (0, "")
        return {job["id"]: job for job in json.loads(done.stdout)}

    def states(self) -> list[str]:
        """Return the states of all jobs in order."""
        return [job["state"] for job in self.status().values()]

    def wait(self, job_id: str, *states: str) -> dict[str, Any]:
        """Wait until a job is in one of the states, by default any in which it has ended."""
        wanted = set(states) or ENDED
        until(lambda: self.peek()[job_id] in wanted)
        return self.status()[job_id]

    def wait_all(self) -> dict[str, dict[str, Any]]:
        """Wait until all jobs have ended."""
        until(lambda: set(self.peek().values()) <= ENDED, timeout=120)
        return self.status()

    def peek(self) -> dict[str, str]:
        """Return the states of all jobs by their ids; cheaper than `status`, but wakes nobody."""
        with Store(str(self.directory)) as store:
            return {row["id"]: row["state"] for row in store.jobs()}

    def wait_for_file(self, name: str) -> str:
        """Wait until a file of a job has a whole line, and return it."""
        path = self.work / name
        until(lambda: path.exists() and path.read_text().endswith("\n"))
        return path.read_text().strip()

    def cancel(self, *ids: str) -> None:
        """Cancel jobs."""
        done = self.run("cancel", *ids)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def processes(self, part: str = "", variable: str = "") -> list[int]:
        """Return the processes of this queue with such a command and environment."""
        mark = f"{PREFIX}DIR={self.directory}\0".encode()
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit()
            and mark in (environment := read(entry / "environ"))
            and variable.encode() in environment
            and part.encode() in read(entry / "cmdline")
        ]

    def of_jobs(self) -> list[int]:
        """Return the processes that jobs consist of."""
        return self.processes(variable="LOCALQ_JOB_ID=")

    def only(self, part: str) -> int:
        """Return the one process with such a command; while it forks there seem to be two."""
        until(lambda: len(self.processes(part)) == 1)
        return self.processes(part)[0]

    def daemons(self) -> list[int]:
        """Return the daemons of this queue, also those about to find that there is one."""
        return self.processes("localqueue.daemon")

    def daemon(self) -> int:
        """Return the daemon, once it serves and no other tries to."""
        lock = self.directory / "daemon.lock"
        until(lambda: read(lock).split() == [b"%d" % pid for pid in self.daemons()])
        return int(read(lock))

    def kill_daemon(self) -> int:
        """Kill the daemon the hard way."""
        pid = self.daemon()
        os.kill(pid, signal.SIGKILL)
        until(lambda: pid not in self.daemons())
        return pid

    def close(self) -> None:
        """End all jobs and the daemon; fail if anything stays."""
        if not self.directory.exists():
            return
        if unended := [key for key, state in self.peek().items() if state not in ENDED]:
            self.cancel(*unended)
            self.wait_all()
        until(lambda: set(self.processes()) <= set(self.daemons()))
        for pid in self.daemons():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        until(lambda: not self.processes())


def read(path: Path) -> bytes:
    """Return the content of a file, nothing if it is gone."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for compiled modules, for the hundreds of commands that the tests run."""
    return tmp_path_factory.mktemp("bytecode")


@pytest.fixture
def queue(tmp_path: Path, bytecode: Path) -> Iterator[Queue]:
    """Two CPUs, a short grace, and nothing left at the end."""
    queue = Queue(tmp_path, bytecode)
    yield queue
    queue.close()
    log = queue.directory / "daemon.log"
    assert not log.exists() or log.read_text() == ""
