"""PBS's output, as recorded from OpenPBS 23.06, and what is read from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from jupyter_jobqueue.adapters import dialect_of
from jupyter_jobqueue.adapters.adapter import BatchState, Call, JobSpec, JobStatus, Queue
from jupyter_jobqueue.adapters.pbs import PBS
from jupyter_jobqueue.adapters.pbs_output import read_time
from jupyter_jobqueue.adapters.pbs_text import quoted, ranges, size_text
from jupyter_jobqueue.adapters.pbs_values import bytes_of, duration, element, exit_of, node_of
from jupyter_jobqueue.adapters.torque import Torque
from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.batch.result import read_result
from jupyter_jobqueue.errors import QueueError
from tests.recordings import FOLDER, one_call

T_ = TypeVar("T_")
SYSTEM = PBS("pbsuser")
T = 1795170260  # 2026-11-20T10:24:20 UTC
TAG = "jobqueue-0123456789ab-0"


def spec(count: int = 1, **facts: Any) -> JobSpec:
    return JobSpec("sleep 600", count=count, tag=TAG, **facts)


def answer(call: Call[T_], file: str) -> T_:
    """Read a recording as the output of a call."""
    recording = one_call(f"pbs/{file}.txt")
    return read_result(call, recording.exit, recording.stdout, recording.stderr)


def refusal(call: Call[Any], file: str) -> QueueError:
    with pytest.raises(QueueError) as caught:
        answer(call, file)
    return caught.value


def living(file: str) -> dict[str, JobStatus]:
    return answer(SYSTEM.status(["1.pbshost"]), file)


def past(file: str) -> dict[str, JobStatus]:
    call = SYSTEM.history(["1.pbshost"])
    assert call is not None
    return answer(call, file)


# ---- submit


@pytest.mark.parametrize(
    ("file", "job"),
    [
        ("qsub-ok", "106.pbshost"),
        ("qsub-stdin", "63.pbshost"),
        ("qsub-foreground-f", "66.pbshost"),
    ],
)
def test_a_submission_gives_the_id(file: str, job: str) -> None:
    assert answer(SYSTEM.submit(spec()), file) == [job]


def test_an_array_gives_an_id_for_each_element() -> None:
    assert answer(SYSTEM.submit(spec(3)), "qsub-array") == [
        "114[0].pbshost",
        "114[1].pbshost",
        "114[2].pbshost",
    ]


@pytest.mark.parametrize(
    "text", ["1204 hours left\n12.pbs01.site.org\n", "12.pbs01.site.org\nhello\n"]
)
def test_the_id_is_found_in_what_wrappers_of_sites_print(text: str) -> None:
    assert SYSTEM.submit(spec()).parse(text) == ["12.pbs01.site.org"]


@pytest.mark.parametrize(("count", "file"), [(1, "qsub-quiet-z"), (2, "qsub-ok")])
def test_no_id_or_one_that_is_no_array_is_an_error(count: int, file: str) -> None:
    assert "cannot be read" in refusal(SYSTEM.submit(spec(count)), file).message


def test_one_job_is_no_array_and_its_name_carries_its_tag() -> None:
    call = SYSTEM.submit(spec())
    assert call.argv == ["qsub", "-f", "-N", f"dask-worker.{TAG}"]
    assert call.stdin == SYSTEM.script(spec())


def test_several_jobs_are_one_array() -> None:
    assert SYSTEM.submit(spec(4)).argv == [
        "qsub", "-f", "-N", f"dask-worker.{TAG}", "-J", "0-3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("dask-worker", "dask-worker"),
        ("my jobs", "my_jobs"),
        ("a/b:c", "a_b_c"),
        ("-x", "j-x"),
        ("12345", "12345"),
        ("größe", "gr__e"),
        ("", "j"),
    ],
)
def test_the_name_has_only_characters_that_qsub_takes(name: str, safe: str) -> None:
    assert SYSTEM.submit(spec(name=name)).argv[-1] == f"{safe}.{TAG}"
    assert SYSTEM.directives(spec(name=name))[0] == f"-N {safe}"


def test_a_long_name_leaves_room_for_the_tag() -> None:
    name = SYSTEM.submit(spec(name="x" * 300)).argv[-1]
    assert name.endswith(f"x.{TAG}")
    assert len(name) <= 230  # qsub-name-236 was taken, qsub-err-name-240 was not


@pytest.mark.parametrize(
    ("file", "code", "words"),
    [
        ("qsub-err-unknown-queue", 170, "qsub: Unknown queue"),
        ("qsub-err-acl-queue", 159, "qsub: Unauthorized Request"),
        (
            "qsub-err-over-ncpus",
            188,
            "qsub: Job violates queue and/or server resource limits",
        ),
        (
            "qsub-err-max-queued-3",
            38,
            "qsub: would exceed queue generic's per-user limit",
        ),
        (
            "qsub-err-array-too-big",
            3,
            "qsub: Array job exceeds server or queue size limit",
        ),
        ("qsub-stale-3-unknown-attr-foreground", 154, "qsub: Error (15002) submitting job"),
        (
            "down-qsub-foreground",
            162,
            "Connection refused\nqsub: cannot connect to server pbshost (errno=15010)",
        ),
    ],
)
def test_messages_of_qsub_reach_the_error(file: str, code: int, words: str) -> None:
    error = refusal(SYSTEM.submit(spec()), file)
    assert error.message == f"qsub failed with exit code {code}"
    assert error.details == words


def test_only_a_full_queue_is_a_limit() -> None:
    assert re.search(SYSTEM.limit_pattern, one_call("pbs/qsub-err-max-queued-3.txt").stderr)
    for file in ("qsub-err-over-ncpus", "qsub-err-array-too-big", "qsub-err-unknown-queue"):
        assert not re.search(SYSTEM.limit_pattern, one_call(f"pbs/{file}.txt").stderr)


@pytest.mark.parametrize(
    "file",
    ["down-qsub-foreground", "down-qdel", "down-qselect", "down-qstat-Q", "down-wrong-server",
     "down-qstat-id-json", "nnp-qstat"],
)  # fmt: skip
def test_a_server_that_is_away_is_not_taken_for_a_refusal(file: str) -> None:
    assert re.search(SYSTEM.unreachable_pattern, one_call(f"pbs/{file}.txt").stderr)
    assert not re.search(
        SYSTEM.unreachable_pattern, one_call("pbs/qsub-err-unknown-queue.txt").stderr
    )


# ---- status


def test_status_names_each_job_and_each_array_once() -> None:
    ids = ["114[0].pbshost", "114[1].pbshost", "120.pbshost"]
    command = ["qstat", "-t", "-f", "-F", "json", "114[].pbshost", "120.pbshost"]
    assert SYSTEM.status(ids).argv == command
    history = SYSTEM.history(ids)
    assert history is not None
    assert history.argv == ["qstat", "-x", *command[1:]]


def test_the_ids_of_all_jobs_of_the_user_come_from_qselect() -> None:
    call = SYSTEM.list_ids()
    assert call is not None
    assert call.argv == ["qselect", "-u", "pbsuser"]
    assert answer(call, "qselect-user") == [
        "68.pbshost", "70[].pbshost", "71[].pbshost", "72[].pbshost", "76.pbshost", "79.pbshost",
    ]  # fmt: skip
    assert answer(call, "qselect-unknown-user") == []
    assert not SYSTEM.status_lists_all


async def test_a_user_without_jobs_is_not_shown_those_of_all_the_site(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PBS, "list_ids", lambda self: Call(["true"], str.split))
    monkeypatch.setattr(PBS, "status", lambda self, ids: pytest.fail("qstat without an id"))
    assert (await JobQueue(PBS()).status([], everything=True)).jobs == {}


def waits(
    reason: str = "", state: BatchState = BatchState.PENDING, limit: float = 600
) -> JobStatus:
    return JobStatus(state, reason, submitted=T + 58, limit=limit)


@pytest.mark.usefixtures("time_zone")
def test_qstat_shows_who_waits_why_and_who_runs_where() -> None:
    assert living("qstat-all-states-json") == {
        "124.pbshost": JobStatus(
            BatchState.RUNNING,
            node="pbshost",
            submitted=T + 58,
            started=T + 58,
            limit=1800,
            ran=6,
        ),
        "125.pbshost": waits(
            "Not Running: Insufficient amount of resource: ncpus (R: 4 A: 1 T: 64)", limit=1800
        ),
        "126.pbshost": waits(
            "Can Never Run: Insufficient amount of resource: ncpus (R: 128 A: 64 T: 64)", limit=1800
        ),
        "127.pbshost": waits("Hold_Types=u", BatchState.HELD),
        # waits for 2026-12-31T23:59:00
        "128.pbshost": waits()._replace(estimated_start=1798761540),
        "129.pbshost": waits("Hold_Types=s", BatchState.HELD),
        "130.pbshost": waits("Not Running: Queue not started."),
    }


@pytest.mark.parametrize(
    ("file", "job", "state", "reason"),
    [
        (
            "state-pending-max-run.json",
            "135",
            BatchState.PENDING,
            "Not Running: User has reached server running job limit.",
        ),
        ("state-pending-no-scheduler.json", "146", BatchState.PENDING, ""),
        ("state-stopped-queue.json", "105", BatchState.PENDING, "Not Running: Queue not started."),
        ("state-waiting-exectime.json", "103", BatchState.PENDING, ""),
        ("state-running.json", "124", BatchState.RUNNING, ""),
        ("state-suspended.json", "124", BatchState.RUNNING, ""),
        ("state-bad-output-dir-exiting.json", "112", BatchState.RUNNING, ""),
        ("state-after-qrerun.json", "124", BatchState.RUNNING, ""),
    ],
)
def test_states_of_jobs_that_have_not_ended(
    file: str, job: str, state: BatchState, reason: str
) -> None:
    status = living(file)[f"{job}.pbshost"]
    assert (status.state, status.reason) == (state, reason)
    assert (status.ended, status.exit_code) == (None, None)


def one(**facts: Any) -> JobStatus:
    """Read a job that was not recorded."""
    text = json.dumps({"Jobs": {"1.a": facts}})
    return SYSTEM.status([]).parse(text)["1.a"]


def test_a_job_that_pbs_gave_up_to_start_is_stuck() -> None:
    # Not recorded; the comment is one that sites explain to their users.
    comment = "job held, too many failed attempts to run"
    status = one(job_state="H", Hold_Types="s", comment=comment)
    assert (status.state, status.reason) == (BatchState.STUCK, comment)


def test_the_start_that_the_scheduler_expects_is_known() -> None:
    # Not recorded: estimated.start_time of the PBS Professional Reference Guide.
    start = {"start_time": "Fri Nov 20 10:24:20 2026"}
    local = read_time("Fri Nov 20 10:24:20 2026")
    assert one(job_state="Q", estimated=start).estimated_start == local
    assert one(job_state="R", estimated=start, exec_host="a/0").estimated_start is None


@pytest.mark.usefixtures("time_zone")
def test_elements_that_wait_have_not_started_and_no_reason() -> None:
    jobs = living("qstat-tf-json-mixed")
    assert jobs["72[1].pbshost"].started == T - 109
    assert jobs["72[2].pbshost"] == JobStatus(
        BatchState.PENDING, submitted=T - 109, element=2, limit=3600
    )
    assert not [job_id for job_id in jobs if "[]" in job_id]
    assert len(jobs) == 29


def test_elements_of_a_held_array_are_held_and_mute_ends_are_left_to_the_history() -> None:
    jobs = living("state-array-held-some-deleted.json")
    assert {job_id: status.state for job_id, status in jobs.items()} == {
        f"121[{index}].pbshost": BatchState.HELD for index in (0, 1, 2, 7, 8, 9)
    }
    assert (
        past("state-array-held-some-deleted.json")["121[3].pbshost"].state is BatchState.CANCELLED
    )


def test_an_element_that_shows_its_exit_code_while_others_live_has_ended() -> None:
    # Not recorded.
    status = one(job_state="X", substate=93, Exit_status=3, exec_host="a/0")
    assert (status.state, status.exit_code) == (BatchState.FAILED, 3)


def test_the_tag_is_in_the_name() -> None:
    text = one_call("pbs/state-running.json.txt").stdout.replace("filler", f"dask.{TAG}")
    assert SYSTEM.status([]).parse(text)["124.pbshost"].tag == TAG


@pytest.mark.usefixtures("time_zone")
def test_running_elements_have_their_index() -> None:
    jobs = living("state-array-running.json")
    assert jobs["114[3].pbshost"] == JobStatus(
        BatchState.RUNNING, node="pbshost", submitted=T, started=T, element=3, limit=3600, ran=3
    )
    assert [status.element for status in jobs.values()] == [0, 1, 2, 3, 4]


def test_an_element_that_is_being_deleted_still_runs() -> None:
    jobs = living("state-array-one-subjob-deleted.json")
    assert {status.state for status in jobs.values()} == {BatchState.RUNNING}


def test_jobs_that_are_gone_do_not_hide_the_others() -> None:
    assert list(living("qstat-mixed-finished-live-unknown-json")) == ["113.pbshost"]


@pytest.mark.parametrize(
    "file",
    [
        "qstat-empty-f-json",
        "qstat-finished-without-x-json",
        "qstat-err-unknown-x-json",
        "history-off-qstat-finished",
    ],
)
def test_jobs_that_are_all_gone_are_no_error(file: str) -> None:
    if file == "history-off-qstat-finished":  # recorded without -F json, which prints a header
        error = one_call(f"pbs/{file}.txt")
        header = one_call("pbs/qstat-empty-f-json.txt").stdout
        assert read_result(SYSTEM.status(["131"]), error.exit, header, error.stderr) == {}
    else:
        assert living(file) == {}


@pytest.mark.parametrize("file", ["down-qstat-id-json", "down-wrong-server", "nnp-qstat"])
def test_a_server_that_is_away_is_an_error_not_an_empty_queue(file: str) -> None:
    error = refusal(SYSTEM.status(["149.pbshost"]), file)
    assert error.message == "qstat failed with exit code 255"
    assert "cannot connect to server" in error.details


def test_a_text_that_is_no_id_is_an_error() -> None:
    assert refusal(SYSTEM.status(["foo"]), "qstat-err-bad-id").details.endswith(
        "Unknown queue destination foo"
    )


def test_a_state_nobody_knows_is_unknown_not_an_error() -> None:
    assert one(job_state="Y").state is BatchState.UNKNOWN
    assert one().state is BatchState.UNKNOWN


# ---- history


def ended(
    state: BatchState,
    reason: str = "",
    *,
    node: str = "pbshost",
    submitted: float = T,
    started: float | None = T,
    ended: float = T,
    **facts: Any,
) -> JobStatus:
    return JobStatus(
        state, reason, node, submitted=submitted, started=started, ended=ended, **facts
    )


@pytest.mark.usefixtures("time_zone")
@pytest.mark.parametrize(
    ("file", "job", "expected"),
    [
        ("state-finished-ok.json", "106", ended(BatchState.DONE, ended=T + 2, exit_code=0)),
        ("state-finished-exit1.json", "107", ended(BatchState.FAILED, "failed", exit_code=1)),
        ("state-finished-kill9-self.json", "110", ended(BatchState.FAILED, "failed", signal=9)),
        (
            "state-finished-no-such-exe.json",
            "111",
            ended(BatchState.FAILED, "failed", exit_code=254),
        ),
        (
            "state-finished-walltime.json",
            "108",
            ended(
                BatchState.FAILED, "exceeded resource walltime", ended=T + 10, ended_by_system=True
            ),
        ),
        (
            "state-finished-mem-exceeded.json",
            "617",
            ended(
                BatchState.FAILED,
                "exceeded resource mem",
                submitted=T + 1362,
                started=T + 1362,
                ended=T + 1375,
            ),
        ),
        (
            "state-deleted-running.json",
            "124",
            ended(
                BatchState.CANCELLED,
                "terminated by pbsuser@pbshost",
                submitted=T + 58,
                started=T + 106,
                ended=T + 117,
                signal=15,
            ),
        ),
        (
            "state-deleted-traps-term-final.json",
            "113",
            ended(BatchState.CANCELLED, "terminated by pbsuser@pbshost", ended=T + 22, signal=15),
        ),
        (
            "state-deleted-pending.json",
            "135",
            ended(
                BatchState.CANCELLED,
                "terminated",
                node="",
                submitted=T + 168,
                started=None,
                ended=T + 172,
            ),
        ),
        (
            "state-deleted-held.json",
            "127",
            ended(BatchState.CANCELLED, node="", submitted=T + 58, started=None, ended=T + 109),
        ),
        (
            "state-after-qdel-force-mom-down.json",
            "147",
            ended(
                BatchState.CANCELLED,
                "terminated",
                submitted=T + 217,
                started=T + 217,
                ended=T + 227,
            ),
        ),
    ],
)
def test_the_history_shows_how_jobs_ended(file: str, job: str, expected: JobStatus) -> None:
    assert past(file) == {f"{job}.pbshost": expected}


@pytest.mark.usefixtures("time_zone")
def test_the_history_shows_how_each_element_ended() -> None:
    terminated = "terminated by pbsuser@pbshost"
    assert past("state-array-finished.json") == {
        "114[0].pbshost": ended(BatchState.DONE, ended=T + 8, exit_code=0),
        "114[1].pbshost": ended(BatchState.DONE, ended=T + 8, exit_code=0, element=1),
        "114[2].pbshost": ended(
            BatchState.CANCELLED, terminated, ended=T + 10, signal=15, element=2
        ),
        "114[3].pbshost": ended(BatchState.FAILED, "failed", ended=T + 8, exit_code=7, element=3),
        "114[4].pbshost": ended(BatchState.DONE, ended=T + 8, exit_code=0, element=4),
    }


def test_a_job_that_never_ran_was_not_done_whatever_its_substate() -> None:
    # After a job that does not exist: F at once, substate 92, no exit code.
    assert one(job_state="F", substate=92).state is BatchState.CANCELLED


@pytest.mark.parametrize(("code", "state"), [(0, BatchState.DONE), (3, BatchState.FAILED)])
def test_the_exit_code_decides_where_the_substate_is_no_end(code: int, state: BatchState) -> None:
    assert one(job_state="F", substate=50, Exit_status=code).state is state


@pytest.mark.parametrize("file", ["history-off-qstat-x-f-json", "qstat-err-unknown-x-json"])
def test_a_server_without_history_knows_nothing_and_that_is_no_error(file: str) -> None:
    assert past(file) == {}
    assert SYSTEM.exit_codes_expire


# ---- cancel


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (["12.a"], ["12.a"]),
        (["12[3].a"], ["12[3].a"]),
        (["12[0].a", "12[1].a", "12[2].a", "12[7].a", "13.a"], ["13.a", "12[0-2].a", "12[7].a"]),
        (["9[2].a", "8[1].a", "9[10].a", "9[9].a"], ["8[1].a", "9[2].a", "9[9-10].a"]),
        (["7[1].a", "7[2].b"], ["7[1].a", "7[2].b"]),
        ([f"5[{index}]" for index in range(1000)], ["5[0-999]"]),
    ],
)
def test_cancel_joins_the_elements_of_an_array(ids: list[str], words: list[str]) -> None:
    assert SYSTEM.cancel(ids).argv == ["qdel", *words]
    assert ranges(ids) == words


@pytest.mark.parametrize(
    "file",
    [
        "qdel-running",
        "qdel-array-range",
        "qdel-finished",
        "qdel-finished-and-live",
        "qdel-err-unknown",
        "qdel-several-one-unknown",
        "qdel-many-one-cmd",
    ],
)
def test_cancelling_jobs_that_are_gone_or_ending_is_no_failure(file: str) -> None:
    answer(SYSTEM.cancel(["1"]), file)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("qdel-err-not-owner", "qdel: Unauthorized Request  122.pbshost"),
        ("qdel-err-bad-id", "qdel: illegally formed job identifier: foo"),
        ("qdel-running-mom-down", "qdel: Server could not connect to MOM 147.pbshost"),
        ("down-qdel", "Connection refused\nCouldn't connect to cluster: pbshost"),
    ],
)
def test_a_cancel_that_failed_shows_why(file: str, words: str) -> None:
    assert refusal(SYSTEM.cancel(["1"]), file).details == words


# ---- queues, version


def test_queues_have_their_limits() -> None:
    call = SYSTEM.queues()
    assert call is not None
    assert call.argv == ["qstat", "-Q", "-f", "-F", "json"]
    assert answer(call, "queues-Qf-json") == [
        Queue("workq", default_walltime=3600),
        Queue("short", max_walltime=600, default_walltime=300, max_cores=8),
        Queue("off", open=False),
        Queue("limited"),
        Queue("private"),
        Queue("stopped", open=False),
        Queue("route1"),
    ]
    refusal(call, "down-qstat-Q")


def test_a_limit_of_memory_is_read() -> None:
    call = SYSTEM.queues()
    assert call is not None
    text = '{"Queue": {"big": {"resources_max": {"mem": "64gb"}, "started": "False"}}}'
    assert call.parse(text) == [Queue("big", open=False, max_memory=64 * 2**30)]


def test_the_version_names_the_dialect() -> None:
    version = answer(SYSTEM.version(), "version-qsub")
    assert version == "PBS 23.06.06"
    assert dialect_of("pbs", version) is PBS
    torque = SYSTEM.version().parse("Version: 6.1.3.h5\nCommit: \n")
    assert torque == "Torque 6.1.3.h5"
    assert dialect_of("pbs", torque) is Torque
    assert SYSTEM.version().parse("who knows\n") == "who knows"


# ---- environment, logs, amounts


def variables() -> list[str]:
    text = (FOLDER / "pbs/job-environment.txt").read_text().partition("---")[0]
    return [line.partition("=")[0] for line in text.splitlines() if line.startswith("PBS_")]


@pytest.mark.parametrize("name", [*variables(), "PBS_ARRAY_INDEX", "PBS_ARRAY_ID"])
def test_what_a_surrounding_job_sets_is_kept_from_the_commands(name: str) -> None:
    assert re.fullmatch(SYSTEM.env_blocklist, name)


@pytest.mark.parametrize(
    "name", ["PBS_CONF_FILE", "PBS_SERVER", "PBS_DEFAULT", "PBS_EXEC", "PBS_ACCOUNT", "PATH"]
)
def test_what_the_user_or_the_site_sets_stays(name: str) -> None:
    assert not re.fullmatch(SYSTEM.env_blocklist, name)


def test_logs_are_named_after_the_id() -> None:
    out, err = SYSTEM.log_paths(spec(logs="/logs"), "486.pbshost")
    assert (out, err) == ("/logs/486.pbshost.OU", "/logs/486.pbshost.ER")
    element_out, _ = SYSTEM.log_paths(spec(3, logs="/logs"), "114[2].pbshost")
    assert element_out == "/logs/114[2].pbshost.OU"
    assert SYSTEM.log_paths(spec(), "486.pbshost") == ("", "")


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "Fri Nov 20 10:24:20 2026"),
        ("America/New_York", "Fri Nov 20 05:24:20 2026"),
        ("Europe/Berlin", "Fri Nov 20 11:24:20 2026"),
    ],
)
def test_times_are_those_of_this_machine(
    zone: str, text: str, time_zone: Callable[[str], None]
) -> None:
    time_zone(zone)
    assert read_time(text) == T


@pytest.mark.parametrize("text", [None, "", "soon"])
def test_no_time_is_none(text: str | None) -> None:
    assert read_time(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:30:00", 1800),
        ("100:00:00", 360000),
        ("10:00", 600),
        ("3600", 3600),
        ("1:00:00:00", 86400),
        ("1-00:00:00", None),
        ("--", None),
        ("", None),
        (None, None),
    ],
)
def test_walltimes_are_read(text: str | None, expected: int | None) -> None:
    assert SYSTEM.walltime({"walltime": text}) == expected
    assert duration(text) == expected


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (1, "1B"),
        (1234, "1234B"),
        (12345, "13kB"),
        (12345678, "12MB"),
        (1234567890, "1178MB"),
        (15_000_000_000, "14GB"),
        (2 * 2**40, "2048GB"),
    ],
)
def test_memory_is_rounded_up_to_units_of_pbs(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("text", "size"),
    [("64gb", 64 * 2**30), ("512000kb", 524288000), ("5", 5), ("7b", 7), ("x", None), (None, None)],
)
def test_amounts_of_memory_are_read(text: str | None, size: int | None) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize(
    ("hosts", "nodes"),
    [
        ("pbshost/0*2", "pbshost"),
        ("n1/0*2+n2/1*2", "n1,n2"),
        ("n1/0+n1/1+n2/0", "n1,n2"),
        ("vm/0-3", "vm"),
        (None, ""),
    ],
)
def test_nodes_are_named_once(hosts: str | None, nodes: str) -> None:
    assert node_of(hosts) == nodes


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (0, (0, None)),
        (137, (137, None)),
        (256, (256, None)),
        (265, (None, 9)),
        (-29, (None, None)),
        (None, (None, None)),
    ],
)
def test_exit_codes_above_256_are_signals(
    status: int | None, told: tuple[int | None, int | None]
) -> None:
    assert exit_of(status) == told


def test_a_job_that_is_no_element_counts_as_the_first() -> None:
    assert (element("12.a"), element("12[7].a"), element("12[].a")) == (0, 7, 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("workq", "workq"),
        ("/scratch/$USER/${PROJECT}", "/scratch/$USER/${PROJECT}"),
        ("my account", '"my account"'),
        ("$HOME/my jobs", '"$HOME/my jobs"'),
        ('say "hi"', "'say \"hi\"'"),
        ("it's", '"it\'s"'),
        ("a\\b", '"a\\b"'),
        ("""'"' x""", r"""\'\"\'\ x"""),
    ],
)
def test_quoting_is_that_of_qsub(value: str, text: str) -> None:
    assert quoted(value) == text
