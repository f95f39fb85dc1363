"""How often a cluster submits while its jobs fail: a minute of it, on a clock that only jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from distributed.core import Status

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus
from jupyter_jobqueue.batch.queue import StatusReport
from jupyter_jobqueue.jobs.controller import Reconciler
from jupyter_jobqueue.jobs.job import Job, JobState

FAILED = JobStatus(BatchState.FAILED, exit_code=1)
CANCELLED = JobStatus(BatchState.CANCELLED)
MADE_WAY = JobStatus(BatchState.FAILED, reason="PREEMPTED", ended_by_system=True)


class Clock:
    """Both clocks of `time`, which stand still unless they are told to go on."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now

    monotonic = time


class Failing(Reconciler):
    """Submits to a queue in which no job lives for longer than a second."""

    def __init__(self, clock: Clock, ends: JobStatus, **options: Any) -> None:
        bounds = {"allowed_failures": 1000, **options}
        plan = SimpleNamespace(options=bounds, cores=1, walltime=60, system="none")
        cluster: Any = SimpleNamespace(
            plan_=plan,
            id="a",
            status=Status.running,
            name="c",
            diagnosis="",
            _changed=lambda job=None: None,
        )
        super().__init__(cluster)
        self.clock, self.ends = clock, ends
        self.queue: Any = self
        self.adapter = SimpleNamespace(exit_codes_expire=False, keeps_ended_jobs=True)
        self.submitted: list[float] = []

    async def history(self, ids: Sequence[str]) -> dict[str, JobStatus]:
        return {}

    async def status(self, ids: Sequence[str], **how: Any) -> StatusReport:
        return StatusReport(self.clock.now, dict.fromkeys(ids, self.ends))

    async def submit(self, count: int) -> None:
        self.submitted.append(self.clock.now)
        for number in range(self.count, self.count + count):
            job = Job(f"c-{number}", number, "tag", 60, id=str(number), state=JobState.PENDING)
            job.submitted = self.clock.now
            self.jobs[job.name] = job
        self.count += count

    async def second(self) -> None:
        await self._act()
        self.clock.now += 1.0
        await self._observe()


def submissions(monkeypatch: pytest.MonkeyPatch, ends: JobStatus, seconds: int) -> list[float]:
    """Return when something was submitted while two jobs were wanted, counted from the first."""
    clock = Clock()
    for room in ("care", "ends", "job", "reconcile", "submit"):
        monkeypatch.setattr(f"jupyter_jobqueue.cluster.{room}.time", clock, raising=False)
    failing = Failing(clock, ends)
    failing.wanted = 2

    async def live() -> None:
        for _ in range(seconds):
            await failing.second()

    asyncio.run(live())
    return [when - failing.submitted[0] for when in failing.submitted]


def test_failed_starts_are_repeated_later_and_later(monkeypatch: pytest.MonkeyPatch) -> None:
    assert submissions(monkeypatch, FAILED, 300) == [0, 5, 22, 83, 144, 205, 266]


@pytest.mark.parametrize("ends", [CANCELLED, MADE_WAY])
def test_jobs_that_are_taken_away_at_once_are_not_replaced_without_end(
    monkeypatch: pytest.MonkeyPatch, ends: JobStatus
) -> None:
    """By a site that allows none of them, or in a queue whose jobs must always make way."""
    found = submissions(monkeypatch, ends, 300)
    for begun in range(300 - 60):
        assert sum(begun <= when < begun + 60 for when in found) <= 5
    assert len(found) >= 20
