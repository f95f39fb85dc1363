"""Moab's output, in the form that public programs keep in their tests: nothing was recorded."""

from __future__ import annotations

import re
from typing import Any

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, JobSpec, JobStatus
from jupyter_jobqueue.adapters.moab import Moab
from jupyter_jobqueue.adapters.moab_output import STATES
from jupyter_jobqueue.batch.result import read_result
from jupyter_jobqueue.errors import QueueError
from tests.recordings import FOLDER

SYSTEM = Moab("labu")
T = 1795170260
TAG = "jobqueue-0123456789ab-0"
SPEC = JobSpec("sleep 600", tag=TAG, logs="/logs")


def text(file: str) -> str:
    return (FOLDER / "moab" / file).read_text()


# ---- submit


@pytest.mark.parametrize(
    ("answer", "job"),
    [("\n4761849\n", "4761849"), ("\n\n4761849\n", "4761849"), ("\nMoab.123\n", "Moab.123")],
)
def test_the_id_comes_after_an_empty_line(answer: str, job: str) -> None:
    assert SYSTEM.submit(SPEC).parse(answer) == [job]


def test_no_id_is_an_error() -> None:
    with pytest.raises(QueueError, match="cannot be read"):
        read_result(SYSTEM.submit(SPEC), 0, "\nnothing to see\n", "")


def test_a_job_is_submitted_by_itself_and_its_name_carries_its_tag() -> None:
    call = SYSTEM.submit(SPEC)
    assert call.argv == ["msub", "-N", f"dask-worker.{TAG}"]
    assert call.stdin == SYSTEM.script(SPEC)
    assert SYSTEM.array_index == ""


def test_logs_are_named_after_the_tag() -> None:
    stem = f"/logs/dask-worker-{TAG}"
    assert SYSTEM.log_paths(SPEC, "Moab.123") == (f"{stem}.out", f"{stem}.err")


# ---- status


def status(*ids: str) -> dict[str, JobStatus]:
    return SYSTEM.status(ids).parse(text("showq.xml"))


def test_status_queries_all_jobs_of_the_user_in_one_command() -> None:
    assert SYSTEM.status(["1"]).argv == ["showq", "--xml", "-w", "user=labu"]
    history = SYSTEM.history(["1"])
    assert history is not None
    assert history.argv == ["showq", "-c", "--xml", "-w", "user=labu"]
    assert SYSTEM.status_lists_all
    assert SYSTEM.list_ids() is None


def waits(state: BatchState = BatchState.PENDING, reason: str = "", **facts: Any) -> JobStatus:
    return JobStatus(state, reason, submitted=T + 10, **facts)


def test_showq_shows_who_waits_why_and_who_runs_where() -> None:
    assert status() == {
        "101": JobStatus(
            BatchState.RUNNING, node="n17", tag=TAG, submitted=T - 10, started=T, limit=1800, ran=40
        ),
        "107": JobStatus(
            BatchState.RUNNING, node="n18", submitted=T - 10, started=T + 39, limit=1800, ran=1
        ),
        "102": waits(tag="jobqueue-0123456789ab-1", limit=1800),
        "103": waits(estimated_start=T + 3600, limit=1800),
        "104": waits(reason="IdlePolicy:job 104 violates idle HARD MAXIPROC limit"),
        "105": waits(BatchState.HELD, "UserHold"),
        "106": waits(BatchState.STUCK, "BatchHold"),
        "108": waits(reason="Deferred"),
        "109": JobStatus(BatchState.UNKNOWN, "Levitating", submitted=T + 10),
    }


def test_a_job_keeps_the_id_that_msub_gave() -> None:
    assert "Moab.7" in status("Moab.7")
    assert "107" not in status("Moab.7")
    assert "107.head" in status("107.head")


def test_no_jobs_are_no_error_but_no_output_is() -> None:
    empty = '<Data><Object>queue</Object><queue count="0" option="active"/></Data>'
    assert read_result(SYSTEM.status([]), 0, empty, "") == {}
    with pytest.raises(QueueError, match="cannot be read"):
        read_result(SYSTEM.status([]), 0, "", "")


def test_a_job_without_a_state_loses_no_other() -> None:
    jobs = SYSTEM.status([]).parse('<Data><job JobID="1"/><job/><job JobID="2"/></Data>')
    assert [each.state for each in jobs.values()] == [BatchState.UNKNOWN, BatchState.UNKNOWN]


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("Idle", "pending"),
        ("Deferred", "pending"),
        ("NotQueued", "pending"),
        ("UserHold", "held"),
        ("SystemHold", "held"),
        ("BatchHold", "stuck"),
        ("Starting", "running"),
        ("Running", "running"),
        ("Suspended", "running"),
    ],
)
def test_states_of_the_documents_are_known(code: str, state: str) -> None:
    assert STATES[code] == state


# ---- history


def ended(state: BatchState, reason: str, after: float = 100, **facts: Any) -> JobStatus:
    facts = {"node": "n17", "started": T, "ended": T + after, **facts}
    return JobStatus(state, reason, submitted=T - 10, **facts)


def test_the_history_shows_how_jobs_ended() -> None:
    call = SYSTEM.history(["201"])
    assert call is not None
    assert call.parse(text("showq-c.xml")) == {
        "201": ended(BatchState.DONE, "", exit_code=0, tag=TAG),
        "202": ended(BatchState.FAILED, "3", exit_code=3),
        "203": ended(BatchState.CANCELLED, "271", signal=15),
        "204": ended(BatchState.CANCELLED, "CNCLD", node="", started=None, ended=None),
        "205": ended(BatchState.FAILED, "CNCLD(271)", 1800, ended_by_system=True),
        "206": ended(BatchState.FAILED, "CNCLD", ended_by_system=True),
        "207": ended(BatchState.FAILED, "265", signal=9),
    }
    assert SYSTEM.exit_codes_expire  # after JOBCPURGETIME


# ---- cancel, version, errors


def test_jobs_are_cancelled_with_one_command() -> None:
    assert SYSTEM.cancel(["1", "Moab.2"]).argv == ["mjobctl", "-c", "1,Moab.2"]


def test_cancelling_a_job_that_is_gone_is_no_failure() -> None:
    # The messages are those that COBalD/TARDIS expects.
    read_result(SYSTEM.cancel(["1"]), 1, "", "ERROR:  invalid job specified (1)\n\n")
    with pytest.raises(QueueError):
        read_result(SYSTEM.cancel(["1"]), 1, "", "ERROR:  not yours\n")


def test_a_server_that_hangs_is_not_taken_for_a_refusal() -> None:
    words = "ERROR:  client timed out after 30 seconds (hostname:port=head:42559)"
    assert re.search(SYSTEM.unreachable_pattern, words)
    assert not re.search(SYSTEM.unreachable_pattern, "ERROR:  invalid job specified (1)")
    assert not re.search(SYSTEM.limit_pattern, words)


def test_a_version_nobody_can_read_makes_moab_not_unusable() -> None:
    assert read_result(SYSTEM.version(), 0, "Moab 9.1\nmore\n", "") == "Moab 9.1"
    assert read_result(SYSTEM.version(), 1, "", "showq: no such option") == ""
    assert SYSTEM.queues() is None


@pytest.mark.parametrize("name", ["MOAB_JOBID", "MOAB_JOBNAME", "PBS_JOBID", "PBS_O_WORKDIR"])
def test_what_a_surrounding_job_sets_is_kept_from_the_commands(name: str) -> None:
    assert re.fullmatch(SYSTEM.env_blocklist, name)


@pytest.mark.parametrize("name", ["MOABHOMEDIR", "PBS_SERVER", "PATH"])
def test_what_the_user_or_the_site_sets_stays(name: str) -> None:
    assert not re.fullmatch(SYSTEM.env_blocklist, name)


def test_a_walltime_may_have_days() -> None:
    assert SYSTEM.walltime({"walltime": "02:00:00:00"}) == 172800
