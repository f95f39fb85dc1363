"""Which jobs run, which wait, and what they are told."""

from __future__ import annotations

import json

from jupyter_jobqueue.localqueue.settings import PREFIX

from .conftest import Queue, sh, until

SLEEP = sh("exec sleep 600")


def test_more_jobs_than_cpus_wait_and_say_why(queue: Queue) -> None:
    queue.submit(SLEEP, "--array=4")
    until(lambda: queue.states() == ["RUNNING", "RUNNING", "PENDING", "PENDING"])
    waiting = queue.status()["1_2"]
    assert waiting["reason"] == "Resources (2 of 2 CPUs in use)"
    assert (waiting["node"], waiting["started"]) == ("", None)
    queue.cancel("1_0")
    queue.wait("1_2", "RUNNING")
    assert queue.status()["1_3"]["state"] == "PENDING"


def test_a_large_job_is_not_overtaken(queue: Queue) -> None:
    queue.submit(SLEEP)
    queue.submit(sh("#LOCALQ --cpus=2", "exec sleep 600"))
    queue.submit(SLEEP)
    until(lambda: queue.states() == ["RUNNING", "PENDING", "PENDING"])
    jobs = queue.status()
    assert jobs["2"]["reason"] == "Resources (requests 2 CPUs, 1 of 2 CPUs in use)"
    assert jobs["3"]["reason"] == (
        "Priority (behind job 2, which requests 2 CPUs; 1 of 2 CPUs in use)"
    )
    queue.cancel("1")
    queue.wait("2", "RUNNING")
    assert queue.status()["3"]["reason"] == "Resources (2 of 2 CPUs in use)"


def test_a_job_accepted_by_a_larger_queue_still_runs(queue: Queue) -> None:
    queue.submit(SLEEP, **{PREFIX + "CPUS": "4"})
    queue.submit(sh("#LOCALQ --cpus=4", "true"), **{PREFIX + "CPUS": "4"})
    queue.submit(sh("true"), **{PREFIX + "CPUS": "1"})
    queue.cancel("1")
    assert [job["state"] for job in queue.wait_all().values()][1:] == ["COMPLETED", "COMPLETED"]


def test_fifty_jobs_never_run_more_than_two_at_a_time_and_in_order(queue: Queue) -> None:
    log = "#LOCALQ --output=log"
    queue.submit(sh(log, "echo + $LOCALQ_ARRAY_TASK_ID; sleep 0.03; echo -"), "--array=50")
    queue.wait_all()
    assert set(queue.states()) == {"COMPLETED"}
    running, highest = 0, 0
    lines = (queue.work / "log").read_text().splitlines()
    for line in lines:
        running += 1 if line[0] == "+" else -1
        highest = max(highest, running)
    assert highest == 2
    assert sorted(int(line[2:]) for line in lines if line[0] == "+") == list(range(50))
    starts = [job["started"] for job in queue.status().values()]
    assert starts == sorted(starts)


def test_queues_tells_what_is_free(queue: Queue) -> None:
    assert json.loads(queue.run("queues").stdout).items() >= {"cpus": 2, "free": 2}.items()
    queue.wait(queue.submit(SLEEP), "RUNNING")
    answer = json.loads(queue.run("queues").stdout)
    assert (answer["cpus"], answer["free"]) == (2, 1)
    assert answer["host"]


def test_the_number_of_cpus_is_checked(queue: Queue) -> None:
    for text in ("0", "two", "-1"):
        done = queue.run("queues", **{PREFIX + "CPUS": text})
        assert done.returncode == 1
        assert f"{PREFIX}CPUS={text} is not a number of CPUs" in done.stderr
