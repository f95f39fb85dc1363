"""Reports the jobs of the queue: which start next, and why the others wait."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .process import age
from .script import expand

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from .store import Store

_COPIED = ("id", "name", "tag", "state", "exit_code", "signal", "submitted", "started", "ended")


def schedule(
    pending: Sequence[sqlite3.Row], in_use: int, cpus: int
) -> tuple[list[sqlite3.Row], dict[str, str]]:
    """Choose the jobs to start, strictly in the order of submission.

    Parameters
    ----------
    pending : sequence of sqlite3.Row
        The pending jobs in the order of submission.
    in_use : int
        The CPUs of the running jobs.
    cpus : int
        The size of the queue. A larger job, accepted when the queue was larger, runs alone.

    Returns
    -------
    tuple
        The jobs to start now, and for each other job, by its id, the reason why it waits.
    """
    starting: list[sqlite3.Row] = []
    for row in pending:
        needs = min(row["cpus"], cpus)
        if in_use + needs > cpus:
            break
        in_use += needs
        starting.append(row)
    return starting, _reasons(pending[len(starting) :], in_use, cpus)


def _reasons(waiting: Sequence[sqlite3.Row], in_use: int, cpus: int) -> dict[str, str]:
    if not waiting:
        return {}
    first, usage = waiting[0], f"{in_use} of {cpus} CPUs in use"
    if in_use >= cpus:
        return {row["id"]: f"Resources ({usage})" for row in waiting}
    request = f"requests {first['cpus']} CPUs"
    behind = f"Priority (behind job {first['id']}, which {request}; {usage})"
    return {row["id"]: behind for row in waiting} | {first["id"]: f"Resources ({request}, {usage})"}


def cpus_in_use(running: Sequence[sqlite3.Row], cpus: int) -> int:
    """Return the CPUs that running jobs occupy.

    Parameters
    ----------
    running : sequence of sqlite3.Row
        The running jobs.
    cpus : int
        The size of the queue.
    """
    return sum(min(row["cpus"], cpus) for row in running)


def status(store: Store) -> list[dict[str, Any]]:
    """Return all jobs as the ``status`` command prints them.

    Parameters
    ----------
    store : Store
        The state of the queue.
    """
    rows, cpus = store.jobs(), store.cpus()
    in_use = cpus_in_use([row for row in rows if row["state"] == "RUNNING"], cpus)
    pending = [row for row in rows if row["state"] == "PENDING"]
    _, reasons = schedule(pending, in_use, cpus)
    return [_record(row, reasons) for row in rows]


def _record(row: sqlite3.Row, reasons: dict[str, str]) -> dict[str, Any]:
    return {
        **{key: row[key] for key in _COPIED},
        "reason": _reason(row, reasons),
        "node": os.uname().nodename if row["started"] else "",
        "cpus": row["cpus"],
        "limit": row["walltime"],
        "ran": age(row["born"]) if row["state"] == "RUNNING" else None,
        "stdout": expand(row["stdout"], row["id"], row["name"]),
        "stderr": expand(row["stderr"], row["id"], row["name"]),
    }


def _reason(row: sqlite3.Row, reasons: dict[str, str]) -> str:
    if row["state"] == "PENDING":
        return reasons.get(row["id"], "Starting")
    if row["state"] == "RUNNING" and row["cancelled"]:
        return "Cancelling (waits for its processes to end)"
    return str(row["reason"])
