"""HTCondor's output, as recorded from 25.0, and what is read from it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, JobSpec, JobStatus
from jupyter_jobqueue.adapters.htcondor import HTCondor
from jupyter_jobqueue.adapters.htcondor_output import ATTRIBUTES
from jupyter_jobqueue.batch.result import classify, read_result
from jupyter_jobqueue.errors import ArrayRefused, LimitReached, QueueError
from tests.recordings import one_call

CONDOR = HTCondor()
T = 1795170046.0  # 2026-11-20T10:20:46 UTC
TAG = "jobqueue-abc-0"


def spec(count: int = 1, **options: object) -> JobSpec:
    return JobSpec("sleep 600", count=count, tag=TAG, options=options)


def status(text: str) -> dict[str, JobStatus]:
    return CONDOR.status([]).parse(text)


def ads(*found: dict[str, object]) -> str:
    """Print ads as ``condor_q -json`` does."""
    return "[\n" + ",\n".join(json.dumps(ad, indent=2) + "\n" for ad in found) + "]\n"


def table(file: str, columns: Sequence[str]) -> str:
    """Return what was recorded with ``-af`` in the form of ``-json``, for the same attributes."""
    lines = one_call(f"htcondor/{file}").stdout.splitlines()
    rows = (line.split(" ", len(columns) - 1) for line in lines if re.match(r"\d+ \d+ ", line))
    return ads(
        *(
            {
                name: json.loads(word) if re.fullmatch(r"\d+|true|false", word) else word
                for name, word in zip(columns, row, strict=True)
                if word != "undefined"
            }
            for row in rows
        )
    )


# ---- submit


@pytest.mark.parametrize(
    ("file", "ids"),
    [
        ("12-submit-terse.txt", ["3.0", "3.1", "3.2", "3.3", "3.4"]),
        ("102-submit-sig-keep.txt", ["24.0"]),
        ("10-submit-plain.txt", ["1.0"]),
        ("11-submit-five.txt", ["2.0", "2.1", "2.2", "2.3", "2.4"]),
    ],
)
def test_a_submission_gives_an_id_for_each_job(file: str, ids: list[str]) -> None:
    assert CONDOR.submit(spec()).parse(one_call(f"htcondor/{file}").stdout) == ids


def test_the_description_comes_on_standard_input() -> None:
    call = CONDOR.submit(spec())
    assert call.argv == ["condor_submit", "-terse"]
    assert call.stdin == CONDOR.script(spec())


def test_extra_arguments_of_condor_submit_are_given_as_they_are() -> None:
    call = CONDOR.submit(spec(submit_command_extra=["-name", "my schedd"]))
    assert call.argv == ["condor_submit", "-terse", "-name", "my schedd"]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("14-submit-nocmd.txt", "ERROR: Can't access executable file /no/such/command"),
        ("30-submit-bad-line.txt", "ERROR: Failed to parse command file (line 3)."),
        ("32-submit-noexe.txt", "ERROR: No 'executable' parameter was provided"),
        ("33-submit-badargs.txt", "ERROR: Unterminated double-quote."),
        ("36-submit-baduniverse.txt", "ERROR: I don't know about the 'nosuch' universe."),
    ],
)
def test_messages_of_condor_submit_reach_the_error(file: str, words: str) -> None:
    answer = one_call(f"htcondor/{file}")
    with pytest.raises(QueueError, match="condor_submit failed with exit code 1") as caught:
        read_result(CONDOR.submit(spec()), answer.exit, answer.stdout, answer.stderr)
    assert words in caught.value.details
    assert not re.search(CONDOR.unreachable_pattern, caught.value.details)


def test_condor_submit_without_an_id_is_an_error() -> None:
    answer = one_call("htcondor/131-submit-schedd-stopped.txt")
    with pytest.raises(QueueError, match="cannot be read"):
        read_result(CONDOR.submit(spec()), 0, answer.stdout, answer.stderr)


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("301-submit-max-jobs-per-owner", LimitReached),
        ("302-submit-max-jobs-per-submission", ArrayRefused),
        ("303-submit-max-jobs-submitted", LimitReached),
        ("304-submit-requirement", QueueError),
    ],
)
def test_a_limit_is_waited_for_or_met_with_smaller_arrays(
    file: str, kind: type[QueueError]
) -> None:
    answer = one_call(f"htcondor/{file}.txt")
    with pytest.raises(QueueError) as caught:
        read_result(CONDOR.submit(spec()), answer.exit, answer.stdout, answer.stderr)
    assert type(classify(caught.value, CONDOR)) is kind


# ---- status


def test_status_queries_our_jobs_in_one_command() -> None:
    call = CONDOR.status(["1.0", "2.3"])
    assert call.argv == [
        "condor_q", "-json", "-constraint", "JobQueueTag =!= undefined", "-attributes",
        "ClusterId,ProcId,JobStatus,JobQueueTag,HoldReason,HoldReasonCode,LastHoldReason,"
        "LastHoldReasonCode,RemoveReason,LastRejMatchReason,RemoteHost,LastRemoteHost,QDate,"
        "JobCurrentStartDate,CompletionDate,EnteredCurrentStatus,ExitCode,ExitBySignal,ExitSignal,"
        "Out,Err,AllowedJobDuration,AllowedExecuteDuration,ServerTime",
    ]  # fmt: skip
    assert CONDOR.status_lists_all


def test_condor_q_shows_states_and_reasons() -> None:
    assert status(one_call("htcondor/54-condor_q-json.txt").stdout) == {
        "6.0": JobStatus(
            BatchState.STUCK,
            "Error from slot13@vm: Failed to execute '/no/such/command': "
            "(errno=2: 'No such file or directory')",
        ),
        "7.0": JobStatus(BatchState.HELD, "submitted on hold at user's request"),
        "8.0": JobStatus(
            BatchState.STUCK,
            "Transfer input files failure at access point vm while sending files to execution "
            "point slot14@vm. Details: 1 total failures: first failure: reading from file "
            "/no/such/input.txt: (errno 2) No such file or directory",
        ),
        "9.0": JobStatus(
            BatchState.STUCK,
            "Error from slot15@vm: Failed to open '/no/such/dir/out.txt' as standard output: "
            "No such file or directory (errno 2)",
        ),
        "10.0": JobStatus(BatchState.PENDING),
        "11.0": JobStatus(BatchState.PENDING),
        "12.0": JobStatus(BatchState.RUNNING, node="vm"),
        "13.0": JobStatus(BatchState.RUNNING, node="vm"),
        "19.0": JobStatus(BatchState.PENDING),
        "21.0": JobStatus(BatchState.PENDING),
    }


def test_a_job_that_fits_nowhere_shows_why_it_waits() -> None:
    jobs = status(one_call("htcondor/55-condor_q-json-full-one.txt").stdout)
    assert jobs == {"10.0": JobStatus(BatchState.PENDING, "no match found", submitted=T)}


def test_why_jobs_wait_is_asked_where_the_reason_says_nothing() -> None:
    reasons = [
        job.reason for job in status(one_call("htcondor/310-condor_q-waiting.txt").stdout).values()
    ]
    assert reasons == [
        *("no match found", "no match found", "", "no match found", "no match found"),
        *("no match found", "concurrency limit licence reached"),
    ]
    assert [bool(re.search(CONDOR.vague_reason, reason)) for reason in reasons] == [
        *(True, True, False, True, True, True, False)
    ]
    call = CONDOR.why_waiting(["22.0", "25.0"])
    assert call.argv == ["condor_q", "-better-analyze", "22.0", "25.0"]
    never = (
        "no machine of the pool can run it: "
        "of 1 machines, 1 are rejected by your job's requirements: "
    )
    later = "no free slot: of 1 machines, 1 are able to run your job"
    assert call.parse(one_call("htcondor/311-analyze.txt").stdout) == {
        "22.0": f"{never}TARGET.Cpus >= RequestCpus (RequestCpus = 64)",
        "23.0": f"{never}TARGET.Memory >= RequestMemory (RequestMemory = 1022976 (mb))",
        "24.0": later,
        "25.0": later,
        "26.0": f'{never}OpSysName == "Arch", TARGET.Cpus >= RequestCpus (RequestCpus = 64)',
        "27.0": f"{never}TARGET.Memory >= RequestMemory (RequestMemory = lots (mb))",
        "28.0": later,
    }


@pytest.mark.parametrize("text", ["", "The Requirements expression for job 1.000 is\n\n    true\n"])
def test_an_analysis_without_a_summary_says_nothing(text: str) -> None:
    assert CONDOR.why_waiting(["1.0"]).parse(text) == {}


def test_a_suspended_job_runs_and_says_so() -> None:
    jobs = status(one_call("htcondor/330-condor_q-suspended.txt").stdout)
    found = [(job.state, job.reason) for job in jobs.values()]
    running = (BatchState.RUNNING, "")
    waiting = (BatchState.PENDING, "")
    assert found == [(BatchState.RUNNING, "suspended"), running, running, running, waiting]


def test_a_job_whose_output_cannot_be_written_says_which_file() -> None:
    (held,) = status(one_call("htcondor/320-condor_q-held-stream.txt").stdout).values()
    words = "Error from slot1_1@localhost: unable to establish standard output stream"
    assert held == JobStatus(BatchState.STUCK, f"{words}: /no/such/folder/out")
    words = "unable to establish standard error stream"
    error = one(5, HoldReasonCode=9, HoldReason=words, Out="/a/out", Err="/a/err")
    assert error.reason == f"{words}: /a/err"


def test_a_job_that_was_put_on_hold_while_it_ran() -> None:
    columns = ("ClusterId", "ProcId", "JobStatus", "HoldReason")
    text = table("70-hold-running.txt", columns).replace(' 1"', '",\n  "HoldReasonCode": 1')
    assert status(text)["12.0"] == JobStatus(BatchState.HELD, "via condor_hold (by user condorp)")


# The recording has a reason with blanks before other columns.
KEPT = ("ClusterId", "ProcId", "JobStatus", "ExitCode", "ExitBySignal", "HoldReason")


def kept() -> dict[str, JobStatus]:
    text = table("103-condor_q-keep.txt", KEPT)
    text = re.sub(r"(of 00:10) (46) maxrt", r'\1",\n  "HoldReasonCode": \2, "X": "', text)
    return status(text)


def test_a_job_that_is_kept_in_the_queue_has_its_exit_code() -> None:
    assert (kept()["25.0"].state, kept()["25.0"].exit_code) == (BatchState.DONE, 0)


def test_a_job_over_its_walltime_has_failed_though_it_is_only_held() -> None:
    job = kept()["26.0"]
    assert (job.state, job.reason) == (
        BatchState.FAILED,
        "The job exceeded allowed job duration of 00:10",
    )
    assert job.ended_by_system


def ad(code: int, **more: object) -> dict[str, object]:
    return {"ClusterId": 5, "ProcId": 2, "JobStatus": code, "QDate": T, **more}


def one(code: int, **more: object) -> JobStatus:
    return status(ads(ad(code, **more)))["5.2"]


def test_a_job_that_is_removed_runs_until_it_has_left_its_node() -> None:
    columns = ("ClusterId", "ProcId", "JobStatus", "RemoveReason")
    text = table("105-rm-stubborn.txt", columns)
    reason = "via condor_rm (by user condorp)"
    assert status(text)["27.0"] == JobStatus(BatchState.CANCELLED, reason)
    there = status(text.replace('"JobStatus"', '"RemoteHost": "slot1@vm",\n  "JobStatus"'))
    assert there["27.0"] == JobStatus(BatchState.RUNNING, reason, "vm")


# https://htcondor.readthedocs.io/en/latest/classad-attributes/job-classad-attributes.html
@pytest.mark.parametrize(
    ("code", "state"),
    [
        (1, BatchState.HELD),
        (3, BatchState.HELD),
        (15, BatchState.HELD),
        (16, BatchState.HELD),
        (6, BatchState.STUCK),
        (7, BatchState.STUCK),
        (12, BatchState.STUCK),
        (13, BatchState.STUCK),
        (21, BatchState.STUCK),
        (26, BatchState.STUCK),
        (34, BatchState.FAILED),
        (46, BatchState.FAILED),
        (47, BatchState.FAILED),
        (999, BatchState.STUCK),
        (None, BatchState.HELD),
    ],
)
def test_a_hold_is_of_the_user_or_an_error_or_a_limit(code: int | None, state: BatchState) -> None:
    hold = {} if code is None else {"HoldReasonCode": code}
    found = status(ads({**ad(5, HoldReason="so it is"), **hold}))["5.2"]
    assert (found.state, found.reason) == (state, "so it is")
    assert found.ended_by_system is (code in (46, 47))


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        (6, BatchState.RUNNING, ""),
        (7, BatchState.RUNNING, "suspended"),
        (8, BatchState.UNKNOWN, ""),
    ],
)
def test_states_that_were_not_seen(code: int, state: BatchState, reason: str) -> None:
    assert (one(code).state, one(code).reason) == (state, reason)


def test_a_running_job_has_node_tag_times_and_its_place_in_the_cluster() -> None:
    more = {"RemoteHost": "slot1_3@node7.site", "JobCurrentStartDate": T + 9, "JobQueueTag": TAG}
    expected = JobStatus(
        BatchState.RUNNING, "", "node7.site", TAG, submitted=T, started=T + 9, element=2
    )
    assert one(2, **more) == expected
    # After an eviction it waits again.
    assert one(1, **more).started is None


@pytest.mark.parametrize("text", ["", "[\n]\n", "WARNING: hello\n"])
def test_no_jobs_are_no_error(text: str) -> None:
    assert status(text) == {}


@pytest.mark.parametrize("file", ["05-condor_q-empty-json.txt", "58-condor_q-unknown.txt"])
def test_an_empty_listing_is_not_even_an_empty_list(file: str) -> None:
    answer = one_call(f"htcondor/{file}")
    assert answer.exit == 0
    assert status(answer.stdout.partition("[rc 0]")[0]) == {}


def test_an_unreadable_ad_loses_no_other() -> None:
    good = ads(ad(2))
    broken = good.replace('"ClusterId": 5,', '"ClusterId: 5')
    assert list(status(broken + ads({"JobStatus": 2}) + good)) == ["5.2"]


AWAY = [
    "130-q-schedd-stopped.txt",
    "132-rm-schedd-stopped.txt",
    "141-submit-schedd-down.txt",
    "142-q-schedd-down.txt",
    "144-rm-schedd-down.txt",
    "150-submit-pool-down.txt",
    "152-rm-pool-down.txt",
]


@pytest.mark.parametrize("file", AWAY)
def test_daemons_that_are_away_are_an_error_of_that_kind(file: str) -> None:
    answer = one_call(f"htcondor/{file}")
    for call in (CONDOR.status([]), CONDOR.cancel(["1.0"])):
        with pytest.raises(QueueError, match="failed with exit code 1") as caught:
            read_result(call, answer.exit, answer.stdout, answer.stderr)
        assert re.search(CONDOR.unreachable_pattern, caught.value.details)


def test_a_pool_that_is_down_is_recognised() -> None:
    assert re.search(CONDOR.unreachable_pattern, one_call("htcondor/151-q-pool-down.txt").stderr)


def test_a_missing_configuration_is_an_error_of_another_kind() -> None:
    answer = one_call("htcondor/155-noconfig.txt")
    with pytest.raises(QueueError) as caught:
        read_result(CONDOR.status([]), answer.exit, answer.stdout, answer.stderr)
    assert caught.value.details.startswith("Neither the environment variable CONDOR_CONFIG")
    assert not re.search(CONDOR.unreachable_pattern, caught.value.details)


# ---- history


def history(text: str) -> dict[str, JobStatus]:
    return CONDOR.history(["1.0"]).parse(text)


def test_history_queries_the_very_jobs() -> None:
    assert CONDOR.history(["3.0", "3.1", "4.0", "3.2", "3.7"]).argv == [
        "condor_history", "-json", "-limit", "5", "-constraint",
        "(ClusterId == 3 && ProcId >= 0 && ProcId <= 2) || (ClusterId == 3 && ProcId == 7)"
        " || (ClusterId == 4 && ProcId == 0)",
        "-attributes", ATTRIBUTES,
    ]  # fmt: skip


def test_history_shows_exit_code_node_and_end() -> None:
    text = one_call("htcondor/91-history-json.txt").stdout
    failed = JobStatus(BatchState.FAILED, node="vm", ended=T + 1, exit_code=1)
    assert history(text) == {"4.0": failed}


COLUMNS = ("ClusterId", "ProcId", "JobStatus", "ExitCode", "ExitBySignal", "ExitSignal")


def test_history_shows_how_jobs_ended() -> None:
    jobs = history(table("89-history.txt", (*COLUMNS, "RemoveReason")))
    by_rm = "via condor_rm (by user condorp)"
    assert jobs["7.0"] == JobStatus(BatchState.CANCELLED, by_rm, signal=15)
    assert jobs["19.0"] == JobStatus(BatchState.CANCELLED, by_rm)
    assert jobs["3.4"] == JobStatus(BatchState.DONE, exit_code=0, element=4)
    assert jobs["4.0"] == JobStatus(BatchState.FAILED, exit_code=1)
    assert len(jobs) == 24
    assert all(job.state.ended for job in jobs.values())


def test_history_shows_the_signal_that_killed_a_job() -> None:
    jobs = history(table("104-history-sig.txt", COLUMNS))
    assert jobs["32.0"] == JobStatus(BatchState.FAILED, signal=9)
    assert jobs["24.0"] == JobStatus(BatchState.FAILED, exit_code=1)


def test_a_removed_job_has_left_its_node_when_it_is_history() -> None:
    assert history(ads(ad(3, RemoteHost="slot1@vm")))["5.2"].state is BatchState.CANCELLED


@pytest.mark.parametrize("name", ["HoldReason", "LastHoldReason"])
def test_a_job_that_was_removed_for_its_walltime_has_failed(name: str) -> None:
    hold = {name: "The job exceeded allowed job duration of 00:10", f"{name}Code": 46}
    by_policy = "The job attribute PeriodicRemove expression 'JobStatus == 5' evaluated to TRUE"
    found = history(ads(ad(3, RemoveReason=by_policy, **hold)))["5.2"]
    assert (found.state, found.ended_by_system) == (BatchState.FAILED, True)
    assert found.reason == "The job exceeded allowed job duration of 00:10"
    by_user = history(ads(ad(3, RemoveReason="via condor_rm (by user me)", **hold)))["5.2"]
    assert (by_user.state, by_user.ended_by_system) == (BatchState.CANCELLED, False)


def test_a_job_over_its_walltime_as_the_history_has_it() -> None:
    (job,) = history(one_call("htcondor/340-history-walltime.txt").stdout).values()
    assert job == JobStatus(
        BatchState.FAILED,
        "The job exceeded allowed job duration of 00:03",
        node="localhost",
        ended=1795770758,
        signal=15,
        ended_by_system=True,
    )


# ---- cancel


def test_cancel_names_every_job() -> None:
    assert CONDOR.cancel(["3.0", "3.1"]).argv == ["condor_rm", "3.0", "3.1"]


@pytest.mark.parametrize("file", ["72-rm-one.txt", "74-rm-several.txt", "75-rm-again.txt"])
def test_cancelling_jobs_that_are_gone_is_no_failure(file: str) -> None:
    answer = one_call(f"htcondor/{file}")
    read_result(CONDOR.cancel(["1.0"]), answer.exit, answer.stdout, answer.stderr)


def test_of_several_jobs_some_may_be_gone() -> None:
    answer = one_call("htcondor/78-rm-mixed.txt")
    said = answer.stderr.partition("\nCouldn't")[0]  # of a whole cluster, which we never name
    read_result(CONDOR.cancel(["13.0", "9999.0"]), answer.exit, answer.stdout, said)


def test_what_cannot_be_cancelled_is_an_error() -> None:
    said = "Job 9.0 not found\nPermission denied to remove job 10.0\n"
    with pytest.raises(QueueError, match="condor_rm failed with exit code 1") as caught:
        read_result(CONDOR.cancel(["9.0", "10.0"]), 1, "", said)
    assert "Permission denied" in caught.value.details


# ---- version, environment, walltime, logs


def test_the_version_is_a_number() -> None:
    text = one_call("htcondor/00-version.txt").stdout
    assert CONDOR.version().parse(text) == "25.0.13"


@pytest.mark.parametrize(
    "name",
    [
        "_CONDOR_ANCESTOR_29573", "_CONDOR_BIN", "_CONDOR_JOB_AD", "_CONDOR_JOB_PIDS",
        "_CONDOR_SCRATCH_DIR", "_CONDOR_SLOT",
    ],
)  # fmt: skip
def test_what_a_surrounding_job_sets_is_kept_from_the_commands(name: str) -> None:
    assert re.fullmatch(CONDOR.env_blocklist, name)


@pytest.mark.parametrize(
    "name", ["CONDOR_CONFIG", "_CONDOR_SCHEDD_HOST", "_condor_CREDD_HOST", "X509_USER_PROXY"]
)
def test_what_the_user_or_the_site_sets_stays(name: str) -> None:
    assert not re.fullmatch(CONDOR.env_blocklist, name)


@pytest.mark.parametrize(
    ("walltime", "seconds", "line"),
    [
        ("01:00:00", 3600, "allowed_job_duration = 3600"),
        ("1-00:00:00", 86400, "allowed_job_duration = 86400"),
        ("600", 600, "allowed_job_duration = 600"),
        ("2 * 3600", None, "allowed_job_duration = 2 * 3600"),
        (None, None, None),
    ],
)
def test_walltime_is_the_allowed_duration(
    walltime: str | None, seconds: int | None, line: str | None
) -> None:
    assert CONDOR.walltime({"walltime": walltime}) == seconds
    lines = CONDOR.directives(spec(walltime=walltime))
    assert [each for each in lines if "duration" in each] == ([line] if line else [])


def test_logs_are_where_the_description_puts_them() -> None:
    asked = JobSpec("true", name="a/b c", logs="/my logs")
    assert CONDOR.log_paths(asked, "3.1") == ("/my logs/a-b c-3.1.out", "/my logs/a-b c-3.1.err")
    assert "Output = /my logs/a-b c-$(ClusterId).$(ProcId).out" in CONDOR.directives(asked)
    assert CONDOR.log_paths(spec(), "3.1") == ("", "")
    assert not any("Output" in line for line in CONDOR.directives(spec()))
