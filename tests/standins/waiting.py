"""Waits for conditions, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from jupyter_jobqueue.localqueue.store import Store
from tests.standins.install import Standin


def until(condition: Callable[[], bool], timeout: float = 120) -> None:
    """Wait for a condition."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"waited {timeout} s in vain"
        time.sleep(0.02)


def ended(standin: Standin) -> None:
    """Wait until no job is left but those that wait for ever."""
    until(lambda: all(job.state in ("HELD", "STUCK") for job in standin.unended()))


def running(standin: Standin) -> None:
    """Wait until every job runs but those that wait for ever."""
    waiting = ("HELD", "STUCK")
    until(lambda: all(job.started or job.state in waiting for job in standin.unended()))


def is_taken(standin: Standin, jobs: int = 1) -> bool:
    """Whether there are so many jobs, also ones that are not seen as long as the system hangs."""
    with standin.engine() as engine:
        return len(Store.jobs(engine)) >= jobs
