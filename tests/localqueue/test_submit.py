"""From the call of ``submit`` to a process that finds what it was promised."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jupyter_jobqueue.localqueue.settings import PREFIX

from .conftest import COMMAND, Queue, sh


def test_a_job_runs_where_and_with_what_it_was_submitted(queue: Queue) -> None:
    script = sh(
        "#LOCALQ --job-name=hello",
        "#LOCALQ --output=%x-%j.out",
        "#LOCALQ --error=%x-%j.err",
        'pwd; echo "$GREETING"; echo "$LOCALQ_JOB_ID/${LOCALQ_ARRAY_TASK_ID-none}"; echo oops >&2',
    )
    number = queue.submit(script, "--tag=mine", GREETING="grüß dich")
    job = queue.wait(number)
    assert job["stdout"] == str(queue.work / f"hello-{number}.out")
    assert job["stderr"] == str(queue.work / f"hello-{number}.err")
    expected = f"{queue.work}\ngrüß dich\n{number}/none\n"
    assert (queue.work / f"hello-{number}.out").read_text() == expected
    assert (queue.work / f"hello-{number}.err").read_text() == "oops\n"
    assert (job["name"], job["tag"], job["cpus"]) == ("hello", "mine", 1)
    assert (job["state"], job["reason"], job["exit_code"], job["signal"]) == (
        "COMPLETED",
        "",
        0,
        None,
    )
    assert job["submitted"] <= job["started"] <= job["ended"]
    assert job["node"] == os.uname().nodename


def test_status_has_the_promised_fields(queue: Queue) -> None:
    number = queue.submit(sh("true"))
    assert set(queue.status()[number]) == {
        *("id", "name", "tag", "state", "reason", "node", "exit_code", "signal"),
        *("submitted", "started", "ended", "limit", "ran", "cpus", "stdout", "stderr"),
    }


def test_a_script_may_be_a_file_and_any_language(queue: Queue) -> None:
    (queue.work / "job.py").write_text(f"#!{sys.executable}\nimport sys; print(sys.argv[0])\n")
    done = queue.run("submit", "job.py")
    job = queue.wait(done.stdout.strip())
    assert (job["state"], job["name"]) == ("COMPLETED", "job.py")
    assert (queue.work / "localq-1.out").read_text() == f"{queue.directory}/scripts/1\n"


def test_output_and_error_share_a_file_in_the_order_of_writing(queue: Queue) -> None:
    job = queue.wait(queue.submit(sh("echo 1; echo 2 >&2; echo 3")))
    assert (queue.work / f"localq-{job['id']}.out").read_text() == "1\n2\n3\n"


def test_the_elements_of_an_array_know_who_they_are(queue: Queue) -> None:
    script = sh("#LOCALQ --output=all.out", 'echo "$LOCALQ_JOB_ID $LOCALQ_ARRAY_TASK_ID"')
    assert queue.submit(script, "--array=3") == "1"
    assert list(queue.wait_all()) == ["1_0", "1_1", "1_2"]
    lines = (queue.work / "all.out").read_text().splitlines()
    assert sorted(lines) == ["1_0 0", "1_1 1", "1_2 2"]


def test_an_array_of_one_is_an_array(queue: Queue) -> None:
    queue.submit(sh("true"), "--array=1")
    assert list(queue.status()) == ["1_0"]


def test_an_output_file_begins_anew(queue: Queue) -> None:
    (queue.work / "log").write_text("old\n")
    queue.wait(queue.submit(sh("#LOCALQ --output=log", "echo new")))
    assert (queue.work / "log").read_text() == "new\n"


def test_the_umask_is_that_of_the_submitter(queue: Queue) -> None:
    queue.umask = 0o027
    queue.wait(queue.submit(sh("umask")))
    assert (queue.work / "localq-1.out").read_text() == "0027\n"
    assert (queue.work / "localq-1.out").stat().st_mode & 0o777 == 0o640


def test_a_job_inside_a_job_learns_nothing_of_the_outer_one(queue: Queue) -> None:
    outer = {"LOCALQ_JOB_ID": "99_7", "LOCALQ_ARRAY_TASK_ID": "7", "LOCALQ_OTHER": "x"}
    script = sh('echo "$LOCALQ_JOB_ID ${LOCALQ_ARRAY_TASK_ID-none} ${LOCALQ_OTHER-none}"')
    job = queue.wait(queue.submit(script, **outer))
    assert (queue.work / f"localq-{job['id']}.out").read_text() == "1 none none\n"


def test_a_job_may_submit_a_job(queue: Queue) -> None:
    (queue.work / "inner.sh").write_text(sh("echo $LOCALQ_JOB_ID ${LOCALQ_ARRAY_TASK_ID-none}"))
    queue.submit(sh(f"{' '.join(COMMAND)} submit inner.sh"), "--array=1")
    queue.wait("1_0", "COMPLETED")
    queue.wait("2", "COMPLETED")
    assert (queue.work / "localq-2.out").read_text() == "2 none\n"


def test_signals_that_the_submitter_ignored_work_in_the_job(queue: Queue) -> None:
    command = " ".join(COMMAND)
    (queue.work / "job.sh").write_text(sh("kill -HUP $$; echo survived"))
    trap = f"trap '' HUP INT; {command} submit job.sh"
    subprocess.run(
        ["sh", "-c", trap], env=queue.environment, cwd=queue.work, check=True, capture_output=True
    )
    job = queue.wait("1")
    assert (job["state"], job["signal"]) == ("FAILED", 1)


def test_refusals_reach_the_user_and_queue_nothing(queue: Queue) -> None:
    assert "script line 3: --time=5 is not" in queue.refusal(sh("", "#LOCALQ --time=5"))
    missing = queue.refusal(sh("#LOCALQ --output=logs/%j.out"))
    assert missing == (
        f"script line 2: --output=logs/%j.out: the folder {queue.work}/logs does not exist"
    )
    assert "script line 1" in queue.refusal("echo no shebang\n")
    assert queue.refusal("") == "the job script is empty"
    assert "no-such-file" in queue.refusal("", "no-such-file")
    assert queue.status() == {}
    assert queue.processes() == []


@pytest.mark.parametrize("count", ["0", "-1", "many", "10001"])
def test_the_size_of_an_array_is_checked(queue: Queue, count: str) -> None:
    assert f"{count} is not a number from 1 to 10000" in queue.refusal(sh(), f"--array={count}")


def test_the_command_line_is_checked(queue: Queue) -> None:
    for arguments in [(), ("explode",), ("cancel",), ("cancel", "x"), ("status", "more")]:
        done = queue.run(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("localqueue: error: ")
        assert done.stderr.count("\n") == 1


def test_a_job_for_more_cpus_than_there_are_is_refused(queue: Queue) -> None:
    assert queue.refusal(sh("#LOCALQ --cpus=3")) == (
        "script line 2: the job requests 3 CPUs, but this queue has only 2 "
        f"({PREFIX}CPUS sets how many)"
    )


def test_the_commands_import_little(queue: Queue) -> None:
    """Each import costs every command; these alone would double its time."""
    code = "import sys, jupyter_jobqueue.localqueue.__main__; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=queue.environment,
        check=True,
        capture_output=True,
        text=True,
    )
    heavy = {"asyncio", "dataclasses", "inspect", "pathlib", "subprocess", "tempfile", "logging"}
    assert not heavy & set(done.stdout.split())
