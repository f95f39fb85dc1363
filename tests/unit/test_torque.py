"""Torque's output, as recorded from 6.1.3, and what is read from it."""

from __future__ import annotations

import re
import shlex
from typing import Any, TypeVar

import pytest

from jupyter_jobqueue.adapters import dialect_of
from jupyter_jobqueue.adapters.adapter import BatchState, Call, JobSpec, JobStatus, Queue
from jupyter_jobqueue.adapters.torque import Torque
from jupyter_jobqueue.batch.result import read_result
from jupyter_jobqueue.errors import QueueError
from tests.recordings import one_call

T_ = TypeVar("T_")
SYSTEM = Torque()
T = 1795171978  # 2026-11-20T10:52:58 UTC
TAG = "jobqueue-0123456789ab-0"


def spec(count: int = 1, **facts: Any) -> JobSpec:
    return JobSpec("sleep 600", count=count, tag=TAG, **facts)


def answer(call: Call[T_], file: str) -> T_:
    """Read a recording as the output of a call."""
    recording = one_call(f"torque/{file}.txt")
    return read_result(call, recording.exit, recording.stdout, recording.stderr)


def refusal(call: Call[Any], file: str) -> QueueError:
    with pytest.raises(QueueError) as caught:
        answer(call, file)
    return caught.value


def xml(file: str) -> str:
    """Return the XML of a recording of several commands."""
    stdout = one_call(f"torque/{file}.txt").stdout
    return stdout[stdout.index("<?xml") :].partition("[rc")[0]


# ---- submit


def test_a_submission_gives_the_id() -> None:
    assert answer(SYSTEM.submit(spec()), "10-qsub") == ["0.vm"]
    # On a port of its own, a server must be named with it.
    assert SYSTEM.submit(spec()).parse("0.vm:25001\n") == ["0.vm:25001"]


def test_an_array_gives_an_id_for_each_element() -> None:
    ids = answer(SYSTEM.submit(spec(2)), "12-qsub-array")
    assert ids == ["2[0].vm", "2[1].vm"]


def test_no_id_is_an_error() -> None:
    assert "cannot be read" in refusal(SYSTEM.submit(spec()), "17-qsub-terse-z").message


def test_one_job_and_several() -> None:
    assert SYSTEM.submit(spec()).argv == ["qsub", "-N", f"dask-worker.{TAG}"]
    assert SYSTEM.submit(spec(3)).argv == ["qsub", "-N", f"dask-worker.{TAG}", "-t", "0-2"]
    assert SYSTEM.array_index == "$PBS_ARRAYID"


def test_a_name_begins_with_a_letter() -> None:
    assert SYSTEM.submit(spec(name="9 lives")).argv[-1] == f"j9_lives.{TAG}"


@pytest.mark.parametrize(
    ("file", "code", "words"),
    [
        ("30-qsub-badqueue", 172, "Unknown queue MSG=requested queue not found"),
        ("32-qsub-badresource", 189, "Unknown resource type  Resource_List.frobs"),
        ("15-qsub-toowide", 190, "Job exceeds queue resource limits MSG=cannot locate feasible"),
        (
            "35-qsub-badwalltime",
            168,
            "Illegal attribute or resource value for Resource_List.walltime",
        ),
        ("62-server-down-qsub", 111, "cannot connect to server vm (errno=111)"),
    ],
)
def test_messages_of_qsub_reach_the_error(file: str, code: int, words: str) -> None:
    error = refusal(SYSTEM.submit(spec()), file)
    assert error.message == f"qsub failed with exit code {code}"
    assert words in error.details
    assert not re.search(SYSTEM.limit_pattern, error.details)


@pytest.mark.parametrize(
    "file", ["61-server-down", "62-server-down-qsub", "63-server-down-qdel", "64-trqauthd-down"]
)
def test_a_server_that_is_away_is_not_taken_for_a_refusal(file: str) -> None:
    assert re.search(SYSTEM.unreachable_pattern, one_call(f"torque/{file}.txt").stderr)
    assert not re.search(SYSTEM.unreachable_pattern, one_call("torque/30-qsub-badqueue.txt").stderr)


# ---- status


def test_status_names_each_element_as_arrays_do_not_list_them() -> None:
    assert SYSTEM.status(["2[0].vm", "3.vm"]).argv == ["qstat", "-x", "2[0].vm", "3.vm"]
    assert SYSTEM.history(["3.vm"]) is None
    assert SYSTEM.exit_codes_expire


def test_the_ids_of_all_jobs_of_the_user_come_from_qselect() -> None:
    # The recording has the answers to three questions; the first is the one that we ask.
    call = SYSTEM.list_ids()
    assert call is not None
    assert answer(call, "51-qselect")[:12] == [
        "0.vm", "1.vm", "2[1].vm", "2[2].vm", "2[3].vm", "2[4].vm", "2[5].vm", "3.vm", "4.vm",
        "7.vm", "12.vm", "13.vm",
    ]  # fmt: skip


def status(text: str) -> dict[str, JobStatus]:
    return SYSTEM.status([]).parse(text)


RUNNING = JobStatus(BatchState.RUNNING, node="vm", submitted=T, started=T, limit=600, ran=7)
FAILED = JobStatus(
    BatchState.FAILED, node="vm", submitted=T + 1, started=T + 1, ended=T + 1, exit_code=3
)


def test_qstat_shows_who_runs_where() -> None:
    assert answer(SYSTEM.status(["0"]), "23-qstat-x") == {"0.vm": RUNNING}


def test_completed_jobs_are_listed_with_their_exit_code() -> None:
    assert status(xml("24-qstat-f-finished")) == {"4.vm": FAILED}


def changed(text: str, **values: str) -> JobStatus:
    """Read a recorded job with other values; an empty one is left out."""
    for key, value in values.items():
        pattern = rf"<{key}>[^<]*</{key}>"
        assert re.search(pattern, text), key
        text = re.sub(pattern, f"<{key}>{value}</{key}>" if value else "", text)
    (found,) = status(text).values()
    return found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("0", FAILED._replace(state=BatchState.DONE, exit_code=0)),
        # 48-qstat-after: jobs that qdel ended while they ran, and while they waited
        ("271", FAILED._replace(state=BatchState.CANCELLED, exit_code=None, signal=15)),
        ("", FAILED._replace(state=BatchState.CANCELLED, exit_code=None)),
        # Verdicts from the documents
        (
            "-11",
            FAILED._replace(exit_code=None, reason="JOB_EXEC_OVERLIMIT_WT", ended_by_system=True),
        ),
        ("-10", FAILED._replace(exit_code=None, reason="JOB_EXEC_OVERLIMIT_MEM")),
        ("-99", FAILED._replace(exit_code=None)),
        ("265", FAILED._replace(exit_code=None, signal=9)),
    ],
)
def test_ends_are_recognised_by_the_exit_code(code: str, expected: JobStatus) -> None:
    assert changed(xml("24-qstat-f-finished"), exit_status=code) == expected


def test_the_recorded_exit_codes_of_deleted_jobs_are_those_read_above() -> None:
    stdout = one_call("torque/48-qstat-after.txt").stdout
    assert "Job Id: 0.vm\n    job_state = C\n    exit_status = 271\n" in stdout
    assert "Job Id: 3.vm\n    job_state = C\nJob Id:" in stdout


@pytest.mark.parametrize(
    ("code", "hold", "state", "reason"),
    [
        ("Q", "n", BatchState.PENDING, "Job started on Fri Nov 20 at 10:52"),
        ("H", "u", BatchState.HELD, "Hold_Types=u"),
        ("Q", "u", BatchState.HELD, "Hold_Types=u"),
        ("E", "n", BatchState.RUNNING, ""),
        ("S", "n", BatchState.RUNNING, ""),
        ("?", "n", BatchState.UNKNOWN, ""),
    ],
)
def test_states_of_jobs_that_have_not_ended(
    code: str, hold: str, state: BatchState, reason: str
) -> None:
    text = one_call("torque/23-qstat-x.txt").stdout
    told = changed(text, job_state=code, Hold_Types=hold)
    assert (told.state, told.reason, told.exit_code) == (state, reason, None)


def test_elements_have_their_index_and_the_tag_of_their_array() -> None:
    # 26-qstat-array: an element is 2[3].vm, and called as its array with -3.
    text = one_call("torque/23-qstat-x.txt").stdout.replace("0.vm<", "2[3].vm<", 1)
    told = changed(text, Job_Name=f"dask-worker.{TAG}-3")
    assert (told.element, told.tag) == (3, TAG)
    assert list(status(text)) == ["2[3].vm"]
    assert status(text.replace("2[3]", "2[]")) == {}


def test_no_jobs_are_no_error() -> None:
    assert status(xml("01-qstat-empty")) == {}


def test_jobs_that_are_gone_are_no_error() -> None:
    recording = one_call("torque/27-qstat-unknown.txt")
    words = recording.stderr.splitlines()[0]
    assert read_result(SYSTEM.status(["9999"]), 153, "", words) == {}
    running = one_call("torque/23-qstat-x.txt").stdout
    assert read_result(SYSTEM.status(["0", "9999"]), 153, running, words) == {"0.vm": RUNNING}


@pytest.mark.parametrize(
    ("file", "code"), [("61-server-down", 111), ("64-trqauthd-down", 33), ("28-qstat-badid", 172)]
)
def test_a_server_that_is_away_is_an_error_not_an_empty_queue(file: str, code: int) -> None:
    assert refusal(SYSTEM.status(["0"]), file).message == f"qstat failed with exit code {code}"


def test_what_is_no_xml_is_an_error_with_its_message() -> None:
    with pytest.raises(QueueError, match="cannot be read") as caught:
        read_result(SYSTEM.status(["0"]), 0, "hello", "")
    assert caught.value.details == "hello"


# ---- cancel


def test_elements_are_cancelled_one_by_one_in_one_command() -> None:
    assert SYSTEM.cancel(["2[0].vm", "2[1].vm"]).argv == ["qdel", "2[0].vm", "2[1].vm"]


@pytest.mark.parametrize("file", ["40-qdel", "41-qdel-again", "42-qdel-unknown", "43-qdel-several"])
def test_cancelling_jobs_that_are_gone_is_no_failure(file: str) -> None:
    answer(SYSTEM.cancel(["0"]), file)


@pytest.mark.parametrize("file", ["46-qdel-bad", "63-server-down-qdel"])
def test_a_cancel_that_failed_is_an_error(file: str) -> None:
    refusal(SYSTEM.cancel(["0"]), file)


# ---- queues, version, logs, environment


def test_queues_are_read_in_the_form_that_openpbs_prints_too() -> None:
    call = SYSTEM.queues()
    assert call is not None
    assert call.argv == ["qstat", "-Q", "-f"]
    assert call.parse(one_call("pbs/queues-Qf.txt").stdout) == [
        Queue("workq", default_walltime=3600),
        Queue("short", max_walltime=600, default_walltime=300, max_cores=8),
        Queue("off", open=False),
        Queue("limited"),
        Queue("private"),
        Queue("stopped", open=False),
        Queue("route1"),
    ]


def test_the_version_is_recorded() -> None:
    assert answer(SYSTEM.version(), "00-version") == "Torque 6.1.3.h5"
    assert dialect_of("pbs", "Torque 6.1.3.h5") is Torque


def test_logs_of_elements_end_with_the_index_as_recorded() -> None:
    stem = f"/logs/dask-worker-{TAG}"
    assert SYSTEM.log_paths(spec(logs="/logs"), "0.vm") == (f"{stem}.out", f"{stem}.err")
    out, err = SYSTEM.log_paths(spec(3, logs="/logs"), "2[2].vm")
    assert (out, err) == (f"{stem}.out-2", f"{stem}.err-2")
    assert SYSTEM.log_paths(spec(), "0.vm") == ("", "")
    # `-o t/plain.out` of an array with the elements 1 to 5:
    assert "plain.out-2" in one_call("torque/52-files.txt").stdout.split()


def variables() -> list[str]:
    text = one_call("torque/199-clear.txt").stdout
    return [word.partition("=")[0] for word in shlex.split(text) if word.startswith("PBS_")]


@pytest.mark.parametrize("name", variables())
def test_what_a_surrounding_job_sets_is_kept_from_the_commands(name: str) -> None:
    assert re.fullmatch(SYSTEM.env_blocklist, name)
