"""Any process of the queue, or the one that uses it, may be killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_jobqueue.localqueue import process
from jupyter_jobqueue.localqueue.launcher import Launch
from jupyter_jobqueue.localqueue.settings import PREFIX
from jupyter_jobqueue.localqueue.store import Store

from .conftest import COMMAND, Queue, read, sh, until

UNTIL_GO = "while [ ! -e go ]; do sleep 0.02; done"


def test_jobs_survive_the_kill_of_their_starter(queue: Queue) -> None:
    (queue.work / "job.sh").write_text(sh("echo $$ > pid", UNTIL_GO, "exit 5"))
    program = (
        f"import subprocess; subprocess.run({[*COMMAND, 'submit', '--array=3', 'job.sh']}); input()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program],
        env=queue.environment,
        cwd=queue.work,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with starter:
        assert starter.stdout
        assert starter.stdout.readline() == b"1\n"
        os.killpg(starter.pid, signal.SIGKILL)
    assert len(queue.status()) == 3  # right after the kill
    queue.wait("1_1", "RUNNING")
    leader = int(queue.wait_for_file("pid"))
    assert os.getsid(leader) not in (starter.pid, os.getsid(0))
    (queue.work / "go").touch()
    assert {job["exit_code"] for job in queue.wait_all().values()} == {5}


def test_each_job_has_its_own_session_and_group(queue: Queue) -> None:
    queue.submit(sh("echo $$ > pid$LOCALQ_ARRAY_TASK_ID; exec sleep 600"), "--array=2")
    pids = [int(queue.wait_for_file(name)) for name in ("pid0", "pid1")]
    assert [os.getpgid(pid) for pid in pids] == pids
    assert len({os.getsid(pid) for pid in [*pids, queue.daemon(), os.getpid()]}) == 4


def test_a_job_goes_on_without_the_daemon_and_its_exit_code_is_known(queue: Queue) -> None:
    number = queue.submit(sh(UNTIL_GO, "exit 5"))
    queue.wait(number, "RUNNING")
    queue.kill_daemon()
    (queue.work / "go").touch()
    until(lambda: not queue.processes())
    job = queue.status()[number]
    assert (job["state"], job["exit_code"]) == ("FAILED", 5)
    assert queue.daemons() == []  # there is nothing to do for one


def test_the_walltime_holds_without_the_daemon(queue: Queue) -> None:
    number = queue.submit(sh("#LOCALQ --time=00:00:01", "exec sleep 600"))
    queue.wait(number, "RUNNING")
    queue.kill_daemon()
    until(lambda: not queue.processes())
    assert queue.status()[number]["state"] == "TIMEOUT"


def test_status_brings_back_a_daemon_that_knows_the_running_jobs(queue: Queue) -> None:
    queue.submit(sh(UNTIL_GO, "exit 5"), "--array=3")
    queue.wait("1_1", "RUNNING")
    killed = queue.kill_daemon()
    assert queue.states() == ["RUNNING", "RUNNING", "PENDING"]
    assert queue.daemon() != killed
    queue.wait(queue.submit(sh("true")), "PENDING")  # the slots of the adopted jobs are taken
    queue.cancel("1_0")
    queue.wait("1_2", "RUNNING")
    (queue.work / "go").touch()
    assert [job["exit_code"] for job in queue.wait_all().values()] == [None, 5, 5, 0]


def test_the_end_of_a_job_brings_back_the_daemon_for_those_that_wait(queue: Queue) -> None:
    queue.submit(sh(UNTIL_GO), "--array=3")
    queue.wait("1_1", "RUNNING")
    queue.kill_daemon()
    (queue.work / "go").touch()
    until(queue.daemons)
    assert {job["state"] for job in queue.wait_all().values()} == {"COMPLETED"}


def test_cancel_works_without_the_daemon(queue: Queue) -> None:
    number = queue.submit(sh("exec sleep 600"))
    queue.wait(number, "RUNNING")
    queue.kill_daemon()
    queue.cancel(number)
    assert queue.wait(number)["state"] == "CANCELLED"


def test_a_job_whose_supervisor_is_killed_is_ended_and_says_so(queue: Queue) -> None:
    number = queue.submit(sh("sleep 600 & sleep 600"))
    queue.wait(number, "RUNNING")
    until(lambda: len(queue.processes("sleep")) == 2)
    supervisor = queue.only("localqueue.supervisor")
    queue.kill_daemon()
    os.kill(supervisor, signal.SIGKILL)
    assert queue.states() == ["RUNNING"]
    job = queue.wait(number)
    assert (job["state"], job["exit_code"]) == ("FAILED", None)
    assert job["reason"].startswith("Lost: ")
    assert queue.of_jobs() == []


def test_a_reused_process_number_is_not_taken_for_the_supervisor(queue: Queue) -> None:
    number = queue.submit(sh("exec sleep 600"))
    queue.wait(number, "RUNNING")
    supervisor = queue.only("localqueue.supervisor")
    queue.kill_daemon()
    bystander = subprocess.Popen(["sleep", "600"], start_new_session=True)
    with bystander:
        # As if the numbers had gone round: the bystander has that of the supervisor.
        with sqlite3.connect(queue.directory / "queue.sqlite") as db:
            db.execute("UPDATE jobs SET pid = ?", (bystander.pid,))
        db.close()
        try:
            queue.cancel(number)
            assert queue.wait(number)["state"] == "CANCELLED"
            assert bystander.poll() is None
        finally:
            bystander.kill()
    os.kill(supervisor, signal.SIGTERM)


def test_a_process_is_known_by_its_birth() -> None:
    birth = process.born(os.getpid())
    assert process.is_alive(os.getpid(), birth)
    assert not process.is_alive(os.getpid(), birth + "0")


def test_a_session_is_left_alone_when_the_number_of_its_leader_is_used_anew(tmp_path: Path) -> None:
    script = f"set -m; sleep 600 & echo $! > {tmp_path}/pid; wait"
    with subprocess.Popen(["bash", "-c", script], start_new_session=True) as leader:
        child = int(until(lambda: read(tmp_path / "pid")))
        birth = process.born(leader.pid)
        own = process.orphans(leader.pid, birth)
        others = process.orphans(leader.pid, birth + "0")
        os.kill(child, signal.SIGKILL)
    assert (own, others) == ({child}, set())


def test_a_job_is_given_back_when_the_daemon_dies_before_the_word_to_start(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.submit(sh("exec sleep 600"), "--array=2")
    number = queue.submit(sh("echo run >> runs"))
    queue.wait("1_1", "RUNNING")
    queue.kill_daemon()
    monkeypatch.setenv("PYTHONPATH", queue.environment["PYTHONPATH"])
    with Store(str(queue.directory)) as store:
        with store.transaction():
            launch = Launch(store, store.jobs_in("PENDING")[0])
        assert queue.status()[number]["state"] == "RUNNING"
    assert launch.supervisor.stdin
    launch.supervisor.stdin.write(b'{"command": ["/bin/sh"')
    launch.supervisor.stdin.close()
    launch.supervisor.wait()
    assert queue.status()[number]["state"] == "PENDING"
    queue.cancel("1")
    assert queue.wait(number)["state"] == "COMPLETED"
    assert (queue.work / "runs").read_text() == "run\n"


def test_submitting_at_once_starts_one_daemon_and_each_job_once(queue: Queue) -> None:
    (queue.work / "job.sh").write_text(sh("echo $LOCALQ_JOB_ID >> runs"))
    command, pipe = [*COMMAND, "submit", "job.sh"], subprocess.PIPE
    submits = [
        subprocess.Popen(command, env=queue.environment, cwd=queue.work, stdout=pipe, stderr=pipe)
        for _ in range(8)
    ]
    answers = [submit.communicate() for submit in submits]
    assert sorted(answers) == [(f"{number}\n".encode(), b"") for number in range(1, 9)]
    queue.wait_all()
    assert sorted((queue.work / "runs").read_text().split()) == [str(n) for n in range(1, 9)]
    assert queue.daemon() in queue.daemons()


def test_a_second_daemon_ends_at_once(queue: Queue) -> None:
    queue.wait(queue.submit(sh("exec sleep 600")), "RUNNING")
    daemon = queue.daemon()
    command = [
        sys.executable,
        "-P",
        "-m",
        "jupyter_jobqueue.localqueue.daemon",
        str(queue.directory),
    ]
    assert subprocess.run(command, env=queue.environment, timeout=120).returncode == 0
    assert queue.daemon() == daemon


def test_the_daemon_ends_by_itself_and_the_next_job_starts_another(queue: Queue) -> None:
    queue.environment[PREFIX + "LINGER"] = "0.1"
    for number in ("1", "2"):
        assert queue.submit(sh("true")) == number
        queue.wait(number, "COMPLETED")
        until(lambda: not queue.processes())


def test_the_package_is_found_from_any_directory(queue: Queue) -> None:
    (queue.work / "root").symlink_to(queue.environment["PYTHONPATH"])
    queue.environment["PYTHONPATH"] = "root"
    queue.wait(queue.submit(sh("true")), "COMPLETED")
    daemon = Path(f"/proc/{queue.daemon()}")
    assert f"PYTHONPATH={queue.work}/root\0".encode() in read(daemon / "environ")
    assert os.readlink(daemon / "cwd") == "/"  # no folder is kept busy
