"""Slurm's output, as recorded from 22.05, and what is read from it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, JobSpec, JobStatus, Queue
from jupyter_jobqueue.adapters.slurm import Slurm, size_text
from jupyter_jobqueue.adapters.slurm_output import SQUEUE_COLUMNS, STATES, read_time
from jupyter_jobqueue.adapters.text import quote, seconds
from jupyter_jobqueue.batch.result import read_result
from jupyter_jobqueue.errors import QueueError
from tests.recordings import rearranged, recorded

SLURM = Slurm()
T = 1795211055.0  # 2026-11-20T21:44:15 UTC
SQUEUE_O = (
    "JobArrayID", "State", "exit_code", "Reason", "NodeList", "SubmitTime", "StartTime", "EndTime",
    "Name", "Comment",
)  # fmt: skip
SQUEUE_o = ("JobArrayID", "State", "Reason", "NodeList", "StartTime", "EndTime")
FORMAT = ",".join(f"{column}:|" for column in SQUEUE_O).removesuffix("|")


def spec(count: int = 1) -> JobSpec:
    return JobSpec("sleep 600", count=count, tag="jobqueue-abc-0")


def squeue(file: str, command: str, have: tuple[str, ...]) -> dict[str, JobStatus]:
    """Read a recording that was made with other columns than those we ask for."""
    text = rearranged(recorded(file, command).stdout, have, SQUEUE_COLUMNS, end="|")
    return SLURM.status([]).parse(text)


# ---- submit


@pytest.mark.parametrize(
    ("file", "command", "job"),
    [
        ("01_sbatch_ok.txt", "sbatch job.sh", "13"),
        ("01_sbatch_ok.txt", "sbatch --parsable job.sh", "14"),
        ("50_dbd_sbatch_errors.txt", "sbatch -q tiny -t 10 job.sh", "2"),
    ],
)
def test_a_submission_gives_the_id(file: str, command: str, job: str) -> None:
    assert SLURM.submit(spec()).parse(recorded(f"slurm/{file}", command).stdout) == [job]


def test_an_array_gives_an_id_for_each_element() -> None:
    answer = recorded("slurm/02_sbatch_array.txt", "sbatch --parsable --array=0-9%3 job.sh")
    assert SLURM.submit(spec(3)).parse(answer.stdout) == ["23_0", "23_1", "23_2"]


@pytest.mark.parametrize(
    "text",
    [
        "23;cluster\n",
        "Submitted batch job 23\n",
        "Submitted batch job 23 on cluster west\n",
        "Your project has 1204 hours left\nSubmitted batch job 23\n",
        "Checking quota: ok\n23\n",
    ],
)
def test_the_id_is_found_in_what_wrappers_of_sites_print(text: str) -> None:
    assert SLURM.submit(spec()).parse(text) == ["23"]


def test_sbatch_without_an_id_is_an_error_with_its_message() -> None:
    answer = recorded("slurm/01_sbatch_ok.txt", "sbatch --test-only job.sh")
    with pytest.raises(QueueError, match="cannot be read") as caught:
        read_result(SLURM.submit(spec()), answer.exit, answer.stdout, answer.stderr)
    assert "Job 19 to start at 2026-11-20T10:15:25" in caught.value.details


def test_one_job_is_no_array_and_carries_its_tag() -> None:
    call = SLURM.submit(spec())
    assert call.argv == ["sbatch", "--parsable", "--comment=jobqueue-abc-0"]
    assert call.stdin == SLURM.script(spec())


def test_several_jobs_are_one_array() -> None:
    assert SLURM.submit(spec(4)).argv[-1] == "--array=0-3"


@pytest.mark.parametrize(
    ("file", "command", "words"),
    [
        (
            "03_sbatch_errors.txt",
            "sbatch -p nosuch job.sh",
            "sbatch: error: invalid partition specified: nosuch\n"
            "sbatch: error: Batch job submission failed: Invalid partition name specified",
        ),
        (
            "03_sbatch_errors.txt",
            "sbatch -t nonsense job.sh",
            "sbatch: error: Invalid --time specification",
        ),
        (
            "02_sbatch_array.txt",
            "sbatch --array=0-10000 job.sh",
            "sbatch: error: Batch job submission failed: Invalid job array specification",
        ),
        (
            "50_dbd_sbatch_errors.txt",
            "sbatch -A nosuchaccount job.sh",
            "sbatch: error: Batch job submission failed: "
            "Invalid account or account/partition combination specified",
        ),
        (
            "60_controller_down.txt",
            "sbatch --parsable job.sh",
            "sbatch: error: Batch job submission failed: "
            "Unable to contact slurm controller (connect failure)",
        ),
    ],
)
def test_messages_of_sbatch_reach_the_error(file: str, command: str, words: str) -> None:
    answer = recorded(f"slurm/{file}", command)
    with pytest.raises(QueueError, match=f"sbatch failed with exit code {answer.exit}") as caught:
        read_result(SLURM.submit(spec()), answer.exit, answer.stdout, answer.stderr)
    assert caught.value.details == words


# ---- status


def test_status_queries_all_jobs_of_the_user_in_one_command() -> None:
    call = SLURM.status(["1", "2_3"])
    assert call.argv == [
        "squeue", "--me", "-h", "-r", "-t", "all", "-O",
        "JobArrayID:|,State:|,exit_code:|,NodeList:|,SubmitTime:|,StartTime:|,EndTime:|,TimeUsed:|,Reason:|,Comment:|",
    ]  # fmt: skip
    assert call.env == {"SLURM_TIME_FORMAT": "%s"}


def waits(
    reason: str, tag: str, state: BatchState = BatchState.PENDING, *, element: int = 0
) -> JobStatus:
    return JobStatus(state, reason, tag=tag, submitted=T, element=element)


def runs(tag: str, limit: float, *, element: int = 0) -> JobStatus:
    return JobStatus(
        BatchState.RUNNING,
        node="node1",
        tag=tag,
        submitted=T,
        started=T + 1,
        element=element,
        limit=limit,
    )


def ended(
    state: BatchState,
    reason: str,
    tag: str = "",
    after: float = 1,
    exit_code: int | None = None,
    signal: int | None = None,
    element: int = 0,
) -> JobStatus:
    return JobStatus(
        state,
        reason,
        "node1",
        tag,
        submitted=T,
        started=T + 1,
        ended=T + after,
        exit_code=exit_code,
        signal=signal,
        element=element,
    )


ARRAY, PIPE = "jq:abc tag=x y", "jq:abc|pipe"
EVERY_KIND = {
    "7_0": waits("PartitionDown", "jq:abc"),
    "7_1": waits("PartitionDown", "jq:abc", element=1),
    "7_2": waits("PartitionDown", "jq:abc", element=2),
    "11": waits("PartitionDown", "c" * 300),
    "12": waits("PartitionDown", ""),
    "9": ended(BatchState.CANCELLED, "CANCELLED", after=2, signal=15),
    "15": ended(BatchState.CANCELLED, "CANCELLED", after=3, exit_code=0),
    "5": ended(BatchState.DONE, "", exit_code=0),
    "6_0": ended(BatchState.DONE, "", ARRAY, exit_code=0),
    "2": ended(BatchState.FAILED, "NonZeroExitCode", exit_code=3),
    "3": ended(BatchState.FAILED, "JobLaunchFailure", signal=9),
    "4": ended(BatchState.FAILED, "NonZeroExitCode", exit_code=137),
    "6_1": ended(BatchState.FAILED, "NonZeroExitCode", ARRAY, exit_code=1, element=1),
    "6_2": ended(BatchState.FAILED, "NonZeroExitCode", ARRAY, exit_code=2, element=2),
    "6_3": ended(BatchState.FAILED, "NonZeroExitCode", ARRAY, exit_code=3, element=3),
    "10": ended(BatchState.FAILED, "JobLaunchFailure", signal=53),
    "14": ended(BatchState.FAILED, "NonZeroExitCode", after=2, exit_code=7),
    "8_2": waits("JobArrayTaskLimit", PIPE, element=2),
    "13": waits("JobHeldUser", "", BatchState.HELD),
    "1": runs("", 60),
    "8_0": runs(PIPE, 1800),
    "8_1": runs(PIPE, 1800, element=1),
}


@pytest.mark.usefixtures("time_zone")
def test_squeue_shows_state_reason_node_tag_times_and_exit_code() -> None:
    command = f"squeue -h -r -t all -O '{FORMAT}'"
    assert squeue("slurm/70_squeue_exit_code.txt", command, SQUEUE_O) == EVERY_KIND


@pytest.mark.usefixtures("time_zone")
def test_squeue_shows_that_a_job_ran_into_its_walltime() -> None:
    command = f"squeue -h -r -t all -n jq-timeout2 -O '{FORMAT}'"
    assert squeue("slurm/74_squeue_timeout.txt", command, SQUEUE_O) == {
        "23": JobStatus(
            BatchState.FAILED,
            "TimeLimit",
            "node1",
            submitted=T + 167,
            started=T + 168,
            ended=T + 240,
            signal=15,
            ended_by_system=True,
        )
    }


@pytest.mark.usefixtures("time_zone")
@pytest.mark.parametrize(
    ("job", "state", "reason", "estimated_start"),
    [
        ("76", BatchState.PENDING, "PartitionDown", None),
        ("77", BatchState.PENDING, "Dependency", None),
        ("78", BatchState.PENDING, "BeginTime", 1795173546.0),  # 2026-11-20T11:19:06
        ("85", BatchState.HELD, "JobHeldUser", None),
        ("61", BatchState.CANCELLED, "DependencyNeverSatisfied", None),
        ("66", BatchState.FAILED, "TimeLimit", None),
        ("57", BatchState.DONE, "", None),
        ("74", BatchState.RUNNING, "", None),
    ],
)
def test_squeue_shows_why_jobs_wait_and_until_when(
    job: str, state: BatchState, reason: str, estimated_start: float | None
) -> None:
    command = "squeue -t all -h -o '%i|%T|%r|%N|%S|%e|%M|%l'"
    jobs = squeue("slurm/20_squeue_reasons.txt", command, (*SQUEUE_o, "elapsed", "limit"))
    status = jobs[job]
    assert (status.state, status.reason) == (state, reason)
    assert status.estimated_start == estimated_start
    assert (status.started is None) is (state in (BatchState.PENDING, BatchState.HELD))


def test_a_job_on_several_nodes_names_them_all() -> None:
    command = "squeue -t all -h -o '%i|%T|%r|%N|%S|%e|%M|%l'"
    jobs = squeue("slurm/20_squeue_reasons.txt", command, (*SQUEUE_o, "elapsed", "limit"))
    assert jobs["57"].node == "node[1-4]"


def row(code: str, reason: str = "None") -> str:
    return f"1|{code}|0|node1|{T:.0f}|{T:.0f}|{T:.0f}|0:00|{reason}|tag|\n"


def test_a_completing_job_still_runs_and_a_lost_node_is_named() -> None:
    read = SLURM.status([]).parse
    assert read(row("COMPLETING"))["1"].state is BatchState.RUNNING
    assert read(row("NODE_FAIL"))["1"].reason == "NODE_FAIL"
    assert read(row("NODE_FAIL", "NodeDown"))["1"].reason == "NodeDown"


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("JobHeldUser", BatchState.HELD),
        ("JobHeldAdmin", BatchState.HELD),
        ("launch failed requeued held", BatchState.STUCK),
    ],
)
def test_held_jobs_are_recognised_by_their_reason(reason: str, state: BatchState) -> None:
    assert SLURM.status([]).parse(row("PENDING", reason))["1"].state is state


@pytest.mark.parametrize(
    ("code", "ended_by_system"),
    [
        ("TIMEOUT", True),
        ("NODE_FAIL", True),
        ("PREEMPTED", True),
        ("FAILED", False),
        ("OUT_OF_MEMORY", False),
        ("CANCELLED", False),
    ],
)
def test_ends_that_are_no_fault_of_the_job_are_known(code: str, ended_by_system: bool) -> None:
    assert SLURM.status([]).parse(row(code))["1"].ended_by_system is ended_by_system


@pytest.mark.parametrize(
    ("walltime", "limit"),
    [
        ("90", 5400),
        ("10:30", 630),
        ("00:01:00", 60),
        ("1-12:00:00", 129_600),
        ("2-6", 194_400),
        ("1-0:30", 88_200),
        ("UNLIMITED", None),
        ("", None),
    ],
)
def test_walltimes_are_read_as_sbatch_reads_them(walltime: str, limit: int | None) -> None:
    assert SLURM.walltime({"walltime": walltime}) == limit


@pytest.mark.parametrize(
    ("file", "command", "kind"),
    [
        ("50_dbd_sbatch_errors.txt", "sbatch --array=0-9 --hold -q tiny -t 1 job.sh", "limit"),
        ("60_controller_down.txt", "sbatch --parsable job.sh", "unreachable"),
        ("03_sbatch_errors.txt", "sbatch -p nosuch job.sh", ""),
    ],
)
def test_failures_that_may_pass_are_not_taken_for_refusals(
    file: str, command: str, kind: str
) -> None:
    words = recorded(f"slurm/{file}", command).stderr
    told = [
        name
        for name in ("limit", "unreachable")
        if re.search(getattr(SLURM, f"{name}_pattern"), words)
    ]
    assert told == [kind][: len(kind)]


def test_an_unreadable_line_of_squeue_loses_no_other() -> None:
    text = f"squeue: a plugin says hello\n\n{row('RUNNING')}|||\nCLUSTER: west\n"
    assert list(SLURM.status([]).parse(text)) == ["1"]


def test_no_jobs_are_no_error() -> None:
    assert SLURM.status([]).parse("") == {}


@pytest.mark.parametrize("command", ["squeue -h -j 1", "squeue -h -o '%i|%T'"])
def test_a_controller_that_is_away_is_an_error_not_an_empty_queue(command: str) -> None:
    answer = recorded("slurm/60_controller_down.txt", command)
    with pytest.raises(QueueError, match="squeue failed with exit code 1") as caught:
        read_result(SLURM.status([]), answer.exit, answer.stdout, answer.stderr)
    assert "Unable to contact slurm controller" in caught.value.details


# ---- states, https://slurm.schedmd.com/squeue.html#SECTION_JOB-STATE-CODES

DOCUMENTED = {
    "BOOT_FAIL": "failed",
    "CANCELLED": "cancelled",
    "COMPLETED": "done",
    "CONFIGURING": "pending",
    "COMPLETING": "running",
    "DEADLINE": "failed",
    "FAILED": "failed",
    "NODE_FAIL": "failed",
    "OUT_OF_MEMORY": "failed",
    "PENDING": "pending",
    "PREEMPTED": "failed",
    "RUNNING": "running",
    "RESV_DEL_HOLD": "held",
    "REQUEUE_FED": "pending",
    "REQUEUE_HOLD": "held",
    "REQUEUED": "pending",
    "RESIZING": "running",
    "REVOKED": "cancelled",
    "SIGNALING": "running",
    "SPECIAL_EXIT": "stuck",
    "STAGE_OUT": "running",
    "STOPPED": "running",
    "SUSPENDED": "running",
    "TIMEOUT": "failed",
}


@pytest.mark.parametrize(("code", "state"), DOCUMENTED.items())
def test_every_documented_state_is_known(code: str, state: str) -> None:
    assert SLURM.status([]).parse(row(code))["1"].state == state


def test_squeue_itself_knows_no_other_states() -> None:
    answer = recorded("slurm/11_squeue_select.txt", "squeue -h -t NOSUCHSTATE")
    listed = re.search(r"Valid job states include: (\S+)", answer.stderr)
    assert listed is not None
    assert set(listed.group(1).split(",")) == set(STATES)


def test_a_state_of_a_newer_slurm_is_unknown_not_an_error() -> None:
    assert SLURM.status([]).parse(row("EXPEDITING"))["1"].state is BatchState.UNKNOWN
    assert not BatchState.UNKNOWN.ended


# ---- history

SACCT = (
    "JobID", "JobIDRaw", "State", "ExitCode", "DerivedExitCode", "Reason", "NodeList", "Submit",
    "Start", "End", "Elapsed", "TimelimitRaw",
)  # fmt: skip
ASKED = ("JobID", "State", "ExitCode", "NodeList", "Submit", "Start", "End", "Reason")
S = 1795171022.0  # 2026-11-20T10:37:02 UTC


def test_history_queries_the_very_jobs() -> None:
    call = SLURM.history(["8", "15_2"])
    assert call is not None
    assert call.argv == [
        "sacct", "-X", "-n", "-P", "-j", "8,15_2", "-o",
        "JobID,State,ExitCode,NodeList,Submit,Start,End,Reason",
    ]  # fmt: skip


def history(text: str) -> dict[str, JobStatus]:
    call = SLURM.history(["1"])
    assert call is not None
    return call.parse(text)


@pytest.mark.usefixtures("time_zone")
def test_sacct_shows_how_jobs_ended() -> None:
    command = (
        "sacct -X -n -P -j 8,9,10,11,12,13,14,15,17,18 -o JobID,JobIDRaw,State,ExitCode,"
        "DerivedExitCode,Reason,NodeList,Submit,Start,End,Elapsed,TimelimitRaw"
    )
    jobs = history(rearranged(recorded("slurm/52_dbd_sacct.txt", command).stdout, SACCT, ASKED))

    def end(
        state: BatchState, exit_code: int | None = None, signal: int | None = None, reason: str = ""
    ) -> JobStatus:
        return JobStatus(state, reason, "node1", "", S, S, None, S, exit_code, signal)

    assert jobs == {
        "8": end(BatchState.DONE, 0),
        "9": end(BatchState.FAILED, 3, reason="FAILED"),
        "10": end(BatchState.FAILED, None, 9, "FAILED"),
        "11": end(BatchState.CANCELLED, 0, reason="CANCELLED")._replace(ended=S + 1),
        "12": JobStatus(
            BatchState.CANCELLED,
            "JobHeldUser",
            submitted=S,
            started=S + 1,
            ended=S + 1,
            exit_code=0,
        ),
        "13": JobStatus(BatchState.RUNNING, node="node1", submitted=S, started=S),
        "14": JobStatus(BatchState.PENDING, "PartitionDown", submitted=S),
        "18": end(BatchState.FAILED, None, 53, "FAILED"),
        "15_0": end(BatchState.DONE, 0),
        "15_1": end(BatchState.FAILED, 1, reason="FAILED"),
        "15_2": end(BatchState.FAILED, 2, reason="FAILED"),
        "15_3": end(BatchState.FAILED, 3, reason="FAILED"),
        "17_[0-9]": JobStatus(BatchState.PENDING, "JobHeldUser", submitted=S),
    }


def test_an_unreadable_line_of_sacct_loses_no_other() -> None:
    good = "9|FAILED|3:0|node1|Unknown|None|N/A|None\n"
    text = f"sacct: a plugin says hello\n8||0:0||||||\n7||0:0|||||\n{good}"
    assert history(text)["9"].exit_code == 3


def test_sites_without_accounting_are_an_error() -> None:
    answer = recorded("slurm/41_sacct_none.txt", "sacct -j 1 -X -n -P -o JobID,State,ExitCode")
    call = SLURM.history(["1"])
    assert call is not None
    with pytest.raises(QueueError) as caught:
        read_result(call, answer.exit, answer.stdout, answer.stderr)
    assert caught.value.details == "Slurm accounting storage is disabled"


# ---- queues

SINFO = ("name", "open", "limit", "default", "nodes", "state", "cpus", "memory")
WANTED = ("name", "open", "limit", "default", "nodes", "cpus", "memory")
NODE = {"max_cores": 64, "max_memory": 64000 * 2**20}


def test_sinfo_shows_queues_and_limits() -> None:
    call = SLURM.queues()
    assert call is not None
    assert call.argv == ["sinfo", "-h", "-e", "-o", "%P|%a|%l|%L|%D|%c|%m"]
    answer = recorded("slurm/40_sinfo.txt", 'sinfo -h -o "%P|%a|%l|%L|%D|%t|%c|%m|%G|%N|%f|%s|%p"')
    text = rearranged(answer.stdout, (*SINFO, "gres", "names", "features", "size", "p"), WANTED)
    assert call.parse(text) == [
        Queue("debug", True, True, 86400, 1800, nodes=4, **NODE),
        Queue("short", False, True, 600, 300, nodes=4, **NODE),
        Queue("closed", False, False, 86400, 1800, nodes=4, **NODE),
    ]


def queues(text: str) -> list[Queue]:
    call = SLURM.queues()
    assert call is not None
    return call.parse(text)


def test_unequal_nodes_of_a_queue_are_joined_to_the_largest() -> None:
    command = "sinfo -h -e -o '%P|%a|%l|%L|%D|%c|%m'"
    answer = recorded("slurm/76_sinfo_unequal_nodes.txt", command)
    largest = {"max_cores": 1500, "max_memory": 2 * 2**40, "nodes": 2056}
    assert queues(answer.stdout) == [
        Queue("debug", True, True, 86400, 1800, **largest),
        Queue("short", False, True, 600, 300, **largest),
        Queue("closed", False, False, 86400, 1800, **largest),
        Queue("huge", max_cores=1024, max_memory=2 * 2**40, nodes=2048),
        Queue("odd", max_cores=1500, max_memory=2**40, nodes=4),
    ]


def test_an_unreadable_line_of_sinfo_loses_no_other() -> None:
    text = "sinfo: hello\nodd|up|1:00|1:00|n/a|n/a|n/a\nall|up|1:00|1:00|1|2|1024\n"
    assert queues(text)[-1] == Queue("all", False, True, 60, 60, 2, 2**30, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1-00:00:00", 86400),
        ("10:00", 600),
        ("1:00:00", 3600),
        ("2-12:30:05", 217805),
        ("infinite", None),
        ("n/a", None),
        ("", None),
    ],
)
def test_time_limits_are_read(text: str, expected: int | None) -> None:
    assert seconds(text) == expected


# ---- version, cancel


def test_the_version_is_what_sbatch_prints() -> None:
    answer = recorded("slurm/00_version.txt", "sbatch --version")
    assert SLURM.version().parse(answer.stdout) == "slurm-wlm 22.05.8"


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (["12"], ["12"]),
        (["12_3"], ["12_[3]"]),
        (["12_0", "12_1", "12_2", "12_7", "13"], ["12_[0-2,7]", "13"]),
        (["9_2", "8_1", "9_0", "9_1", "8_5"], ["9_[0-2]", "8_[1,5]"]),
        ([f"5_{index}" for index in range(1000)], ["5_[0-999]"]),
    ],
)
def test_cancel_joins_the_elements_of_an_array(ids: list[str], words: list[str]) -> None:
    assert SLURM.cancel(ids).argv == ["scancel", *words]


@pytest.mark.parametrize("command", ["scancel 999999", "scancel 98 999999 99", "scancel 113"])
def test_cancelling_jobs_that_are_gone_is_no_failure(command: str) -> None:
    answer = recorded("slurm/30_scancel.txt", command)
    read_result(SLURM.cancel(["1"]), answer.exit, answer.stdout, answer.stderr)


def test_cancelling_the_job_of_somebody_else_fails_with_the_message_of_scancel() -> None:
    answer = recorded("slurm/31_other_user.txt", "su nobody -s /bin/bash -c 'scancel 115'")
    with pytest.raises(QueueError, match="exit code 210") as caught:
        read_result(SLURM.cancel(["115"]), answer.exit, answer.stdout, answer.stderr)
    assert caught.value.details.endswith("job id 115: Access/permission denied")


# ---- environment, times, memory, quoting


@pytest.mark.parametrize(
    "name",
    [
        "SLURM_JOB_ID", "SLURM_MEM_PER_NODE", "SLURM_CPUS_PER_TASK", "SLURM_TIME_FORMAT",
        "SLURM_CONF_BACKUP", "SLURMD_NODENAME", "SQUEUE_PARTITION", "SQUEUE_FORMAT", "SCANCEL_NAME",
        "SACCT_FORMAT", "SINFO_FORMAT",
    ],
)  # fmt: skip
def test_what_a_surrounding_job_sets_is_kept_from_the_commands(name: str) -> None:
    assert re.fullmatch(SLURM.env_blocklist, name)


@pytest.mark.parametrize(
    "name", ["SLURM_CONF", "SLURM_CLUSTERS", "SBATCH_ACCOUNT", "SBATCH_PARTITION", "PATH", "HOME"]
)
def test_what_the_user_or_the_site_sets_stays(name: str) -> None:
    assert not re.fullmatch(SLURM.env_blocklist, name)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "2026-11-20T21:44:15"),
        ("America/New_York", "2026-11-20T16:44:15"),
        ("America/New_York", "1795211055"),
    ],
)
def test_times_are_read_in_any_zone(zone: str, text: str, time_zone: Callable[[str], None]) -> None:
    time_zone(zone)
    assert read_time(text) == T


@pytest.mark.parametrize("text", ["N/A", "Unknown", "None", "", "21:44:15"])
def test_no_time_is_none(text: str) -> None:
    assert read_time(text) is None


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (1, "1K"),
        (1024, "1K"),
        (1234, "2K"),
        (2**20, "1M"),
        (12345678, "12M"),
        (500_000_000, "477M"),
        (2**30, "1G"),
        (2**30 + 1, "2G"),
        (15_000_000_000, "14G"),
        (2 * 2**40, "2048G"),
    ],
)
def test_memory_is_rounded_up_to_units_of_slurm(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("debug", "debug"),
        ("/scratch/$USER/${PROJECT}", "/scratch/$USER/${PROJECT}"),
        ("my account", '"my account"'),
        ("$HOME/my jobs", '"$HOME/my jobs"'),
        ('say "hi"', r'"say \"hi\""'),
        ("`id`", r'"\`id\`"'),
        ("a\\b", r'"a\\b"'),
        ("a;b", '"a;b"'),
        ("", '""'),
    ],
)
def test_quoting_keeps_spaces_and_lets_variables_expand(value: str, text: str) -> None:
    assert quote(value) == text
