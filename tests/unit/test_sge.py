"""Grid Engine's output, as recorded from 8.1.9, and what is read from it."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, Call, JobSpec, JobStatus, Queue
from jupyter_jobqueue.adapters.sge import SGE
from jupyter_jobqueue.adapters.sge_output import seconds
from jupyter_jobqueue.batch.result import read_result
from jupyter_jobqueue.errors import QueueError
from tests.recordings import Recording, runs

USER = "someone"
ENGINE = SGE(USER)
T = 1795169914.0  # 2026-11-20T10:18:34 UTC
U = 1795224264.0  # 2026-11-21T01:24:24 UTC
TAG = "jobqueue-0123456789ab"


def spec(count: int = 1) -> JobSpec:
    return JobSpec("sleep 600", count=count, tag=f"{TAG}-0")


def answer(file: str, command: str) -> Recording:
    return runs(f"sge/{file}.txt")[command]


def read(call: Call[Any] | None, file: str, command: str) -> Any:
    """Read a recording as the project does: exit code, stdout and stderr."""
    assert call is not None
    told = answer(file, command)
    return read_result(call, told.exit, told.stdout, told.stderr)


# ---- submit


@pytest.mark.parametrize(
    ("file", "command", "job"),
    [
        ("qsub-ok", "qsub -cwd job-ok.sh", "47"),
        ("qsub-ok", "qsub -terse -cwd job-ok.sh", "48"),
        ("qsub-with-tag", f"qsub -terse -N dask-worker.{TAG}-0", "1"),
        ("qsub-warnings", "qsub -w w -pe smp 65 -b y sleep 1", "604"),
        ("qsub-warnings", "qsub -w w -terse -pe smp 65 -b y sleep 1", "605"),
    ],
)
def test_a_submission_gives_the_id(file: str, command: str, job: str) -> None:
    assert read(ENGINE.submit(spec()), file, command) == [job]


@pytest.mark.parametrize(
    ("command", "job"),
    [("qsub -terse -cwd -t 1-5 job-ok.sh", "54"), ("qsub -cwd -t 1-5 job-ok.sh", "53")],
)
def test_an_array_gives_an_id_for_each_task(command: str, job: str) -> None:
    ids = read(ENGINE.submit(spec(5)), "qsub-ok", command)
    assert ids == [f"{job}.1", f"{job}.2", f"{job}.3", f"{job}.4", f"{job}.5"]


@pytest.mark.parametrize("command", ["qsub -w v -cwd job-ok.sh", "qsub -help"])
def test_qsub_without_an_id_is_an_error_with_its_message(command: str) -> None:
    with pytest.raises(QueueError, match="cannot be read") as caught:
        read(ENGINE.submit(spec()), "qsub-ok", command)
    assert caught.value.details == answer("qsub-ok", command).stdout.strip()


def test_one_job_is_no_array_and_carries_its_tag_in_its_name() -> None:
    call = ENGINE.submit(spec())
    assert call.argv == ["qsub", "-terse", "-N", f"dask-worker.{TAG}-0"]
    assert call.stdin == ENGINE.script(spec())


def test_several_jobs_are_one_array_that_counts_from_1() -> None:
    call = ENGINE.submit(spec(4))
    assert call.argv == ["qsub", "-terse", "-N", f"dask-worker.{TAG}-0", "-t", "1-4"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("my jobs", "my-jobs"),
        ("a/b:c@d\\e*f?g", "a-b-c-d-e-f-g"),
        ("Größe", "Gr--e"),
        ("1st", "_1st"),
        ("None", "_None"),
        ("a,b-c_d.e", "a,b-c_d.e"),
        ("x" * 600, "x" * 400),
    ],
)
def test_names_are_those_that_grid_engine_takes(name: str, safe: str) -> None:
    named = JobSpec("true", name=name, tag=f"{TAG}-0")
    assert ENGINE.submit(named).argv[3] == f"{safe}.{TAG}-0"
    assert ENGINE.directives(named)[0] == f"-N {safe}"


def test_names_that_were_refused_are_changed_and_others_are_not() -> None:
    told = {**runs("sge/qsub-names.txt"), **runs("sge/qsub-errors.txt")}
    named = {name: each for name, each in told.items() if " -N " in name and "terse" not in name}
    for command, each in named.items():
        name = shlex.split(command)[shlex.split(command).index("-N") + 1]
        (line, *_) = ENGINE.directives(JobSpec("true", name=name))
        assert (line == f"-N {name}") is (each.exit == 0), command
    assert len(named) == 13


WORDS = {
    "qsub -cwd -q nosuch.q job-ok.sh": (
        1,
        'Unable to run job: Job was rejected because job requests unknown queue "nosuch.q"\n'
        "Exiting.",
    ),
    "qsub -cwd -pe nosuchpe 2 job-ok.sh": (
        1,
        'Unable to run job: job rejected: the requested parallel environment "nosuchpe" does not '
        "exist\nExiting.",
    ),
    "qsub -cwd -l nosuch=1 job-ok.sh": (
        1,
        'Unable to run job: unknown resource "nosuch"\nExiting.',
    ),
    "qsub -cwd -pe smp job-ok.sh": (
        7,
        "qsub: Numerical value invalid!\n"
        'The initial portion of string "job-ok.sh" contains no decimal number',
    ),
    "qsub bad-directive2.sh": (
        2,
        'Unable to read script file because of error: invalid option argument "-bogus"',
    ),
}


@pytest.mark.parametrize(("command", "words"), WORDS.items(), ids=lambda each: str(each)[:30])
def test_messages_of_qsub_reach_the_error(command: str, words: tuple[int, str]) -> None:
    exit_code, details = words
    with pytest.raises(QueueError, match=f"qsub failed with exit code {exit_code}\n") as caught:
        read(ENGINE.submit(spec()), "qsub-errors", command)
    assert caught.value.details == details


def test_only_a_reached_limit_may_have_room_later() -> None:
    limits = {
        command: told.exit
        for command, told in runs("sge/qsub-errors.txt").items()
        if re.search(ENGINE.limit_pattern, told.stderr)
    }
    assert limits == {"qsub -cwd job-ok.sh": 25}


def test_a_submission_that_failed_may_have_been_one_all_the_same() -> None:
    command = (
        "su sgeuser -c '. /scratch/sge-bed/env.sh; cd /tmp; qsub -terse -b y -q all.q sleep 1'"
    )
    with pytest.raises(QueueError) as caught:
        read(ENGINE.submit(spec()), "qsub-errors", command)
    assert 'Your job 91 ("sleep") has been submitted' in caught.value.details


# ---- status


def test_status_queries_all_jobs_of_the_user_in_one_command() -> None:
    call = ENGINE.status(["1", "2.3"])
    assert call.argv == ["qstat", "-u", "$user", "-r", "-xml"]
    assert call.env == {"TZ": "UTC"}


def waits(
    number: int, state: BatchState = BatchState.PENDING, reason: str = "", task: int = 1
) -> JobStatus:
    return JobStatus(state, reason, tag=f"{TAG}-{number}", submitted=U, element=task - 1)


def works(number: int, reason: str = "", task: int = 1) -> JobStatus:
    return JobStatus(
        BatchState.RUNNING,
        reason,
        "localhost",
        f"{TAG}-{number}",
        started=U,
        element=task - 1,
    )


HOLD = (BatchState.HELD, "Job is in hold state")
MINE = {
    "11": works(10, "suspended"),
    "12.1": works(13),
    "12.2": works(13, "registered for deletion", 2),
    "12.3": works(13, task=3),
    "12.4": works(13, task=4),
    "12.5": works(13, task=5),
    "12.6": works(13, task=6),
    "13.1": waits(20, *HOLD),
    "13.2": waits(20, *HOLD, task=2),
    "13.4": waits(20, *HOLD, task=4),
    "13.7": waits(20, *HOLD, task=7),
    "13.8": waits(20, *HOLD, task=8),
    "13.9": waits(20, *HOLD, task=9),
    "14": waits(30, BatchState.STUCK, "Job is in error state: qstat -j 14 shows the reason"),
    "15": waits(31, *HOLD),
    "16": waits(32),
}


def test_qstat_shows_state_reason_node_tag_times_and_task() -> None:
    assert read(ENGINE.status([]), "qstat-of-user", "qstat -u '$user' -xml") == MINE


def test_jobs_of_others_ways_are_listed_too() -> None:
    jobs = read(ENGINE.status([]), "qstat-xml", "qstat -xml")
    assert {job: str(status.state) for job, status in jobs.items()} == {
        "94": "running",
        "95.1": "running",
        "95.2": "running",
        "95.3": "running",
        **{f"95.{task}": "pending" for task in range(4, 11)},
        "96": "held",
        "97": "held",
        **{f"98.{task}": "held" for task in range(1, 5)},
        "99": "pending",
        "100": "running",
        "101": "stuck",
        "102": "stuck",
        "103.1": "stuck",
        "103.2": "stuck",
        "104": "pending",
    }
    assert jobs["94"] == JobStatus(BatchState.RUNNING, node="vm", started=T)
    assert jobs["103.2"].reason == "Job is in error state: qstat -j 103 shows the reason"


@pytest.mark.parametrize("grouping", ["", " -g d", " -r"])
def test_the_settings_of_a_site_for_qstat_change_nothing(grouping: str) -> None:
    """A file ``sge_qstat`` may add such text to every qstat; without -r, no limit is shown."""
    plain = read(ENGINE.status([]), "qstat-xml", "qstat -xml")
    assert {status.limit for status in plain.values()} == {None}
    if grouping == " -r":
        plain["100"] = plain["100"]._replace(limit=600)
    told = answer("qstat-xml", f"qstat -xml{' -g d' if grouping == ' -g d' else grouping}")
    assert ENGINE.status([]).parse(told.stdout) == plain


@pytest.mark.parametrize(
    ("letters", "state"),
    [
        ("qw", "pending"), ("hqw", "held"), ("hRwq", "held"), ("t", "running"), ("r", "running"),
        ("Rr", "running"), ("s", "running"), ("S", "running"), ("T", "running"),
        ("dr", "running"), ("dt", "running"), ("Eqw", "stuck"), ("Ehqw", "stuck"),
        ("z", "unknown"), ("", "unknown"), ("X", "unknown"),
    ],
)  # fmt: skip
def test_states_are_recognised_by_their_letters(letters: str, state: str) -> None:
    assert ENGINE.status([]).parse(row(letters))["7"].state == state


def row(letters: str) -> str:
    job = f"<JB_job_number>7</JB_job_number><state>{letters}</state>"
    return f"<job_info><job_list state='running'>{job}</job_list></job_info>"


def test_an_unreadable_job_loses_no_other() -> None:
    text = answer("qstat-xml", "qstat -xml").stdout.replace("<JB_name>arr<", "<JB_name>a&r<<")
    jobs = ENGINE.status([]).parse(text)
    assert sorted(jobs) == ["100", "101", "102", "103.1", "103.2", "104", "94", "96", "97", *(
        f"98.{task}" for task in range(1, 5)
    ), "99"]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "command"),
    [("qstat-of-user-empty", "qstat -u '$user' -xml"), ("qstat-empty", "qstat -xml")],
)
def test_no_jobs_are_no_error(file: str, command: str) -> None:
    assert read(ENGINE.status([]), file, command) == {}


def test_half_a_listing_is_an_error() -> None:
    text = answer("qstat-xml", "qstat -xml").stdout[:2000]
    with pytest.raises(ValueError, match="not a whole answer"):
        ENGINE.status([]).parse(text)


@pytest.mark.parametrize(
    ("call", "command"),
    [
        (ENGINE.status([]), "qstat -xml"),
        (ENGINE.submit(spec()), "qsub -terse -b y sleep 1"),
        (ENGINE.cancel(["134"]), "qdel 134"),
    ],
)
def test_a_qmaster_that_is_away_is_an_error_not_an_empty_queue(
    call: Call[Any], command: str
) -> None:
    with pytest.raises(QueueError, match="failed with exit code 1") as caught:
        read(call, "master-down", command)
    assert re.search(ENGINE.unreachable_pattern, caught.value.details)
    assert "got select error (Connection refused)" in caught.value.details


# ---- history


def history(*ids: str) -> Call[dict[str, JobStatus]]:
    return ENGINE.history(ids)


def test_history_queries_our_jobs_by_the_tag_in_their_names() -> None:
    assert history("8").argv == ["qacct", "-o", USER, "-d", "8", "-j", "*.jobqueue-*"]
    assert history("8").env == {"TZ": "UTC"}


LIMIT = "qmaster enforced h_rt, h_cpu, or h_vmem limit"


def ended(
    number: int,
    state: BatchState,
    begin: float,
    end: float,
    reason: str = "",
    *,
    submitted: float = 0,
    task: int = 1,
    **how: Any,
) -> JobStatus:
    return JobStatus(
        state,
        reason,
        "localhost",
        f"{TAG}-{number}",
        submitted=U + (submitted or begin),
        started=U + begin,
        ended=U + end,
        element=task - 1,
        **how,
    )


ENDED = {
    "1": ended(0, BatchState.DONE, -15, -14, exit_code=0),
    "2": ended(1, BatchState.FAILED, -15, -14, exit_code=3),
    "3": ended(2, BatchState.FAILED, -15, -12, LIMIT, signal=9, ended_by_system=True),
    "4": ended(3, BatchState.FAILED, -14, -13, LIMIT, submitted=-15, signal=9),
    "5": ended(4, BatchState.CANCELLED, -8, -3, "assumedly after job", signal=9),
    "6.1": ended(5, BatchState.DONE, -8, -8, exit_code=0),
    "6.2": ended(5, BatchState.FAILED, -8, -8, task=2, exit_code=1),
    "6.3": ended(5, BatchState.FAILED, -8, -8, task=3, exit_code=2),
    "7": ended(6, BatchState.FAILED, -8, -7, signal=9),
    "9": ended(8, BatchState.FAILED, -2, -2, submitted=-7, exit_code=4),  # its second run
}


def test_qacct_shows_how_jobs_ended() -> None:
    command = "qacct -o root -d 8 -j '*.jobqueue-*'"
    assert read(history(*ENDED, "8", "10"), "qacct-by-name", command) == ENDED
    assert list(read(history("6.2", "77"), "qacct-by-name", command)) == ["6.2"]


@pytest.mark.parametrize(
    ("job", "comment", "expected"),
    [
        ("113", "OK", (BatchState.DONE, "", 0, None)),
        ("114", "FAIL(exit 3)", (BatchState.FAILED, "", 3, None)),
        ("115", "h_rt=2 exceeded", (BatchState.FAILED, LIMIT, None, 9)),
        ("116", "h_vmem exceeded", (BatchState.FAILED, "", 1, None)),
        ("117", "killed itself with 9", (BatchState.FAILED, "", None, 9)),
        ("118", "killed itself with 15", (BatchState.FAILED, "", None, 15)),
        ("119", "SEGV", (BatchState.FAILED, "", None, 11)),
        ("120", "exit 99 the first time, 0 the second", (BatchState.DONE, "", 0, None)),
        ("121", "exit 100", (BatchState.FAILED, "application error returned", 100, None)),
        ("122", "no such binary", (BatchState.FAILED, "", 127, None)),
        ("125", "Eqw, output path", (BatchState.FAILED, "opening input/output file", None, None)),
        ("126", "running, then qdel", (BatchState.CANCELLED, "assumedly after job", None, 9)),
    ],
)
def test_every_kind_of_end_is_known(
    job: str, comment: str, expected: tuple[BatchState, str, int | None, int | None]
) -> None:
    status = read(history(job), "qacct", f"qacct -j {job}   # {comment}")[job]
    assert (status.state, status.reason, status.exit_code, status.signal) == expected
    assert (status.node, status.submitted) == ("vm", T + 62 + (job == "120"))


def test_a_job_that_never_started_has_no_such_time() -> None:
    status = read(history("125"), "qacct", "qacct -j 125   # Eqw, output path")["125"]
    assert (status.started, status.ended) == (None, None)


def test_only_the_walltime_is_no_fault_of_the_job() -> None:
    told = {
        **ENDED,
        "115": read(history("115"), "qacct", "qacct -j 115   # h_rt=2 exceeded")["115"],
    }
    assert [job for job, status in told.items() if status.ended_by_system] == ["3", "115"]


def test_a_job_that_is_queued_again_has_not_ended() -> None:
    text = answer("qacct", "qacct -j 120   # exit 99 the first time, 0 the second").stdout
    first = text.split("=" * 62 + "\n")[1]
    assert "rescheduling" in first
    assert history("120").parse(first)["120"].state is BatchState.PENDING


def test_before_8_1_a_limit_that_was_reached_looked_like_a_deletion() -> None:
    text = answer("qacct", "qacct -j 126   # running, then qdel").stdout
    old = "".join(line for line in text.splitlines(True) if not line.startswith("category"))
    assert history("126").parse(old)["126"].state is BatchState.FAILED


def test_an_unreadable_record_loses_no_other() -> None:
    text = answer("qacct", "qacct -j 123   # array, exits 0 1 2").stdout
    damaged = text.replace("exit_status  1", "exit_status  ?").replace("end_time", "end_tim", 1)
    told = history("123.1", "123.2", "123.3").parse(damaged)
    assert {job: status.exit_code for job, status in told.items()} == {"123.1": 0, "123.3": 2}
    assert told["123.1"].ended is None


def test_jobs_without_a_record_are_no_error() -> None:
    command = "qacct -o nobody -d 8 -j '*.jobqueue-*'"
    assert read(history("10"), "qacct-by-name", command) == {}


def test_a_site_without_accounting_is_an_error() -> None:
    with pytest.raises(QueueError) as caught:
        read(history("1"), "qacct-no-file", "qacct -o root -d 8 -j '*.jobqueue-*'")
    assert caught.value.details.endswith("No such file or directory\nno jobs running since startup")


# ---- queues, version


def test_qstat_shows_queues_and_limits() -> None:
    call = ENGINE.queues()
    assert call is not None
    assert call.argv == ["qstat", "-f", "-u", "$user", "-xml", "-F", "h_rt,mem_total"]
    size: Any = {"max_cores": 4, "max_memory": 25276956278, "nodes": 1}
    assert read(call, "queues", "qstat -f -u '$user' -xml -F h_rt,mem_total") == [
        Queue("all.q", max_walltime=86400, **size),
        Queue("short.q", max_walltime=600, **size),
        Queue("closed.q", open=False, **size),
    ]


def queue(
    name: str, state: str = "", slots: int = 8, limit: str = "1:00:00", kind: str = "BIP"
) -> str:
    return (
        f"<Queue-List><name>{name}</name><qtype>{kind}</qtype><slots_total>{slots}</slots_total>"
        f"<state>{state}</state><resource name='h_rt' type='qf'>{limit}</resource></Queue-List>"
    )


def test_the_nodes_of_a_queue_are_joined() -> None:
    call = ENGINE.queues()
    assert call is not None
    rows = [
        queue("a@n1", "au"), queue("a@n2", "a", 64, "2:00:00"), queue("a@n3", "d", 128),
        queue("b@n1", "E"), queue("b@n2", "s", 2, "infinity"), queue("c@n1", kind="I"),
        "<Queue-List><name>x",
    ]  # fmt: skip
    assert call.parse(f"<job_info>{''.join(rows)}</job_info>") == [
        Queue("a", max_walltime=7200, max_cores=128, nodes=3),
        Queue("b", open=False, max_cores=8, nodes=2),
    ]


def test_the_version_is_what_qstat_prints() -> None:
    assert read(ENGINE.version(), "queues", "qstat -help | head -1") == "SGE 8.1.9"
    assert ENGINE.version().argv == ["qstat", "-help"]


def test_commands_without_a_cell_are_no_batch_system() -> None:
    command = "env SGE_ROOT=/nonexistent /usr/lib/gridengine/qstat -help"
    with pytest.raises(QueueError) as caught:
        read(ENGINE.version(), "queues", command)
    assert caught.value.details == 'error: SGE_ROOT directory "/nonexistent" doesn\'t exist'


# ---- cancel


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (["12"], ["12"]),
        (["12.3"], ["12.3"]),
        (["12.1", "12.2", "12.3", "12.7", "13"], ["12.1-3", "12.7", "13"]),
        (["9.2", "8.1", "9.4", "9.3", "8.5"], ["9.2-4", "8.1", "8.5"]),
        ([f"5.{task}" for task in range(1, 1001)], ["5.1-1000"]),
    ],
)
def test_cancel_joins_the_tasks_of_an_array(ids: list[str], words: list[str]) -> None:
    assert ENGINE.cancel(ids).argv == ["qdel", *words]


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("qdel", "qdel 96"),
        ("qdel", "qdel 104 101 99999 97   # several, one gone"),
        ("qdel", "qdel 95.2   # again: gone task"),
        ("qdel", "qdel 18   # again, while it dies"),
        ("qdel", "qdel 18 99999"),
        ("qdel-ranges", "qdel 5 10"),
        ("qdel-ranges", "qdel 13.3-9 13.1 99999 16"),
        ("qdel-ranges", "qdel 13.5"),
    ],
)
def test_cancelling_jobs_that_are_gone_is_no_failure(file: str, command: str) -> None:
    read(ENGINE.cancel(["1"]), file, command)


def test_cancelling_the_job_of_somebody_else_fails_with_the_message_of_qdel() -> None:
    command = "su sgeuser -c '. /scratch/sge-bed/env.sh; qdel 108'   # someone else's job"
    with pytest.raises(QueueError, match="exit code 1") as caught:
        read(ENGINE.cancel(["108"]), "qdel", command)
    assert "you do not have the necessary privileges" in caught.value.details


# ---- environment, walltime, slots


@pytest.mark.parametrize(
    "name",
    [
        "JOB_ID", "JOB_NAME", "JOB_SCRIPT", "SGE_TASK_ID", "SGE_TASK_LAST", "SGE_O_WORKDIR",
        "SGE_STDOUT_PATH", "SGE_CWD_PATH", "SGE_JOB_SPOOL_DIR", "SGE_ACCOUNT", "NSLOTS", "NHOSTS",
        "NQUEUES", "QUEUE", "REQUEST", "REQNAME", "RESTARTED", "PE", "PE_HOSTFILE",
    ],
)  # fmt: skip
def test_what_a_surrounding_job_sets_is_kept_from_the_commands(name: str) -> None:
    assert re.fullmatch(ENGINE.env_blocklist, name)


@pytest.mark.parametrize(
    "name",
    [
        "SGE_ROOT",
        "SGE_CELL",
        "SGE_QMASTER_PORT",
        "SGE_CLUSTER_NAME",
        "PATH",
        "JOB_DATA",
        "PERL5LIB",
    ],
)
def test_what_grid_engine_and_the_user_need_stays(name: str) -> None:
    assert not re.fullmatch(ENGINE.env_blocklist, name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:30:00", 1800),
        ("0:10:0", 600),
        ("100:00:00", 360000),
        ("3600", 3600),
        ("10:00", 600),
        ("1::", 3600),
        (":30:", 1800),
        ("INFINITY", None),
        ("1-00:00:00", None),
        ("::", None),
        ("", None),
    ],
)
def test_time_limits_are_read(text: str, expected: int | None) -> None:
    assert seconds(text) == expected
    assert ENGINE.walltime({"walltime": text}) == expected


def test_no_walltime_is_no_limit() -> None:
    assert ENGINE.walltime({"walltime": None}) is None


def advice(**options: Any) -> list[str]:
    plain: dict[str, Any] = {
        "cores": 1,
        "job_cpu": None,
        "parallel_environment": None,
        "job_extra_directives": [],
    }
    return ENGINE.warnings({**plain, **options})


def test_cores_without_slots_give_a_warning() -> None:
    assert "gives each job one slot, not 8: set parallel_environment" in advice(cores=8)[0]
    assert "not 4" in advice(job_cpu=4)[0]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"cores": 8, "job_cpu": 1},
        {"cores": 8, "parallel_environment": "smp"},
        {"cores": 8, "job_extra_directives": ["-l gpu=1", "-pe smp 8"]},
    ],
)
def test_slots_that_are_requested_give_no_warning(options: dict[str, Any]) -> None:
    assert advice(**options) == []


# ---- logs


@pytest.mark.parametrize(("count", "job"), [(1, "12"), (3, "12.2")])
def test_both_streams_are_in_the_file_that_the_script_names(count: int, job: str) -> None:
    named = JobSpec("true", name="my jobs", count=count, logs="/logs/a b")
    (line,) = [line for line in ENGINE.directives(named) if line.startswith("-o")]
    path = line.removeprefix("-o ").strip('"')
    for name, value in zip(("$JOB_ID", "$TASK_ID"), job.split("."), strict=False):
        path = path.replace(name, value)
    assert ENGINE.log_paths(named, job) == (path, path)
    assert path == f"/logs/a b/my-jobs-{job}.out"
    assert "-j y" in ENGINE.directives(named)


def test_a_folder_with_a_colon_is_no_host() -> None:
    assert "-o :/a:b/dask-worker-$JOB_ID.out" in ENGINE.directives(JobSpec("true", logs="/a:b"))


def test_without_a_folder_the_output_is_where_grid_engine_puts_it() -> None:
    assert ENGINE.log_paths(JobSpec("true"), "12") == ("", "")
    assert ENGINE.directives(JobSpec("true")) == [
        "-N dask-worker",
        "-S /bin/bash",
        "-cwd",
        "-j y",
    ]


@pytest.mark.parametrize(
    ("shebang", "shell"),
    [
        ("#!/usr/bin/env bash", "/bin/bash"),
        ("#!/bin/bash -l", "/bin/bash"),
        ("#! /usr/local/bin/zsh", "/usr/local/bin/zsh"),
        ("#!/usr/bin/env -S bash -l", "/bin/bash"),
        ("#!/bin/sh", "/bin/sh"),
        ("#!/usr/bin/python3", ""),
        ("", ""),
    ],
)
def test_the_shell_is_the_one_of_the_first_line(shebang: str, shell: str) -> None:
    lines = ENGINE.directives(JobSpec("true", shebang=shebang))
    assert [line for line in lines if line.startswith("-S")] == ([f"-S {shell}"] if shell else [])
