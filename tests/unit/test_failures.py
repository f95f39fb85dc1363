"""How often a cluster submits while its jobs fail: a minute of it, on a clock that only jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, Call, JobSpec, JobStatus
from jupyter_jobqueue.batch.queue import StatusReport
from jupyter_jobqueue.jobs.callbacks import Callbacks
from jupyter_jobqueue.jobs.group import GroupOptions, JobGroup
from jupyter_jobqueue.jobs.scaler import Target
from jupyter_jobqueue.jobs.table import JobShape, JobTable

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


class Failing:
    """A queue in which no job lives for longer than a second; a `SharedQueue` for the group."""

    def __init__(self, clock: Clock, ends: JobStatus) -> None:
        self.clock, self.ends = clock, ends
        self.adapter: Any = Adapter()
        self.submitted: list[float] = []

    async def history(self, ids: Sequence[str]) -> dict[str, JobStatus]:
        return {}

    async def status(self, ids: Sequence[str], **how: Any) -> StatusReport:
        return StatusReport(self.clock.now, dict.fromkeys(ids, self.ends))

    async def submit(self, call: Call[int]) -> list[str]:
        self.submitted.append(self.clock.now)
        return [f"{len(self.submitted)}_{number}" for number in range(call.parse(""))]


class Adapter:
    """What is asked of an adapter here."""

    array_index, exit_codes_expire, keeps_ended_jobs = "$INDEX", False, True

    def submit(self, spec: JobSpec) -> Call[int]:
        return Call(["submit"], lambda text: spec.count, stdin="#!/bin/sh")

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        return "", ""


async def save_record(tag: str, script: str) -> None:
    """Keep nothing."""


def group_of(queue: Any) -> JobGroup:
    """Return a group of jobs that may fail as often as they like."""
    callbacks = Callbacks(
        make_spec=lambda submission: JobSpec("true", count=submission.count),
        save_record=save_record,
        is_open=lambda: True,
        on_change=lambda job: None,
    )
    table = JobTable("c", "jobqueue-a-", JobShape(walltime=60))
    options = GroupOptions({"allowed_failures": 1000}, Path())
    workers: Any = None
    return JobGroup(table, queue, options, workers, callbacks)


def submissions(monkeypatch: pytest.MonkeyPatch, ends: JobStatus, seconds: int) -> list[float]:
    """Return when something was submitted while two jobs were wanted, counted from the first."""
    clock = Clock()
    monkeypatch.setattr("jupyter_jobqueue.batch.steady.now", clock.time)
    for part in ("failures", "limits", "scaler"):
        monkeypatch.setattr(f"jupyter_jobqueue.jobs.{part}.time", clock)
    queue = Failing(clock, ends)

    async def live() -> None:
        group = group_of(queue)
        group.set_target(Target(2))
        for _ in range(seconds):
            await group.scaler.follow_up()
            clock.now += 1.0
            await group.controller.look_at_queue()

    asyncio.run(live())
    return [when - queue.submitted[0] for when in queue.submitted]


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
