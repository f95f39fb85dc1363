"""OAR's output, as recorded from 2.5.9, and what is read from it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import warnings
from typing import Any

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, JobSpec, JobStatus
from jupyter_jobqueue.adapters.oar import OAR
from jupyter_jobqueue.adapters.oar_output import STATES
from jupyter_jobqueue.batch.result import classify, read_result
from jupyter_jobqueue.cluster.request import build_spec
from jupyter_jobqueue.errors import LimitReached, QueueDown, QueueError
from tests.recordings import Recording, runs

USER = "someone"
A = OAR(USER)
T = 1795223100  # 2026-11-21T01:05:00 UTC
SUB = "oarsub -l /nodes=1/core=1,walltime=0:10:0"


def spec(count: int = 1, **facts: Any) -> JobSpec:
    return JobSpec("sleep 600", count=count, tag="jobqueue-0a1b2c-7", **facts)


def noted(note: str) -> str:
    """Return what oarstat printed in the recording that ends with a note."""
    (found,) = (
        run.stdout for command, run in runs("oar/oarstat-full-json.txt").items() if note in command
    )
    return found


def status(text: str) -> dict[str, JobStatus]:
    return A.status([]).parse(text)


def refusal(call: Any, answer: Recording) -> QueueError:
    """Return the error that a failed command becomes, classified as the queue does."""
    with pytest.raises(QueueError) as caught:
        read_result(call, answer.exit, answer.stdout, answer.stderr)
    return classify(caught.value, A)


# ---- submit


@pytest.mark.parametrize(
    ("command", "job"),
    [
        (f"{SUB} 'sleep 20'", "1"),
        ("oarsub 'sleep 1'   # all defaults", "19"),
        ("oarsub -t besteffort -l /nodes=1/core=1,walltime=0:10:0 'sleep 1'", "14"),
        (f"{SUB} -J 'sleep 1'", "15"),
    ],
)
def test_a_submission_gives_the_id(command: str, job: str) -> None:
    assert A.submit(spec()).parse(runs("oar/oarsub-ok.txt")[command].stdout) == [job]


def test_an_array_gives_an_id_for_each_element() -> None:
    answer = runs("oar/oarsub-ok.txt")[f"{SUB} --array 3 ./job-ok.sh"]
    call = A.submit(spec(3))
    assert read_result(call, answer.exit, answer.stdout, answer.stderr) == ["5", "6", "7"]


def test_fewer_ids_than_jobs_are_an_error() -> None:
    answer = runs("oar/oarsub-ok.txt")[f"{SUB} 'sleep 20'"]
    error = refusal(A.submit(spec(2)), answer)
    assert "cannot be read" in str(error)
    assert "OAR_JOB_ID=1" in error.details


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (
            "oarsub -q nosuch -l /nodes=1/core=1,walltime=0:10:0 'sleep 1'",
            248,
            "ERROR : The queue nosuch does not exist",
        ),
        (
            "oarsub -l /nodes=1/core=65 'sleep 1'   # more than there are",
            8,
            "There are not enough resources for your request",
        ),
        (
            "oarsub -l core=1,walltime=abc 'sleep 1'",
            255,
            "/!\\ Cannot recognize -- ,walltime=abc -- resource",
        ),
        ("oarsub -l nosuchprop=1 'sleep 1'", 8, 'column "nosuchprop" does not exist'),
        (
            "oarsub -q admin -l /nodes=1/core=1,walltime=0:10:0 'sleep 1'",
            254,
            "[ADMISSION RULE] Only member of the group admin can submit jobs in the admin queue",
        ),
        (f"{SUB} -t nosuchtype 'sleep 1'", 254, "Error: unknown job type: nosuchtype"),
    ],
)
def test_messages_of_oarsub_reach_the_error(command: str, code: int, words: str) -> None:
    error = refusal(A.submit(spec()), runs("oar/oarsub-errors.txt")[command])
    assert error.message == f"oarsub failed with exit code {code}"
    assert words in error.details
    assert type(error) is QueueError


def test_a_server_that_is_away_has_made_the_job_all_the_same() -> None:
    command = f"{SUB} 'sleep 1'   # Almighty down, database up: accepted"
    error = refusal(A.submit(spec()), runs("oar/server-down.txt")[command])
    assert isinstance(error, QueueDown)
    assert "OAR_JOB_ID=313" in error.details
    assert not isinstance(error, LimitReached)


def argv(**facts: Any) -> list[str]:
    return A.submit(spec(**facts)).argv


def test_one_job_is_no_array_and_its_name_carries_the_tag() -> None:
    words = argv(name="my-job", options={"walltime": "01:00:00"})
    assert words[:-1] == [
        "oarsub", "-n", "my-job", "-l", "/nodes=1/core=1,walltime=01:00:00",
        "-n", "my-job.jobqueue-0a1b2c-7",
    ]  # fmt: skip


def test_several_jobs_are_one_array() -> None:
    words = argv(count=4)
    assert words[words.index("--array") + 1] == "4"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("dask-worker", "dask-worker.jobqueue-0a1b2c-7"),
        ("a 'quoted' name", "a-quoted-name.jobqueue-0a1b2c-7"),
        ("b\\", "b-.jobqueue-0a1b2c-7"),
        ("", "-.jobqueue-0a1b2c-7"),
        ("ü" * 3, "-.jobqueue-0a1b2c-7"),
        ("x" * 200, "x" * 82 + ".jobqueue-0a1b2c-7"),
    ],
)
def test_a_name_is_made_safe_for_a_database_that_does_not_quote_it(name: str, told: str) -> None:
    """As recorded: a quote in a name gives an SQL error, and so do more than 100 characters."""
    words = argv(name=name)
    assert words[-2] == told
    assert len(told) <= 100


def test_the_output_goes_where_the_project_looks_for_it() -> None:
    asked = spec(name="it's mine", logs="/my logs")
    words = A.submit(asked).argv
    assert words[words.index("-O") + 1] == "/my logs/it-s-mine-%jobid%.out"
    assert words[words.index("-E") + 1] == "/my logs/it-s-mine-%jobid%.err"
    assert A.log_paths(asked, "7") == ("/my logs/it-s-mine-7.out", "/my logs/it-s-mine-7.err")
    assert "-O" not in argv()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("-t besteffort", ["-t", "besteffort"]),
        ("-t besteffort -t idempotent", ["-t", "besteffort", "-t", "idempotent"]),
        ("-t besteffort --hold", ["-t", "besteffort", "--hold"]),
        ("--hold", ["--hold"]),
        ("-p gpu = 'YES'", ["-p", "gpu = 'YES'"]),
        ("-p \"gpu = 'YES'\"", ["-p", "gpu = 'YES'"]),
        ("--property=gpu='YES'", ["--property", "gpu='YES'"]),
        ("--notify 'mail:me@here'", ["--notify", "mail:me@here"]),
        ("-d /my folder", ["-d", "/my folder"]),
        ("-p 'half", ["-p", "'half"]),
        ("-t 'half --hold", ["-t", "'half", "--hold"]),
    ],
)
def test_directives_of_the_user_become_arguments(line: str, words: list[str]) -> None:
    before = argv()
    after = argv(extra=[line])
    assert after[5:-3] == words
    assert after[:5] == before[:5]


# ---- the script, as one word for any login shell

NASTY = r"""
# it's a "comment" with `id`, $(id), $HOME, a \n and a !
set -- 'b  c' "d\\e" '!1' "it's 7" 'a\n7' %s%d é
printf '<%s>' "$@" $((40 + 2))
cat <<'END'
	\0134 '7 \c !7
END
exit 3
"""


@pytest.mark.parametrize(
    "login_shell", [*filter(shutil.which, ("bash", "sh", "dash", "zsh", "tcsh", "fish"))]
)
def test_any_login_shell_runs_the_script_with_the_shell_of_the_script(login_shell: str) -> None:
    asked = spec(shebang="#!/usr/bin/env bash")
    command = A.submit(JobSpec(NASTY, tag=asked.tag, shebang=asked.shebang)).argv[-1]
    assert "\n" not in command
    done = subprocess.run([login_shell, "-c", command], capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == (
        "<b  c><d\\e><!1><it's 7><a\\n7><%s%d><é><42>\t\\0134 '7 \\c !7\n", "", 3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shebang", "program"),
    [
        ("#!/usr/bin/env bash", "exec /usr/bin/env bash -c"),
        ("#!/bin/bash -l", "exec /bin/bash -l -c"),
        ("#! /bin/sh", "exec /bin/sh -c"),
    ],
)
def test_the_shebang_is_honoured_with_its_arguments(shebang: str, program: str) -> None:
    words = shlex.split(argv(shebang=shebang)[-1])
    assert words[:4] == ["exec", "/bin/sh", "-c", f'{program} "$(printf %b "$0")"']


def test_without_a_shebang_it_is_for_the_login_shell() -> None:
    asked = spec(shebang="setenv A b")
    assert A.submit(asked).argv[-1] == A.script(asked)


# ---- status


def test_status_queries_the_users_live_jobs_and_those_of_interest() -> None:
    live = (
        "state IN ('Waiting', 'toAckReservation', 'toLaunch', 'Launching', 'Hold', 'Running', "
        "'Suspended', 'Resuming', 'Finishing', 'toError')"
    )
    asked = ["oarstat", "-f", "-J", "--sql"]
    assert A.status([]).argv == [*asked, f"job_user = '{USER}' AND {live}"]
    assert A.status(["3", "12"]).argv == [
        *asked,
        f"job_user = '{USER}' AND (job_id IN (3, 12) OR {live})",
    ]


TAG = "jobqueue-0a1b2c-7"
HELD = JobStatus(BatchState.HELD, submitted=T + 9)
ELEMENT = JobStatus(
    BatchState.RUNNING, "", "localhost", TAG, submitted=T + 22, started=T + 23, limit=600
)
LIVE = {
    "7": HELD,
    "8": JobStatus(
        BatchState.RUNNING, "", "localhost", submitted=T + 19, started=T + 21, limit=600
    ),
    "9": ELEMENT,
    "10": ELEMENT._replace(element=1),
    "11": JobStatus(
        BatchState.PENDING,
        "Karma=0.000,quota_ok",
        submitted=T + 25,
        estimated_start=T + 684,
        limit=600,
    ),
}


def ended(
    state: BatchState,
    reason: str = "",
    *times: int,
    exit_code: int | None = None,
    signal: int | None = None,
    ended_by_system: bool = False,
    tag: str = "",
) -> JobStatus:
    submitted, started, ended = (T + after for after in times)
    return JobStatus(
        state, reason, "localhost", tag,
        submitted=submitted, started=started, ended=ended,
        exit_code=exit_code, signal=signal, ended_by_system=ended_by_system,
    )  # fmt: skip


def test_oarstat_shows_jobs_that_wait_are_held_or_run() -> None:
    assert status(noted("one waiting, one new")) == {
        **LIVE,
        "12": JobStatus(BatchState.PENDING, submitted=T + 27),
    }


def test_oarstat_shows_how_jobs_ended() -> None:
    found = status(noted("also ended ones"))
    assert {job: found[job] for job in ("1", "2", "3", "4", "5", "6")} == {
        "1": ended(BatchState.DONE, "", 7, 9, 10, exit_code=0, tag="jobqueue-0a1b2c-0"),
        "2": ended(BatchState.FAILED, "", 8, 9, 10, exit_code=3),
        "3": ended(BatchState.FAILED, "", 8, 9, 11, signal=9),
        "4": ended(
            BatchState.FAILED,
            "WORKING_DIRECTORY: [bipbip 4] Cannot go into the working directory /nonexistent "
            "of the job on node localhost",
            8, 11, 13,
        ),
        "5": ended(
            BatchState.FAILED,
            "OUTPUT_FILES: [bipbip 5] Cannot create .stdout and .stderr files in /tmp/oar-jobs "
            "on the node localhost",
            8, 13, 14,
        ),
        "6": ended(
            BatchState.FAILED,
            "WALLTIME: [sarko] Job [6] from 1795223113 with 2; current time=1795223118 (Elapsed)",
            9, 13, 18,
            ended_by_system=True,
        ),
    }  # fmt: skip
    assert {job: found[job] for job in LIVE} == LIVE


def test_oarstat_shows_that_jobs_were_deleted_while_held_running_and_waiting() -> None:
    found = status(noted("deleted: held, running, waiting"))
    deleted = "User root requested to frag the job"
    assert {job: found[job] for job in ("13", "8", "12")} == {
        "13": JobStatus(BatchState.CANCELLED, f"{deleted} 13", submitted=T + 29),
        "8": ended(BatchState.CANCELLED, f"{deleted} 8", 19, 21, 32),
        "12": JobStatus(BatchState.CANCELLED, f"{deleted} 12", submitted=T + 27),
    }


def test_a_job_that_had_to_make_room_is_not_at_fault() -> None:
    assert status(noted("had to make room"))["14"] == ended(
        BatchState.FAILED,
        "BESTEFFORT_KILL: [MetaSched] kill the besteffort job 14",
        36, 38, 41,
        ended_by_system=True,
    )  # fmt: skip


def test_a_job_whose_node_does_not_answer_is_not_at_fault_and_comes_again() -> None:
    found = status(noted("OAR submitted it again"))
    tag = "jobqueue-0a1b2c-9"
    assert (found["16"], found["17"]) == (
        ended(
            BatchState.FAILED,
            "PING_CHECKER_NODE_SUSPECTED: [bipbip] OAR suspects nodes for the job 16 : localhost",
            47, 48, 48,
            tag=tag,
            ended_by_system=True,
        ),
        JobStatus(
            BatchState.PENDING,
            "No enough matching resources (no_matching_slot)",
            tag=tag,
            submitted=T + 49,
        ),
    )  # fmt: skip


DOCUMENTED = {
    "Waiting": "pending",
    "toAckReservation": "pending",
    "toLaunch": "pending",
    "Launching": "pending",
    "Hold": "held",
    "Running": "running",
    "Suspended": "running",
    "Resuming": "running",
    "Finishing": "running",
    "toError": "running",
    "Terminated": "done",
    "Error": "failed",
}


@pytest.mark.parametrize(("code", "state"), DOCUMENTED.items())
def test_every_state_of_the_database_is_known(code: str, state: str) -> None:
    assert status(json.dumps({"7": {"state": code}})) == {"7": JobStatus(BatchState(state))}
    assert set(STATES) == set(DOCUMENTED)


def test_a_state_of_a_newer_oar_is_unknown_not_an_error() -> None:
    assert status('{"7": {"state": "Parked"}}')["7"].state is BatchState.UNKNOWN


def test_an_unreadable_job_loses_no_other() -> None:
    text = '{"6": {}, "7": {"state": "Running", "name": null, "assigned_network_address": null}}'
    assert status(f"Checking quota: ok\n{text}\n") == {"7": JobStatus(BatchState.RUNNING)}


@pytest.mark.parametrize("command", ["oarstat -J", "oarstat -u"])
def test_no_jobs_are_no_text_and_no_error(command: str) -> None:
    answer = runs("oar/oarstat-empty.txt")[command]
    assert read_result(A.status([]), answer.exit, answer.stdout, answer.stderr) == {}
    assert status(noted("# no jobs")) == {}


def test_output_that_is_no_json_is_an_error_not_an_empty_queue() -> None:
    with pytest.raises(QueueError, match="cannot be read"):
        read_result(A.status([]), 0, "Job id    S User\n", "")


def test_a_database_that_is_away_is_an_error_not_an_empty_queue() -> None:
    answer = runs("oar/server-down.txt")["timeout 60 oarstat   # database down"]
    error = refusal(A.status([]), answer)
    assert isinstance(error, QueueDown)
    assert "DB connection error, exiting." in error.details


# ---- cancel


def test_one_command_cancels_many() -> None:
    assert A.cancel(["13", "8", "12"]).argv == ["oardel", "13", "8", "12"]
    answer = runs("oar/oardel-several.txt")["oardel 13 8 12"]
    read_result(A.cancel(["13"]), answer.exit, answer.stdout, answer.stderr)


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("oardel-several.txt", "oardel 13 8   # again"),
        ("oardel.txt", "oardel 28   # again"),
        ("oardel.txt", "oardel 99999"),
        ("oardel.txt", "oardel 34 99999 30   # several, one unknown"),
        ("oardel.txt", "oardel 35   # finished long ago"),
    ],
)
def test_cancelling_jobs_that_are_gone_is_no_failure(file: str, command: str) -> None:
    answer = runs(f"oar/{file}")[command]
    read_result(A.cancel(["1"]), answer.exit, answer.stdout, answer.stderr)


def test_a_cancel_that_no_server_hears_is_a_failure() -> None:
    error = refusal(A.cancel(["312"]), runs("oar/server-down.txt")["oardel 312"])
    assert isinstance(error, QueueDown)


def test_a_cancel_without_a_database_fails_even_when_it_has_to_be_given_up() -> None:
    error = refusal(A.cancel(["312"]), runs("oar/server-down.txt")["timeout 60 oardel 312"])
    assert isinstance(error, QueueDown)


# ---- the rest


def test_the_version_is_what_oarsub_prints() -> None:
    assert A.version().parse(runs("oar/oarsub-ok.txt")["oarsub -V"].stdout) == "2.5.9 (Canicule)"


def test_users_cannot_list_queues_and_need_no_accounting() -> None:
    assert A.queues() is None
    assert A.history(["1"]) is None
    assert A.list_ids() is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:30:00", 1800),
        ("1:30", 5400),
        ("2", 7200),
        ("100:0:5", 360005),
        ("abc", None),
        ("1-00:00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_walltimes_have_hours_first(text: str | None, seconds: int | None) -> None:
    assert A.walltime({"walltime": text}) == seconds


@pytest.mark.parametrize("name", ["OAR_JOB_ID", "OAR_JOBID", "OAR_JOB_KEY_FILE", "OAR_NODEFILE"])
def test_what_a_surrounding_job_sets_is_kept_from_the_commands(name: str) -> None:
    assert re.fullmatch(A.env_blocklist, name)


@pytest.mark.parametrize("name", ["PATH", "HOME", "PWD", "OARDIR", "MY_OAR_X"])
def test_what_the_user_or_the_site_sets_stays(name: str) -> None:
    assert not re.fullmatch(A.env_blocklist, name)


# ---- memory that is not requested

SIZE = {"cores": 2, "memory": "4 GiB"}


def test_jobs_without_memory_are_warned_of() -> None:
    with pytest.warns(UserWarning, match="set memory_per_core_property_name"):
        build_spec("oar", SIZE)


@pytest.mark.parametrize(
    "options",
    [
        {"memory_per_core_property_name": "mem_core"},
        {"memory_per_core_property_name": "not_applicable"},
        {"memory_per": "none"},
    ],
)
def test_whoever_sets_how_memory_is_requested_is_not_warned(options: dict[str, str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build_spec("oar", {**SIZE, **options})
