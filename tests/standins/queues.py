"""The batch systems that cannot be installed here, as the cluster tests use them.

They are stand-ins, or the real ones where ``JUPYTER_JOBQUEUE_TEST_REAL`` (their names, with commas
in between) says so and their commands are on PATH. What a site asks for beyond that (a queue, an
account, an interface) is found in Dask's configuration, as always.
"""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jupyter_jobqueue.cluster import CLASSES
from tests.cluster.conftest import Queue, until
from tests.standins.install import Standin, standin

REAL = "JUPYTER_JOBQUEUE_TEST_REAL"
SMALL = {"cores": 1, "memory": "500 MB", "nanny": False}
"""Without nannies, half as many processes start; Slurm and the embedded queue are tested with."""
HERE = {"interface": "lo"}
NO_SUCH_QUEUE = {"queue": "nosuchqueue"}


class System(NamedTuple):
    """What the tests must know of a batch system beside its adapter."""

    adapter: str
    commands: tuple[str, ...]
    listed: Callable[[], list[str]]
    cancel: Callable[[str], object]
    words: str
    """What it says of a queue that it does not have."""


def said(*argv: str) -> str:
    """Return what a command printed, whatever its exit code."""
    return subprocess.run(argv, capture_output=True, text=True, timeout=60).stdout


def _pbs() -> list[str]:
    return _rows(said("qstat", "-t", "-w"))


def _torque() -> list[str]:
    return _rows(said("qstat", "-t"))


def _rows(table: str) -> list[str]:
    """Return the ids of a table's rows, without arrays as a whole and jobs that have ended."""
    rows = (line.split() for line in table.splitlines() if line[:1].isdigit())
    mine = (row for row in rows if row[2] == getpass.getuser()[:15])
    return [row[0] for row in mine if "[]" not in row[0] and row[4] not in ("X", "F", "C")]


def _moab() -> list[str]:
    told = said("showq", "--xml", "-w", f"user={getpass.getuser()}")
    jobs = (dict(re.findall(r'(\w+)="([^"]*)"', job)) for job in re.findall("<job (.*?)/>", told))
    return [job.get("GJID") or job["JobID"] for job in jobs]


def _lsf() -> list[str]:
    rows = (line.split() for line in said("bjobs", "-w").splitlines()[1:])
    return [row[0] + re.sub(r"^[^\[]*", "", row[-4]) for row in rows]


SYSTEMS = {
    "pbs": System(
        "pbs", ("qsub", "pbsnodes"), _pbs, lambda job: said("qdel", job), "Unknown queue"
    ),
    "torque": System(
        "pbs", ("qsub", "pbsnodes"), _torque, lambda job: said("qdel", job), "Unknown queue"
    ),
    "moab": System(
        "moab", ("msub", "showq"), _moab, lambda job: said("mjobctl", "-c", job), "Unknown queue"
    ),
    "lsf": System("lsf", ("bsub",), _lsf, lambda job: said("bkill", job), "No such queue"),
}


def is_real(name: str) -> bool:
    """Whether the tests of a batch system run on the real one."""
    chosen = name in os.environ.get(REAL, "").split(",")
    return chosen and all(map(shutil.which, SYSTEMS[name].commands))


def queue_of(name: str, options: dict[str, Any] = HERE) -> Queue:
    """Return the queue of a batch system whose commands are on PATH."""
    system = SYSTEMS[name]
    return Queue(
        CLASSES[system.adapter],
        SMALL | options,
        system.listed,
        system.cancel,
        NO_SUCH_QUEUE,
        system.words,
    )


def any_queue(name: str, base: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """Yield the real batch system or a stand-in; a test that leaves jobs in it fails."""
    if is_real(name):
        queue = queue_of(name, {})
        yield queue
        until(lambda: not queue.listed(), timeout=60)
        return
    made = standin(name, base, monkeypatch)
    yield queue_of(name, HERE)
    made.close()


def only_standin(name: str, base: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    """Yield a stand-in, for what nobody does to a real system: take away its daemons."""
    made = standin(name, base, monkeypatch)
    yield made
    made.close()
