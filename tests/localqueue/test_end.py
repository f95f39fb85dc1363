"""The ends of jobs: by themselves, at their walltime, by cancel."""

from __future__ import annotations

import os
import time

import pytest

from .conftest import Queue, sh, until

# Ignored signals stay ignored in children, so neither of them listens to SIGTERM.
STUBBORN = ("trap '' TERM", "sleep 600 &", "echo up > up", "while :; do sleep 600; done")


def test_the_exit_code_is_kept(queue: Queue) -> None:
    job = queue.wait(queue.submit(sh("exit 7")))
    assert (job["state"], job["exit_code"], job["signal"]) == ("FAILED", 7, None)
    assert job["reason"] == "Exit code 7"


def test_the_signal_is_kept_and_differs_from_its_exit_code(queue: Queue) -> None:
    killed = queue.submit(sh("kill -9 $$"))
    exited = queue.submit(sh("exit 137"))
    job = queue.wait(killed)
    assert (job["state"], job["exit_code"], job["signal"]) == ("FAILED", None, 9)
    assert job["reason"] == "Ended by signal 9"
    job = queue.wait(exited)
    assert (job["state"], job["exit_code"], job["signal"]) == ("FAILED", 137, None)


def test_a_job_that_cannot_start_says_why(queue: Queue) -> None:
    folder = queue.work / "logs"
    folder.mkdir()
    queue.submit(sh("exec sleep 600"), "--array=2")
    number = queue.submit(sh("#LOCALQ --output=logs/out", "true"))
    folder.rmdir()
    queue.cancel("1")
    job = queue.wait(number)
    assert (job["state"], job["exit_code"]) == ("FAILED", None)
    assert job["reason"] == f"Could not start: {folder}/out: No such file or directory"


def test_the_walltime_ends_a_job_with_a_chance_to_clean_up(queue: Queue) -> None:
    script = sh("#LOCALQ --time=00:00:01", "trap 'echo bye > bye; exit 3' TERM", "sleep 600 & wait")
    job = queue.wait(queue.submit(script))
    assert (job["state"], job["exit_code"], job["signal"]) == ("TIMEOUT", 3, None)
    assert job["reason"] == "Walltime of 1 s reached"
    assert job["ended"] - job["started"] >= 1
    assert (queue.work / "bye").exists()
    assert queue.of_jobs() == []


def test_after_the_walltime_even_the_stubborn_are_ended(queue: Queue) -> None:
    job = queue.wait(queue.submit(sh("#LOCALQ --time=00:00:01", *STUBBORN)))
    assert (job["state"], job["signal"]) == ("TIMEOUT", 9)
    assert job["ended"] - job["started"] >= 1.4
    assert queue.of_jobs() == []


def test_cancel_reaches_the_children_with_a_chance_to_clean_up(queue: Queue) -> None:
    child = "trap 'echo bye > bye; exit' TERM; echo up > up; while :; do sleep 0.02; done"
    number = queue.submit(sh(f'sh -c "{child}"', "true"))
    queue.wait_for_file("up")
    queue.cancel(number)
    job = queue.wait(number)
    assert (job["state"], job["signal"], job["reason"]) == ("CANCELLED", 15, "Cancelled")
    assert (queue.work / "bye").exists()


def test_cancel_returns_at_once_and_ends_the_stubborn_after_the_grace(queue: Queue) -> None:
    queue.environment["JUPYTER_JOBQUEUE_LOCALQUEUE_GRACE"] = "1.5"
    number = queue.submit(sh(*STUBBORN))
    queue.wait_for_file("up")
    called = time.time()
    queue.cancel(number)
    job = queue.status()[number]
    if time.time() < called + 1.4:
        assert job["state"] == "RUNNING"
        assert job["reason"] == "Cancelling (waits for its processes to end)"
    job = queue.wait(number)
    assert (job["state"], job["signal"]) == ("CANCELLED", 9)
    assert job["ended"] - called >= 1.4
    assert queue.of_jobs() == []


def test_cancelled_pending_jobs_never_start(queue: Queue) -> None:
    queue.submit(sh("exec sleep 600"), "--array=2")
    number = queue.submit(sh("echo ran > ran"))
    queue.cancel(number)
    job = queue.status()[number]
    assert (job["state"], job["started"], job["exit_code"]) == ("CANCELLED", None, None)
    queue.cancel("1")
    queue.wait(queue.submit(sh("true")), "COMPLETED")
    assert not (queue.work / "ran").exists()


def test_cancel_takes_elements_whole_arrays_and_ids_that_are_gone(queue: Queue) -> None:
    queue.submit(sh("exec sleep 600"), "--array=12")
    done = queue.submit(sh("true"))
    queue.cancel("1_1", "999", "1_99", "2_0")
    queue.wait("1_1", "CANCELLED")
    jobs = queue.status()
    assert {job["id"] for job in jobs.values() if job["state"] == "CANCELLED"} == {"1_1"}
    queue.cancel("1")
    jobs = queue.wait_all()
    assert {job["state"] for key, job in jobs.items() if key != done} == {"CANCELLED"}
    assert jobs[done]["state"] == "COMPLETED"
    queue.cancel("1", done)
    assert queue.status() == jobs


@pytest.mark.parametrize(
    "start", ["sleep 600 &", "set -m; sleep 600 &", "(trap '' TERM; sleep 600)&"]
)
def test_nothing_of_a_job_outlives_its_script(queue: Queue, start: str) -> None:
    job = queue.wait(queue.submit(sh(start, "exit 0")))
    assert (job["state"], job["exit_code"]) == ("COMPLETED", 0)
    assert queue.of_jobs() == []


def test_a_slot_is_free_only_after_the_last_process(queue: Queue) -> None:
    queue.environment["JUPYTER_JOBQUEUE_LOCALQUEUE_CPUS"] = "1"
    queue.submit(
        sh("(trap '' TERM; echo up > up; exec sleep 600) &", "while [ ! -e up ]; do :; done")
    )
    queue.wait_for_file("up")
    second = queue.submit(sh("true"))
    jobs = until(lambda: (jobs := queue.status())[second]["started"] and jobs)
    assert jobs["1"]["ended"] <= jobs[second]["started"]


TAKEN = "Could not start: {}: Is a link, no file, or belongs to somebody else"


def test_output_does_not_go_through_a_link_that_was_made_first(queue: Queue) -> None:
    (queue.work / "thesis").write_text("kept")
    (queue.work / "out").symlink_to(queue.work / "thesis")
    os.link(queue.work / "thesis", queue.work / "name")
    linked = queue.wait(queue.submit(sh("#LOCALQ --output=out", "echo lost")))
    named = queue.wait(queue.submit(sh("#LOCALQ --output=name", "echo lost")))
    assert linked["reason"].endswith("out: Too many levels of symbolic links")
    assert named["reason"] == TAKEN.format(queue.work / "name")
    assert (queue.work / "thesis").read_text() == "kept"


def test_output_to_a_pipe_that_nobody_reads_fails_and_does_not_hang(queue: Queue) -> None:
    os.mkfifo(queue.work / "pipe")
    job = queue.wait(queue.submit(sh("#LOCALQ --output=pipe", "echo lost")))
    assert job["reason"].endswith("pipe: No such device or address")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make files of somebody else")
def test_output_does_not_go_into_a_file_of_somebody_else(queue: Queue) -> None:
    (queue.work / "out").touch()
    os.chown(queue.work / "out", 65534, 65534)
    job = queue.wait(queue.submit(sh("#LOCALQ --output=out", "echo secret")))
    assert job["reason"] == TAKEN.format(queue.work / "out")
    assert (queue.work / "out").read_text() == ""


def test_output_to_nowhere_is_fine(queue: Queue) -> None:
    assert queue.wait(queue.submit(sh("#LOCALQ --output=/dev/null", "true")))["exit_code"] == 0
