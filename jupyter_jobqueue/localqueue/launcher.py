"""Starts the supervisor of a job and sends it the order."""

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
    """A job whose supervisor waits for its order.

    The job is stored as running before the order is sent. If the daemon is killed in between, the
    supervisor reads the end of its input and makes the job pending again.

    Parameters
    ----------
    store : Store
        The state of the queue, in a transaction.
    row : sqlite3.Row
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
        # The next check of the daemon finds a supervisor that was killed meanwhile.
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
    # Array elements that share a file append to it; the file of one job is overwritten.
    is_shared = row["task"] is not None and "%j" not in pattern
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (0 if is_shared else os.O_TRUNC)
    return expand(pattern, row["id"], row["name"]), flags
