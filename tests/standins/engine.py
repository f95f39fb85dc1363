"""The engine of the stand-ins: real jobs in a folder of its own, and what else a batch system has.

It is the embedded queue of the project plus jobs that are held or wait for ever, facts and notes
that only the face of a system understands, and switches: daemons that are away, or that hang.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from jupyter_jobqueue.localqueue import process
from jupyter_jobqueue.localqueue.ipc import ensure_daemon
from jupyter_jobqueue.localqueue.records import Outcome, Submission
from jupyter_jobqueue.localqueue.store import Store

CPUS = 4
"""Unless the folder says otherwise."""
MEMORY = 64 * 2**30
WAITING = ("PENDING", "HELD", "STUCK")
# A submission begins in the state that its facts name; the embedded queue starts PENDING ones only.
SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (job TEXT, name TEXT, value TEXT, PRIMARY KEY (job, name));
CREATE TRIGGER IF NOT EXISTS first_state AFTER INSERT ON jobs BEGIN
    UPDATE jobs SET state = (SELECT json_extract(tag, '$.state') FROM submissions
                             WHERE id = NEW.submission) WHERE id = NEW.id;
END;
"""


def say(*lines: str) -> None:
    """Print lines."""
    sys.stdout.writelines(f"{line}\n" for line in lines)


class Wish(NamedTuple):
    """A submission; `facts` are the face's own, JSON."""

    name: str
    script: str
    directory: str
    environment: Mapping[str, str]
    cpus: int = 1
    walltime: int | None = None
    indices: range | None = None
    """Those of an array."""
    out: str = os.devnull
    err: str = os.devnull
    umask: int = 0o077
    state: str = "PENDING"
    """Or HELD, or STUCK: it waits for ever."""
    facts: Mapping[str, Any] = {}


class Job(NamedTuple):
    """One job or array element as the engine knows it."""

    key: str
    number: int
    task: int | None
    state: str
    submitted: float
    started: float | None
    ended: float | None
    exit_code: int | None
    signal: int | None
    cancelled: bool
    pid: int | None
    born: str | None
    name: str
    cpus: int
    facts: dict[str, Any]
    notes: dict[str, str]

    @property
    def element(self) -> int | None:
        """The index that the user chose for the array element."""
        if self.task is None:
            return None
        first, step = self.facts["indices"]
        return int(first + self.task * step)

    @property
    def asked_to_end(self) -> bool:
        """Whether somebody cancelled it, though it may take its time."""
        return self.cancelled or "killed" in self.notes

    @property
    def code(self) -> int:
        """The exit code as a shell gives it."""
        return 128 + self.signal if self.signal else self.exit_code or 0


_JOBS = """SELECT jobs.id, submission, task, state, submitted, started, ended, exit_code, signal,
    cancelled, pid, born, name, cpus, tag FROM jobs JOIN submissions ON submissions.id = submission
    WHERE state <> 'UNSEEN' ORDER BY submission, task"""


class Refused(Exception):
    """A command that fails: its exit code and what it says on stderr."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class Engine(Store):
    """One batch system.

    Parameters
    ----------
    directory
        Its folder.
    settle
        What the system does once after a job that ran, such as bringing its output home.
    """

    def __init__(
        self, directory: str, settle: Callable[[Engine, Job], None] = lambda *_: None
    ) -> None:
        super().__init__(directory)
        self.settle = settle
        self.size = int(self.switch("cpus") or CPUS)
        self._db.executescript(SCHEMA)

    def __enter__(self) -> Engine:
        """Return the engine itself."""
        return self

    # -- jobs

    def add(self, wish: Wish) -> int:
        """Queue a wish and return its number; a system that hangs may take it several times."""
        switch = self.switch("hung")
        if switch is None:
            return self._insert(wish, wish.state)
        numbers = [self._insert(wish, "UNSEEN") for _ in range(int(switch or 0))]
        self.wait_while("hung")
        return numbers[-1] if numbers else self._insert(wish, wish.state)

    def _insert(self, wish: Wish, state: str) -> int:
        indices = [wish.indices.start, wish.indices.step] if wish.indices is not None else None
        facts = {**wish.facts, "state": state, "seen": wish.state, "indices": indices}
        submission = Submission(
            name=wish.name,
            tag=json.dumps(facts),
            interpreter=self.switch("start") or "",
            cpus=min(wish.cpus, self.size),
            walltime=wish.walltime,
            stdout=wish.out,
            stderr=wish.err,
            directory=self.directory,
            umask=wish.umask,
            environment=json.dumps(dict(wish.environment)),
        )
        count = len(wish.indices) if wish.indices is not None else None
        number = self.submit(wish.script.encode(), submission, count, self.size)
        ensure_daemon(self.directory)
        return number

    def known(self) -> list[Job]:
        """Return all jobs in the order of submission."""
        found = self._read()
        late = [job for job in found if job.ended and job.started and "settled" not in job.notes]
        for job in late:
            with self.transaction():
                if self.note(job.key, "settled", "1"):
                    self.settle(self, job)
        return found

    def _read(self) -> list[Job]:
        notes: dict[str, dict[str, str]] = {}
        for key, name, value in self._db.execute("SELECT job, name, value FROM notes"):
            notes.setdefault(key, {})[name] = value
        facts: dict[int, dict[str, Any]] = {}
        jobs = []
        for *fields, tag in self._db.execute(_JOBS):
            key, number = fields[0], fields[1]
            own = facts.get(number) or facts.setdefault(number, json.loads(tag))
            jobs.append(Job._make([*fields, own, notes.get(key, {})]))
        return jobs

    def job(self, key: str) -> Job:
        """Return one job."""
        return next(job for job in self._read() if job.key == key)

    def note(self, key: str, name: str, value: str) -> bool:
        """Remember something of a job; return whether it was not known."""
        command = "INSERT OR IGNORE INTO notes VALUES (?, ?, ?)"
        return bool(self._db.execute(command, (key, name, value)).rowcount)

    def end(self, jobs: Iterable[Job]) -> None:
        """End jobs: those that wait at once, those that run with SIGTERM and, later, SIGKILL."""
        keys = [job.key for job in jobs]
        for job in self._read():
            if job.key in keys and job.state in ("HELD", "STUCK"):
                self.finish(job.key, Outcome("CANCELLED", ""))
        for row in self.cancel(keys):
            if process.is_alive(row["pid"], row["born"]):
                with suppress(ProcessLookupError):
                    os.kill(row["pid"], signal.SIGTERM)
        if self.is_busy():
            ensure_daemon(self.directory)

    def interrupt(self, job: Job, number: int) -> None:
        """Send a signal to the processes of a running job."""
        process.signal_groups(process.groups(job.pid or -1, 0), number)

    def change(self, jobs: Iterable[Job], before: str, after: str) -> None:
        """Move jobs from one state to another: hold them, release them."""
        for job in jobs:
            command = "UPDATE jobs SET state = ? WHERE id = ? AND state = ?"
            self._db.execute(command, (after, job.key, before))
        ensure_daemon(self.directory)

    # -- switches

    def next_number(self, number: int) -> None:
        """Give the next submission a number."""
        self._db.execute("DELETE FROM sqlite_sequence WHERE name = 'submissions'")
        values = ("submissions", number - 1)
        self._db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", values)

    def switch(self, name: str) -> str | None:
        """Return what a switch is set to, None if it is off."""
        try:
            with open(os.path.join(self.directory, name)) as file:
                return file.read()
        except FileNotFoundError:
            return None

    def wait_while(self, name: str, patience: float = 600) -> None:
        """Block until a switch is off; `TimeoutError` after `patience` seconds."""
        until = time.monotonic() + patience
        while self.switch(name) is not None:
            if time.monotonic() > until:
                raise TimeoutError(f"{name} for {patience} s")
            time.sleep(0.02)

    def go_on(self) -> None:
        """No longer hang; what was asked meanwhile becomes jobs now."""
        with self.transaction():
            self._db.execute(
                "UPDATE jobs SET state = (SELECT json_extract(tag, '$.seen') FROM submissions "
                "WHERE submissions.id = submission) WHERE state = 'UNSEEN'"
            )
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(self.directory, "hung"))
        ensure_daemon(self.directory)
