"""LSF's output, as recorded from volclava 2.2 or documented for IBM's 10.1, and what it means."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_jobqueue.adapters import lsf_output
from jupyter_jobqueue.adapters.adapter import BatchState, JobSpec, JobStatus, Queue
from jupyter_jobqueue.adapters.lsf import LSF
from jupyter_jobqueue.batch.result import read_result
from jupyter_jobqueue.batch.site import with_site_options
from jupyter_jobqueue.errors import QueueError
from tests.recordings import one_call

BATCH = LSF()
T = 1795169814.0  # 2026-11-20T10:16:54 UTC
TAG = "jobqueue-abc-0"


@pytest.fixture(autouse=True)
def day_of_the_recordings(
    time_zone: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """LSF prints local times without a year: one must know when it was."""
    monkeypatch.setattr(lsf_output, "clock", lambda: T + 3600)


def spec(count: int = 1, **options: object) -> JobSpec:
    return JobSpec("sleep 600", count=count, tag=TAG, options=options)


def status(text: str) -> dict[str, JobStatus]:
    return BATCH.status([]).parse(text)


def jobs(file: str) -> dict[str, JobStatus]:
    return status(one_call(f"lsf/{file}").stdout)


# ---- submit


@pytest.mark.parametrize(
    ("file", "job"), [("10-bsub-stdin.txt", "2"), ("12-bsub-command.txt", "4")]
)
def test_a_submission_gives_the_id(file: str, job: str) -> None:
    assert BATCH.submit(spec()).parse(one_call(f"lsf/{file}").stdout) == [job]


def test_an_array_gives_an_id_for_each_element_counted_from_1() -> None:
    answer = one_call("lsf/13-bsub-array.txt")
    assert BATCH.submit(spec(3)).parse(answer.stdout) == ["5[1]", "5[2]", "5[3]"]


def test_the_name_on_the_command_line_carries_the_tag() -> None:
    call = BATCH.submit(spec())
    assert call.argv == ["bsub", "-J", "dask-worker.jobqueue-abc-0"]
    assert call.stdin == BATCH.script(spec())
    assert "\n#BSUB -J dask-worker\n" in call.stdin


def test_several_jobs_are_one_array() -> None:
    assert BATCH.submit(spec(4)).argv == ["bsub", "-J", "dask-worker.jobqueue-abc-0[1-4]"]


def test_a_name_that_would_be_an_array_or_a_pattern_is_made_safe() -> None:
    call = BATCH.submit(JobSpec("true", name="my jobs[5]*", tag=TAG))
    assert call.argv[-1] == "my-jobs-5--.jobqueue-abc-0"


def test_bsub_that_prints_no_id_is_an_error() -> None:
    answer = one_call("lsf/19-bsub-quiet.txt")
    with pytest.raises(QueueError, match="cannot be read"):
        read_result(BATCH.submit(spec()), answer.exit, answer.stdout, answer.stderr)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("50-bsub-empty-stdin.txt", "No command is specified. Job not submitted."),
        ("51-bsub-bad-queue.txt", "nosuchqueue: No such queue. Job not submitted."),
        ("53-bsub-bad-R.txt", "Bad resource requirement syntax. Job not submitted."),
        ("54-bsub-bad-W.txt", "abc: Bad RUNLIMIT specification. Job not submitted."),
        ("55-bsub-bad-n.txt", "Bad argument for option -n. Job not submitted."),
        (
            "57-bsub-over-runlimit.txt",
            "RUNLIMIT: Cannot exceed queue's hard limit(s). Job not submitted.",
        ),
        ("58-bsub-bad-embedded.txt", "nosuchqueue: No such queue. Job not submitted."),
        (
            "59-bsub-bad-host.txt",
            "nosuchhost: Bad host name, host group name or cluster name. Job not submitted.",
        ),
    ],
)
def test_messages_of_bsub_reach_the_error(file: str, words: str) -> None:
    answer = one_call(f"lsf/{file}")
    with pytest.raises(QueueError, match="bsub failed with exit code 255") as caught:
        read_result(BATCH.submit(spec()), answer.exit, answer.stdout, answer.stderr)
    assert caught.value.details == words
    assert not re.search(BATCH.unreachable_pattern, words)


# ---- submit without standard input


def no_stdin(command: str = "sleep 600", **facts: object) -> list[str]:
    facts = {"options": {"use_stdin": False, "queue": "big nodes"}, **facts}
    call = BATCH.submit(JobSpec(command, tag=TAG, **facts))  # type: ignore[arg-type]
    assert call.stdin == ""
    return call.argv


def test_without_standard_input_the_directives_are_arguments() -> None:
    assert no_stdin(cores=2, logs="/my logs", extra=["-R 'select[mem > 100]'", "-x"]) == [
        "bsub",
        "-e", "/my logs/dask-worker-%J.err",
        "-o", "/my logs/dask-worker-%J.out",
        "-q", "big nodes",
        "-n", "2",
        "-R", "span[hosts=1]",
        "-R", "select[mem > 100]",
        "-x",
        "-J", "dask-worker.jobqueue-abc-0",
        "/usr/bin/env bash -c 'sleep 600'",
    ]  # fmt: skip


def test_without_standard_input_directives_are_skipped_and_bad_quotes_survive() -> None:
    argv = no_stdin(skip=["-n "], extra=["-app don't"], count=3)
    assert argv[:5] == ["bsub", "-q", "big nodes", "-app", "don't"]
    assert argv[5:7] == ["-J", "dask-worker.jobqueue-abc-0[1-3]"]


LINES = [
    'export A="it\'s \\n  1"',
    "# a comment",
    'echo "$A" "$((1 + 1))"',
    "printf '%s\\n' '\\\\'",
]


def test_a_script_as_an_argument_is_one_line_that_does_the_same() -> None:
    facts = {"prologue": LINES, "epilogue": ["exit 3"]}
    command = no_stdin("echo $A `echo hi`", **facts)[-1]
    assert "\n" not in command
    script = "\n".join([*LINES, "echo $A `echo hi`", "exit 3"])
    expected = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert (ran.stdout, ran.returncode) == (expected.stdout, 3)
    assert ran.stdout.count("\n") == 3


def test_the_shebang_names_the_shell_that_gets_the_script() -> None:
    words = shlex.split(no_stdin(shebang="#!/bin/bash -l")[-1])
    assert words == ["/bin/bash", "-l", "-c", "sleep 600"]


# ---- status


def test_status_queries_the_very_jobs_and_once_for_an_array() -> None:
    assert BATCH.status(["7", "5[1]", "5[2]", "9"]).argv == ["bjobs", "-l", "7", "5", "9"]
    assert not BATCH.status_lists_all


def test_a_running_job_has_its_node_once_and_its_times() -> None:
    running = JobStatus(BatchState.RUNNING, node="vm", submitted=T - 1, started=T - 1, limit=1800)
    assert jobs("23-bjobs-l-running.txt") == {"2": running}


def test_waiting_jobs_show_why() -> None:
    assert jobs("46-bjobs-l-pend.txt") == {
        "6": JobStatus(
            BatchState.HELD, "The job was suspended by the user while pending: 1 host", submitted=T
        ),
        "7": JobStatus(
            BatchState.PENDING,
            "Job requirements for reserving resource (mem) not satisfied: 1 host",
            submitted=T,
        ),
        "8": JobStatus(BatchState.PENDING, "Not enough job slot(s): 1 host", submitted=T),
    }


def ended(
    state: BatchState, reason: str, begin: float, end: float, code: int | None = None
) -> JobStatus:
    return JobStatus(
        state,
        reason,
        "vm",
        submitted=T + begin,
        started=T + begin,
        ended=T + end,
        exit_code=code,
    )


EXIT_130 = "Exited with exit code 130"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("45-bjobs-l-done.txt", {"1": ended(BatchState.DONE, "", -43, -38, 0)}),
        (
            "44-bjobs-l-exit.txt",
            {
                "9": ended(BatchState.FAILED, "Exited with exit code 1", 0, 0, 1),
                "10": ended(BatchState.FAILED, "Exited with exit code 127", 1, 1, 127),
            },
        ),
        ("83-bjobs-after-kill.txt", {"22": ended(BatchState.FAILED, EXIT_130, 45, 64, 130)}),
        (
            "101-signals.txt",
            {
                "94": ended(BatchState.FAILED, "Exited with exit code 137", 943, 943, 137),
                "95": ended(BatchState.FAILED, EXIT_130, 943, 945, 130),
            },
        ),
        (
            "103-trap.txt",
            {"97": ended(BatchState.FAILED, "Exited by signal 9", 950, 974)._replace(signal=9)},
        ),
        (
            "100-runlimit-result.txt",
            {
                "29": ended(BatchState.FAILED, "RUNLIMIT 1.0 min", 80, 142, 140)._replace(
                    ended_by_system=True
                )
            },
        ),
    ],
)
def test_ends_of_jobs(file: str, expected: dict[str, JobStatus]) -> None:
    assert jobs(file) == expected


def test_a_killed_job_can_end_as_done() -> None:
    assert jobs("91-selfkill.txt") == {"30": ended(BatchState.DONE, "", 80, 80, 0)}


def test_exit_codes_are_not_always_known() -> None:
    lost = jobs("129-duplicates-after-hang.txt")["104"]
    assert (lost.state, lost.reason, lost.exit_code) == (BatchState.FAILED, "Exited", None)
    assert BATCH.exit_codes_expire


def test_a_job_that_never_began_was_cancelled() -> None:
    text = (
        "\nJob <7>, Job Name <toobig>, User <labu>, Status <EXIT>, Queue <normal>, Command <ls>\n"
        "Fri Nov 20 10:16:54: Submitted from host <vm>, CWD <$HOME>;\n"
        "Fri Nov 20 10:17:54: Exited; The CPU time used is 0.0 seconds.\n"
    )
    assert status(text) == {
        "7": JobStatus(BatchState.CANCELLED, "Exited", submitted=T, ended=T + 60)
    }


def long_form(code: str, *events: str, name: str = "x", job: str = "5", more: str = "") -> str:
    lines = [f"Fri Nov 20 10:16:54: {event}" for event in ("Submitted from host <vm>;", *events)]
    head = f"\nJob <{job}>, Job Name <{name}>, User <me>, Project <default>, Status <{code}>, "
    return "\n".join([head + "Queue <normal>, Command <true>", *lines, more, ""])


STARTED = "Started on <vm>, Execution Home </home/me>;"


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("PEND", "pending", ""),
        ("PROV", "pending", "PROV"),
        ("WAIT", "pending", "WAIT"),
        ("PSUSP", "held", "PSUSP"),
        ("RUN", "running", ""),
        ("USUSP", "running", "USUSP"),
        ("SSUSP", "running", "SSUSP"),
        ("UNKWN", "unknown", "UNKWN"),
        ("ZOMBI", "unknown", "ZOMBI"),
        ("NEWER", "unknown", "NEWER"),
    ],
)
def test_every_documented_state_is_known(code: str, state: str, reason: str) -> None:
    found = status(long_form(code, STARTED))["5"]
    assert (found.state, found.reason) == (state, reason)


def test_the_element_of_an_array_is_counted_from_0() -> None:
    name = f"dask-worker.{TAG}"
    by_id = status(long_form("RUN", STARTED, job="5[2]", name=f"{name}[2]"))
    by_name = status(long_form("RUN", STARTED, job="5", name=f"{name}[2]"))
    assert by_id == by_name
    assert {job: (each.element, each.tag) for job, each in by_id.items()} == {"5[2]": (1, TAG)}


def test_duplicates_of_one_submission_are_all_seen() -> None:
    text = one_call("lsf/129-duplicates-after-hang.txt").stdout
    found = status(text.replace(", User <labu>", f", Job Name <dask.{TAG}>, User <labu>"))
    assert list(found) == ["103", "104", "105", "106", "107"]
    assert {(each.tag, each.element) for each in found.values()} == {(TAG, 0)}
    assert found["103"].state is BatchState.RUNNING


def test_the_text_of_a_command_is_not_parsed() -> None:
    text = long_form("RUN", STARTED).replace(
        "<true>", f"<#!/bin/sh;echo Job Name <{TAG}>, Status <EXIT>, User <me>>"
    )
    assert (status(text)["5"].state, status(text)["5"].tag) == (BatchState.RUNNING, "")


# As IBM's LSF documents its long form: lines are broken within words, hosts have a count.
IBM = f"""
Job <812[3]>, Job Name <dask-worker.{TAG}[3]>, User <me>, Project <defaul
                     t>, Status <EXIT>, Queue <normal>, Command <#!/usr/bin/env
                      bash>
Fri Nov 20 10:16:54: Submitted from host <login1>, CWD <$HOME>, 4 Task(s), Req
                     uested Resources <span[hosts=1]>;
Fri Nov 20 10:17:04: Started 4 Task(s) on Host(s) <4*node7>, Allocated 4 Slot(s
                     ) on Host(s) <4*node7>, Execution Home </home/me>;
Fri Nov 20 10:27:04: Exited with exit code 140. The CPU time used is 9.0 second
                     s.
Fri Nov 20 10:27:04: Completed <exit>; TERM_RUNLIMIT: job killed after reaching
                      LSF run time limit.

 RUNLIMIT
 10.0 min
"""


def test_the_long_form_of_ibm_is_read() -> None:
    assert status(IBM) == {
        "812[3]": JobStatus(
            BatchState.FAILED,
            "TERM_RUNLIMIT: job killed after reaching LSF run time limit",
            "node7",
            TAG,
            submitted=T,
            started=T + 10,
            ended=T + 610,
            exit_code=140,
            element=2,
            ended_by_system=True,
        )
    }


@pytest.mark.parametrize(
    ("word", "state", "ended_by_system"),
    [
        ("TERM_MEMLIMIT", BatchState.FAILED, False),
        ("TERM_PREEMPT", BatchState.FAILED, True),
        ("TERM_OWNER", BatchState.CANCELLED, False),
        ("TERM_FORCE_OWNER", BatchState.CANCELLED, False),
        ("TERM_ADMIN", BatchState.CANCELLED, True),
        ("TERM_CWD_NOTEXIST", BatchState.FAILED, False),
    ],
)
def test_ibm_shows_who_killed_a_job(word: str, state: BatchState, ended_by_system: bool) -> None:
    event = f"Completed <exit>; {word}: job killed."
    found = status(long_form("EXIT", STARTED, "Exited with exit code 143.", event))["5"]
    assert found.reason == f"{word}: job killed"
    assert (found.state, found.ended_by_system, found.exit_code) == (state, ended_by_system, 143)


def test_a_job_that_never_began_for_a_reason_has_failed() -> None:
    found = status(long_form("EXIT", "Completed <exit>; TERM_PRE_EXEC_FAIL: no luck."))["5"]
    assert found.state is BatchState.FAILED


def test_a_job_within_its_limit_was_not_killed_for_it() -> None:
    limited = long_form("EXIT", STARTED, "Exited with exit code 1.", more="\n RUNLIMIT\n 9.0 min")
    assert status(limited)["5"].reason == "Exited with exit code 1"


def test_several_hosts_are_named_once_each() -> None:
    event = "[1] started on 3 Hosts/Processors <2*node1> <node2>, Execution Home </home/me>;"
    assert status(long_form("RUN", event))["5"].node == "node1,node2"


def test_an_unreadable_job_loses_no_other() -> None:
    text = f"lsb: hello\nJob <oops>\nJob <3>, User\n{one_call('lsf/45-bjobs-l-done.txt').stdout}"
    assert list(status(text)) == ["1"]


@pytest.mark.parametrize("file", ["34-bjobs-unknown.txt", "37-bjobs-baduser.txt"])
def test_unknown_jobs_and_none_at_all_are_no_error(file: str) -> None:
    answer = one_call(f"lsf/{file}")
    assert answer.exit in (254, 255)
    assert read_result(BATCH.status(["9999"]), answer.exit, answer.stdout, answer.stderr) == {}


def test_an_unknown_job_loses_no_other() -> None:
    mixed, known = one_call("lsf/35-bjobs-unknown-mixed.txt"), one_call("lsf/44-bjobs-l-exit.txt")
    found = read_result(BATCH.status(["9999", "9", "10"]), mixed.exit, known.stdout, mixed.stderr)
    assert list(found) == ["9", "10"]


@pytest.mark.parametrize(
    "file",
    [
        "120-mbatchd-stopped-bjobs.txt",
        "121-mbatchd-stopped-bsub.txt",
        "123-down-bjobs.txt",
        "125-down-bkill.txt",
        "126-down-lsid.txt",
    ],
)
def test_daemons_that_are_away_are_an_error_of_that_kind(file: str) -> None:
    answer = one_call(f"lsf/{file}")
    with pytest.raises(QueueError, match="failed with exit code") as caught:
        read_result(BATCH.status(["1"]), answer.exit, answer.stdout, answer.stderr)
    assert re.search(BATCH.unreachable_pattern, caught.value.details)


def test_a_missing_configuration_is_an_error_not_an_empty_queue() -> None:
    answer = one_call("lsf/127-noenv.txt")
    with pytest.raises(QueueError) as caught:
        read_result(BATCH.status([]), answer.exit, answer.stdout, answer.stderr)
    assert caught.value.details.endswith("Unable to open file lsf.conf")


# ---- all of the user


def list_ids(text: str) -> list[str]:
    call = BATCH.list_ids()
    assert call.argv == ["bjobs", "-w"]
    return call.parse(text)


def test_jobs_of_ours_are_found_by_their_tag() -> None:
    text = one_call("lsf/21-bjobs-w.txt").stdout
    assert list_ids(text) == []
    tagged = text.replace("dask-worker", f"dask-worker.{TAG}").replace("x[", "x.jobqueue-def-8[")
    assert list_ids(tagged) == ["2", "3", "5"]


def test_no_jobs_of_ours_are_no_error() -> None:
    answer = one_call("lsf/37-bjobs-baduser.txt")
    assert read_result(BATCH.list_ids(), answer.exit, answer.stdout, answer.stderr) == []


# ---- history


def test_history_queries_the_very_jobs() -> None:
    assert BATCH.history(["9", "5[1]", "5[3]"]).argv == ["bhist", "-l", "9", "5"]


@pytest.mark.parametrize(
    ("file", "job", "expected"),
    [
        ("49-bhist.txt", "9", ended(BatchState.FAILED, "Exited with exit code 1", 0, 0, 1)),
        ("129-duplicates-after-hang.txt", "104", ended(BatchState.FAILED, "Exited", 1172, 1363)),
    ],
)
def test_bhist_shows_how_jobs_ended(file: str, job: str, expected: JobStatus) -> None:
    text = one_call(f"lsf/{file}").stdout.rpartition("\nJob <")[2]
    assert BATCH.history([job]).parse(f"Job <{text}") == {job: expected}


def test_bhist_of_a_job_that_ended_well_or_not_at_all() -> None:
    text = long_form("", STARTED, "Done successfully. The CPU time used is 0.0 seconds;")
    text = text.replace(", Status <>", "")
    assert BATCH.history(["5"]).parse(text)["5"].state is BatchState.DONE
    assert BATCH.history(["5"]).parse(text)["5"].exit_code == 0
    running = BATCH.history(["5"]).parse(text[: text.index("Fri Nov 20 10:16:54: Done")])
    assert running["5"].state is BatchState.UNKNOWN


# ---- queues, version


def queues(text: str) -> list[Queue]:
    call = BATCH.queues()
    assert call.argv == ["bqueues", "-l"]
    return call.parse(text)


def test_bqueues_shows_queues_and_limits() -> None:
    text = one_call("lsf/03-bqueues-l.txt").stdout
    assert queues(text) == [Queue("short", max_walltime=60), Queue("normal", default=True)]
    closed = text.replace("Open:Active", "Closed:Active", 1)
    assert [queue.open for queue in queues(closed)] == [False, True]


def test_ibm_lists_the_default_limit_too() -> None:
    text = (
        "\nQUEUE: night\n  -- Long jobs.\n\nDEFAULT LIMITS:\n RUNLIMIT\n 60.0 min of hosta\n\n"
        "MAXIMUM LIMITS:\n RUNLIMIT\n 1440.0 min of hosta\n"
        "PRIO NICE STATUS\n 30    0  Open:Active\n"
    )
    assert queues(text) == [Queue("night", max_walltime=86400, default_walltime=3600)]


def test_the_version_is_the_first_line_of_lsid() -> None:
    text = one_call("lsf/00-versions.txt").stdout
    assert BATCH.version().parse(text) == "volclava project 2.2, Nov 20 2026"


# ---- cancel


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (["12"], ["12"]),
        (["12[3]"], ["12[3]"]),
        (["5[1]", "5[2]", "5[3]", "5[7]", "6"], ["5[1-3,7]", "6"]),
        ([f"5[{index}]" for index in range(1, 1001)], ["5[1-1000]"]),
    ],
)
def test_cancel_joins_the_elements_of_an_array(ids: list[str], words: list[str]) -> None:
    assert BATCH.cancel(ids).argv == ["bkill", *words]


@pytest.mark.parametrize(
    "file",
    [
        "70-bkill-one.txt",
        "71-bkill-again.txt",
        "72-bkill-several.txt",
        "74-bkill-unknown.txt",
        "75-bkill-finished.txt",
        "76-bkill-mixed.txt",
        "78-bkill-array.txt",
    ],
)
def test_cancelling_jobs_that_are_gone_is_no_failure(file: str) -> None:
    answer = one_call(f"lsf/{file}")
    read_result(BATCH.cancel(["1"]), answer.exit, answer.stdout, answer.stderr)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("80-bkill-badid.txt", "abc: Illegal job ID."),
        ("107-other-user-kill.txt", "Job <99>: User permission denied"),
    ],
)
def test_what_cannot_be_cancelled_is_an_error(file: str, words: str) -> None:
    answer = one_call(f"lsf/{file}")
    with pytest.raises(QueueError, match="bkill failed with exit code 255") as caught:
        read_result(BATCH.cancel(["99"]), answer.exit, answer.stdout, answer.stderr)
    assert words in caught.value.details


# ---- environment, times, walltimes, logs


@pytest.mark.parametrize(
    "name",
    [
        "BSUB_QUIET", "BSUB_STDERR", "BSUB_CHK_RESREQ", "LSB_JOBID", "LSB_JOBINDEX", "LSB_HOSTS",
        "LSB_QUEUE", "LSB_SUB_RES_REQ", "LSB_BJOBS_FORMAT", "LS_JOBPID", "LS_SUBCWD",
    ],
)  # fmt: skip
def test_what_a_surrounding_job_sets_is_kept_from_the_commands(name: str) -> None:
    assert re.fullmatch(BATCH.env_blocklist, name)


@pytest.mark.parametrize(
    "name",
    [
        "LSF_ENVDIR", "LSF_CONFDIR", "LSF_SERVERDIR", "LSB_DEFAULTQUEUE", "LSB_DEFAULTPROJECT",
        "LSB_CONFDIR", "LSB_STDOUT_DIRECT", "PATH", "LS_COLORS",
    ],
)  # fmt: skip
def test_what_the_user_or_the_site_sets_stays(name: str) -> None:
    assert not re.fullmatch(BATCH.env_blocklist, name)


@pytest.mark.parametrize(
    ("zone", "expected"), [("UTC", T), ("America/New_York", T + 5 * 3600), ("Asia/Tokyo", None)]
)
def test_times_are_local(
    zone: str, expected: float | None, time_zone: Callable[[str], None]
) -> None:
    time_zone(zone)
    found = status(long_form("RUN", STARTED))["5"].submitted
    assert found == (expected if expected else T - 9 * 3600)


@pytest.mark.parametrize("step", [3600, 172_800, -3600, -172_800])
def test_a_clock_that_somebody_sets_leaves_the_year(
    step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two days earlier, the job started in the future: not six years ago."""
    monkeypatch.setattr(lsf_output, "clock", lambda: T + step)
    assert status(long_form("RUN", STARTED))["5"].submitted == T


def test_the_year_is_the_last_with_such_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lsf_output, "clock", lambda: T + 60 * 86400)
    assert status(long_form("RUN", STARTED))["5"].submitted == T
    with_year = long_form("RUN", STARTED).replace("10:16:54:", "10:16:54 2026:")
    assert status(with_year)["5"].submitted == T
    no_such_day = long_form("RUN", STARTED).replace("Nov 20", "Nov 31")
    assert status(no_such_day)["5"].submitted is None


@pytest.mark.parametrize(
    ("walltime", "expected"),
    [
        ("00:30", 1800),
        ("90", 5400),
        ("100:00", 360000),
        ("1:05/hosta", 3900),
        (None, None),
        ("soon", None),
    ],
)
def test_walltimes_are_hours_and_minutes(walltime: str | None, expected: int | None) -> None:
    assert BATCH.walltime({"walltime": walltime}) == expected


def test_logs_are_where_the_directives_put_them() -> None:
    one, many = JobSpec("true", logs="/logs"), JobSpec("true", logs="/logs", count=2)
    assert BATCH.log_paths(one, "5") == ("/logs/dask-worker-5.out", "/logs/dask-worker-5.err")
    assert "-o /logs/dask-worker-%J.out" in BATCH.directives(one)
    assert BATCH.log_paths(many, "5[2]")[0] == "/logs/dask-worker-5-2.out"
    assert "-o /logs/dask-worker-%J-%I.out" in BATCH.directives(many)
    assert BATCH.log_paths(JobSpec("true"), "5") == ("", "")


# ---- memory

SIZE = 4 * 10**9


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ("LSF_UNIT_FOR_LIMITS=MB", "-M 4000"),
        ('  LSF_UNIT_FOR_LIMITS = "GB"\n', "-M 4"),
        ("LSF_UNIT_FOR_LIMITS=TB\nLSF_UNIT_FOR_LIMITS=MB\nOTHER=1\n", "-M 4000"),
        ("#LSF_UNIT_FOR_LIMITS=MB\n", "-M 4000000"),
        ("LSF_UNIT_FOR_LIMITS=\n", "-M 4000000"),
        (None, "-M 4000000"),
    ],
)
@pytest.mark.parametrize("variable", ["LSF_ENVDIR", "LSF_CONFDIR"])
def test_the_unit_of_memory_is_that_of_the_site(
    variable: str,
    configuration: str | None,
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LSF_ENVDIR", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    if configuration is not None:
        (tmp_path / "lsf.conf").write_text(configuration)
    options = with_site_options(BATCH, {})
    assert BATCH.directives(JobSpec("true", memory=SIZE, options=options))[-1] == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"lsf_units": "mb"}, ["-M 4000"]),
        ({"lsf_units": "GB"}, ["-M 4"]),
        ({"lsf_units": "kb", "memory_per": "slot"}, ["-M 1000000"]),
        ({"lsf_units": "mb", "memory_per": "slot", "ncpus": 3}, ["-M 1334"]),
        ({"lsf_units": "mb", "mem": 10**9 + 1}, ["-M 1001"]),
        ({"memory_per": "none"}, []),
    ],
)
def test_memory_is_requested_per_job_per_slot_or_not_at_all(
    options: dict[str, object], expected: list[str]
) -> None:
    lines = BATCH.directives(JobSpec("true", cores=4, memory=SIZE, options=options))
    assert [line for line in lines if line.startswith("-M")] == expected
