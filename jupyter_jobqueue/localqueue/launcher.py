"""Starts the supervisor of a job and tells it what to do."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from . import process, settings
from .ipc import module_command, module_environment
from .script import expand

if TYPE_CHECKING:
    import sqlite3

    from .store import Store


class Launch:
    """A job whose supervisor waits for the word to begin.

    The job is noted as running before that word is given. Should the daemon be killed in between,
    the supervisor reads the end of its input instead, and gives the job back.

    Parameters
    ----------
    store
        The state of the queue, in a transaction.
    row
        The job.
    """

    def __init__(self, store: Store, row: sqlite3.Row) -> None:
        self._order = json.dumps(_order(store, row)).encode()
        self.supervisor = subprocess.Popen(
            module_command("supervisor", store.directory, row["id"]),
            stdin=subprocess.PIPE,
            env=module_environment(),
            start_new_session=True,
        )
        pid = self.supervisor.pid
        store.start(row["id"], pid, process.born(pid))

    def go(self) -> None:
        """Let the supervisor start the job."""
        # A supervisor that was killed meanwhile is found by the daemon's next look.
        pipe = self.supervisor.stdin
        if pipe:
            with suppress(BrokenPipeError), pipe:
                pipe.write(self._order)


def _order(store: Store, row: sqlite3.Row) -> dict[str, Any]:
    submission = store.submission(row["submission"])
    own = {"LOCALQ_JOB_ID": row["id"]}
    if row["task"] is not None:
        own["LOCALQ_ARRAY_TASK_ID"] = str(row["task"])
    return {
        "command": [*json.loads(submission.interpreter), store.script_path(row["submission"])],
        "environment": json.loads(submission.environment) | own,
        "directory": submission.directory,
        "umask": submission.umask,
        "stdout": _file(submission.stdout, row),
        "stderr": _file(submission.stderr, row),
        "walltime": submission.walltime,
        "grace": settings.grace(),
    }


def _file(pattern: str, row: sqlite3.Row) -> tuple[str, int]:
    # Array elements that share a file add to it; the file of one job begins anew.
    is_shared = row["task"] is not None and "%j" not in pattern
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (0 if is_shared else os.O_TRUNC)
    return expand(pattern, row["id"], row["name"]), flags
