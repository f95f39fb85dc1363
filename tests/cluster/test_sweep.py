"""Programs that were killed: their jobs end by themselves, or by the hand of who comes next."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus
from jupyter_jobqueue.batch.queue import JobQueue, StatusReport
from jupyter_jobqueue.cluster.leftovers import cancel_leftovers
from jupyter_jobqueue.errors import QueueDown
from jupyter_jobqueue.records.store import Store
from tests.cluster.conftest import Queue, states, until

PROGRAM = """
import json, sys, time
import jupyter_jobqueue

make, options, jobs = json.loads(sys.argv[1])
made = getattr(jupyter_jobqueue, make)(name="killed", **options)
made.scale(jobs=jobs)
made.wait_for_workers(1, timeout=120)
print(made.id, flush=True)
time.sleep(600)
"""


def program(queue: Queue, jobs: int, **options: object) -> subprocess.Popen[str]:
    """Start a program that has a cluster with some running and some pending jobs."""
    asked = json.dumps([queue.make.__name__, {**queue.options, **options}, jobs])
    argv = [sys.executable, "-c", PROGRAM, asked]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)


@contextmanager
def killed(queue: Queue, jobs: int, **options: object) -> Iterator[str]:
    """Kill such a program when its first worker is there; the value is the id of its cluster."""
    with program(queue, jobs, **options) as process:
        assert process.stdout
        cluster = process.stdout.readline().strip()
        assert cluster
        until(lambda: len(queue.listed()) == jobs)
        process.send_signal(signal.SIGKILL)
    yield cluster


def test_jobs_of_a_killed_program_end_by_themselves(local_queue: Queue) -> None:
    """Running ones miss their scheduler, pending ones start and find none."""
    with killed(local_queue, 6, death_timeout=15):
        until(lambda: local_queue.listed() == [], timeout=120)
        done = subprocess.run(
            [sys.executable, "-m", "jupyter_jobqueue.localqueue", "status"],
            capture_output=True,
            check=True,
        )
        ended = [job["state"] for job in json.loads(done.stdout)]
        assert len(ended) == 6
        assert "CANCELLED" not in ended


def test_the_next_start_cancels_what_a_killed_program_left_and_tells_so(
    queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    with killed(queue, 6) as old, caplog.at_level(logging.WARNING, "jupyter_jobqueue"):
        assert [record.id for record in Store().read_all()[0]] == [old]
        folder = Path(Store().read_all()[0][0].folder)
        begun = time.monotonic()
        with queue.cluster(silence_logs=False) as cluster:
            # Nobody waits for the sweep: it may not even have begun here.
            assert time.monotonic() - begun < 60
            (when, text) = until(lambda: cluster.notes)[0]
            assert when
            # Six, unless workers have missed their scheduler already.
            assert re.fullmatch(
                r"the program of cluster killed \(process \d+\) ended without closing it: "
                r"\d remaining jobs were cancelled",
                text,
            )
            assert text in caplog.messages
            assert [record.id for record in Store().read_all()[0]] == [cluster.id]
        assert not list(folder.glob("*.pem"))
        until(lambda: queue.listed() == [])
    assert Store().read_all() == ([], [])


def test_jobs_of_a_program_that_lives_are_left_alone(
    local_queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Event()

    async def noted(store: Store) -> list[str]:
        sentences = await cancel_leftovers(store)
        looked.set()
        return sentences

    monkeypatch.setattr("jupyter_jobqueue.cluster.lifecycle.cancel_leftovers", noted)
    with program(local_queue, 1) as process:
        assert process.stdout
        other = process.stdout.readline().strip()
        with local_queue.cluster(n_workers=1) as cluster:
            cluster.wait_for_workers(1, timeout=120)
            assert looked.wait(60)
            assert cluster.notes == []
        assert len(local_queue.listed()) == 1
        assert [record.id for record in Store().read_all()[0]] == [other]
        process.send_signal(signal.SIGKILL)
    with local_queue.cluster() as cluster:
        until(lambda: cluster.notes)


def test_a_disk_that_cannot_be_written_is_told_of_once_and_stops_nothing(
    local_queue: Queue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with (
        caplog.at_level(logging.WARNING, "jupyter_jobqueue"),
        local_queue.cluster(n_workers=1, silence_logs=False) as cluster,
    ):
        cluster.wait_for_workers(1, timeout=120)
        until(lambda: states(cluster) == ["running"])
        cluster.scale(2)
        cluster.wait_for_workers(2, timeout=120)
        (note,) = cluster.notes
        assert "cannot be recovered after a restart: [Errno 28] No space left on device" in note[1]
    assert len([each for each in caplog.messages if "cannot be recovered" in each]) == 1


def test_an_id_that_the_queue_has_given_to_another_job_is_not_cancelled(
    local_queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a Slurm controller does that crashed and has forgotten the newest jobs."""
    with local_queue.cluster() as cluster:
        cluster.scale(jobs=2)
        ours, taken = cluster.jobs.values()
        retirer, cancelled = cluster.groups[0].retirer, list[str]()
        answer: dict[str, JobStatus] = {
            ours.id: JobStatus(BatchState.RUNNING, tag=ours.tag),
            taken.id: JobStatus(BatchState.RUNNING, tag="jobqueue-0000000000aa-0"),
        }
        with monkeypatch.context() as patch:

            async def status(*_: object, **__: object) -> StatusReport:
                return StatusReport(time.time(), answer)

            async def cancel(ids: Sequence[str], extra: Sequence[str] = ()) -> None:
                cancelled.extend(ids)

            patch.setattr(retirer.queue, "status", status)
            patch.setattr(retirer.queue, "cancel", cancel)
            cluster.sync(retirer.cancel, [ours.id, taken.id, "no-such"])
        assert cancelled == [ours.id, "no-such"]


def test_a_cluster_that_was_closed_is_not_said_to_have_been_left(
    local_queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even when the queue did not end its jobs in time; the next cluster sees to them."""
    monkeypatch.setattr("jupyter_jobqueue.jobs.retirer.GONE_TIMEOUT", 0.2)

    async def deaf(self: JobQueue, ids: object, extra: object = ()) -> None:
        raise QueueDown("the queue does not hear")

    with local_queue.cluster() as first, monkeypatch.context() as broken:
        first.scale(2)
        until(lambda: len(local_queue.listed()) == 2)
        broken.setattr(JobQueue, "cancel", deaf)
        with pytest.warns(UserWarning, match="could not cancel"):
            first.close()
    with local_queue.cluster() as second:
        until(lambda: local_queue.listed() == [])
        until(lambda: [record.id for record in Store().read_all()[0]] == [second.id])
        assert not [text for _, text in second.notes if "did not close it" in text]
