"""Commands of a queue, with little programs in their place."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from jupyter_jobqueue.adapters.adapter import Adapter, BatchState, Call, JobSpec, JobStatus
from jupyter_jobqueue.batch.command import command_line, run
from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.errors import CommandMissing, CommandTimedOut, QueueError


def shell(text: str, **facts: Any) -> Call[str]:
    return Call(["sh", "-c", text], str, **facts)


def python(text: str, **facts: Any) -> Call[str]:
    return Call([sys.executable, "-c", text], str, **facts)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 (it waits for other processes)
            await asyncio.sleep(0.01)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


# ---- what a command is given


async def test_the_answer_is_what_the_parser_makes_of_stdout() -> None:
    call = Call(["sh", "-c", "echo 23; echo noise >&2"], int)
    assert await run(call) == 23


async def test_a_script_is_passed_on_stdin() -> None:
    assert await run(shell("cat", stdin="#!/bin/sh\necho ä\n")) == "#!/bin/sh\necho ä\n"


async def test_a_command_that_never_reads_its_stdin_is_fine() -> None:
    assert await run(shell("echo 23", stdin="x" * 5_000_000)) == "23\n"


async def test_a_command_that_waits_for_input_gets_none() -> None:
    assert await run(shell("cat; echo end"), timeout=20) == "end\n"


async def test_words_are_never_read_by_a_shell() -> None:
    call = Call([sys.executable, "-c", "import sys; print(*sys.argv[1:])", "$(id)", "a;b"], str)
    assert await run(call) == "$(id) a;b\n"


async def test_variables_that_leak_are_kept_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_CONF", "/etc/slurm.conf")
    monkeypatch.setenv("MY_SLURM_JOB_ID", "7")
    show = "import os; print(sorted(name for name in os.environ if 'SLURM' in name))"
    call = python(show, env={"SLURM_TIME_FORMAT": "%s"})
    assert await run(call, env_blocklist=r"SLURM_(?!CONF$).*") == (
        "['MY_SLURM_JOB_ID', 'SLURM_CONF', 'SLURM_TIME_FORMAT']\n"
    )
    assert "SLURM_JOB_ID" in os.environ


async def test_output_that_is_not_utf8_is_read_as_well_as_can_be() -> None:
    assert await run(shell(r"printf 'caf\351'")) == "caf\N{REPLACEMENT CHARACTER}"


# ---- failures


async def test_a_command_that_is_not_there() -> None:
    with pytest.raises(CommandMissing, match="nosuchcommand cannot be started") as caught:
        await run(Call(["nosuchcommand", "--version"], str))
    assert "No such file or directory" in caught.value.details
    assert caught.value.status_code == 502


async def test_a_failure_has_the_words_of_both_streams() -> None:
    with pytest.raises(QueueError, match=r"^sh failed with exit code 3") as caught:
        await run(shell("echo 'does not exist'; echo 'sbatch: error' >&2; exit 3"))
    assert caught.value.details == "sbatch: error\ndoes not exist"


async def test_a_command_ended_by_a_signal_has_failed() -> None:
    with pytest.raises(QueueError, match="sh failed with exit code -9"):
        await run(shell("kill -9 $$"))


async def test_a_failure_that_only_says_gone_is_none() -> None:
    call = shell(
        "echo done; echo 'Unknown Job Id 7' >&2; exit 153", already_gone_pattern="Unknown Job Id"
    )
    assert await run(call) == "done\n"
    with pytest.raises(QueueError):
        await run(
            shell("echo 'no permission' >&2; exit 153", already_gone_pattern="Unknown Job Id")
        )


@pytest.mark.parametrize("error", [ValueError, KeyError, TypeError, IndexError])
async def test_an_answer_that_cannot_be_read_is_shown(error: type[Exception]) -> None:
    def parse(text: str) -> None:
        raise error(text)

    with pytest.raises(QueueError, match="sh gave an answer that cannot be read") as caught:
        await run(Call(["sh", "-c", "echo strange"], parse))
    assert caught.value.details == "strange"


async def test_the_embedded_queue_is_called_by_its_name() -> None:
    argv = [sys.executable, "-c", "raise SystemExit(1)", "-m", "jupyter_jobqueue.localqueue"]
    with pytest.raises(QueueError, match=r"^localqueue failed with exit code 1"):
        await run(Call(argv, str))


# ---- time-out


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("wait", id="the command waits for its child"),
        pytest.param("exit 0", id="the command has left, its child holds the output"),
        pytest.param("trap '' TERM; wait", id="the command ignores SIGTERM"),
    ],
)
async def test_a_time_out_leaves_no_child_behind(end: str, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with pytest.raises(CommandTimedOut, match="sh did not answer within 1 s") as caught:
        await run(shell(f"sleep 300 & echo $$ $! >{pids}; {end}"), timeout=1)
    assert caught.value.status_code == 504
    for pid in map(int, pids.read_text().split()):
        await until(lambda pid=pid: is_gone(pid))  # type: ignore[misc]


async def test_giving_up_on_a_command_ends_it(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    task = asyncio.create_task(run(shell(f"sleep 300 & echo $$ $! >{pids}; wait")))
    await until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for pid in map(int, pids.read_text().split()):
        await until(lambda pid=pid: is_gone(pid))  # type: ignore[misc]


@pytest.mark.parametrize("turns", range(9))
async def test_giving_up_while_a_command_starts_ends_it(turns: int) -> None:
    before = set(psutil.Process().children(recursive=True))
    task = asyncio.create_task(run(shell("sleep 30 & wait")))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=10)
    assert done
    assert task.cancelled()
    await until(lambda: set(psutil.Process().children(recursive=True)) <= before)


async def test_a_helper_that_a_command_leaves_on_purpose_lives_on(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    await run(shell(f"sleep 300 >/dev/null 2>&1 & echo $! >{pid_file}"))
    helper = psutil.Process(int(pid_file.read_text()))
    assert helper.is_running()
    helper.kill()


# ---- the working directory, of which oarsub is told by PWD alone


PWD = Call(["printenv", "PWD"], str.strip)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path / "real")
    return tmp_path


async def test_a_command_is_told_where_it_runs(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PWD", raising=False)
    assert await run(PWD) == str(here / "real")
    for other in ("/usr", "/nonexistent"):
        monkeypatch.setenv("PWD", other)
        assert await run(PWD) == str(here / "real")


async def test_the_name_that_the_user_has_for_the_folder_stays(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PWD", str(here / "link"))
    assert await run(PWD) == str(here / "link")


async def test_a_folder_that_was_removed_is_not_an_error(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PWD", raising=False)
    (here / "real").rmdir()
    with pytest.raises(QueueError, match="printenv failed with exit code 1"):
        await run(PWD)


# ---- the queue that clusters share


class Fake(Adapter):
    """A queue whose commands are lines of shell; each notes that it ran."""

    system, label, class_name, directive = "fake", "Fake", "FakeCluster", "#FAKE"
    env_blocklist = "LEAK"

    def __init__(self, log: Path, answer: str = "sleep 0.2; echo 1 2") -> None:
        self.log = log
        self.answer = answer

    def directives(self, spec: JobSpec) -> list[str]:
        return []

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        return Call(["sh", "-c", f"cat >>{self.log}; echo 7"], str.split, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]]:
        def parse(text: str) -> dict[str, JobStatus]:
            return {job: JobStatus(BatchState.RUNNING) for job in text.split()}

        return Call(["sh", "-c", f"echo status >>{self.log}; {self.answer}"], parse)

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        return Call(["sh", "-c", f"echo cancel {' '.join(ids)} >>{self.log}"], lambda text: None)

    def version(self) -> Call[str]:
        return shell("echo $LEAK 1.0")

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]] | None:
        return Call(["sh", "-c", "echo disabled >&2; exit 1"], lambda text: {})


def told(log: Path) -> str:
    return log.read_text()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.touch()
    return path


async def test_questions_at_the_same_time_share_one_command(log: Path) -> None:
    queue = JobQueue(Fake(log))
    answers = await asyncio.gather(*(queue.status([str(job)]) for job in range(20)))
    assert told(log) == "status\n"
    assert all(answer is answers[0] for answer in answers)
    assert set(answers[0].jobs) == {"1", "2"}


async def test_a_later_question_asks_again_unless_the_answer_is_young(log: Path) -> None:
    queue = JobQueue(Fake(log, "echo 1"))
    first = await queue.status([])
    assert await queue.status([], max_age=600) is first
    second = await queue.status([])
    assert second.queried_at > first.queried_at
    assert told(log) == "status\nstatus\n"


async def test_whoever_gives_up_does_not_spoil_the_answer_for_others(log: Path) -> None:
    queue = JobQueue(Fake(log))
    impatient = asyncio.create_task(queue.status([]))
    patient = asyncio.create_task(queue.status([]))
    await until(lambda: told(log) == "status\n")
    impatient.cancel()
    assert set((await patient).jobs) == {"1", "2"}
    assert told(log) == "status\n"


async def test_a_question_that_failed_is_asked_again(log: Path) -> None:
    fake = Fake(log, "echo away >&2; exit 1")
    queue = JobQueue(fake)
    for _ in range(2):
        with pytest.raises(QueueError) as caught:
            await queue.status([])
        assert caught.value.details == "away"
    fake.answer = "echo 1"
    assert set((await queue.status([])).jobs) == {"1"}


async def test_a_failed_question_tells_everybody_who_asked(log: Path) -> None:
    queue = JobQueue(Fake(log, "sleep 0.2; exit 1"))
    results = await asyncio.gather(queue.status([]), queue.status([]), return_exceptions=True)
    assert [type(result) for result in results] == [QueueError, QueueError]
    assert told(log) == "status\n"


async def test_few_commands_run_at_once(log: Path) -> None:
    running = log.parent / "running"
    running.mkdir()
    count = f"touch {running}/$$; ls {running} | wc -l; sleep 0.2; rm {running}/$$"
    queue = JobQueue(Fake(log))
    asked = (queue._run(Call(["sh", "-c", count], int)) for _ in range(12))
    assert max(await asyncio.gather(*asked)) <= 4


async def test_submit_passes_the_script_and_reads_the_ids(log: Path) -> None:
    assert await JobQueue(Fake(log)).submit(Fake(log).submit(JobSpec("echo hello"))) == ["7"]
    assert "echo hello" in told(log)


async def test_nothing_to_cancel_starts_no_command(log: Path) -> None:
    queue = JobQueue(Fake(log))
    await queue.cancel([])
    assert told(log) == ""
    await queue.cancel(["1", "2"])
    assert told(log) == "cancel 1 2\n"


async def test_extra_words_of_a_cancel_follow_the_name_of_the_command(log: Path) -> None:
    await JobQueue(Fake(log)).cancel(["7"], ["-c", f"echo more >>{log}"])
    assert told(log) == "more\n"  # sh takes its first -c


async def test_no_accounting_is_no_history(log: Path) -> None:
    queue = JobQueue(Fake(log))
    assert await queue.history([]) == {}
    assert await queue.history(["1"]) == {}


async def test_a_queue_that_names_no_queues_has_none(log: Path) -> None:
    assert await JobQueue(Fake(log)).queues() == []


async def test_leaks_of_the_adapter_and_the_time_out_hold_for_every_question(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAK", "leaked")
    assert await JobQueue(Fake(log)).version() == "1.0\n"
    with pytest.raises(CommandTimedOut, match=r"within 0.5 s"):
        await JobQueue(Fake(log, "sleep 300"), timeout=0.5).status([])


async def test_clusters_of_one_loop_share_a_queue() -> None:
    assert JobQueue.of("slurm") is JobQueue.of("slurm")
    assert JobQueue.of("slurm") is not JobQueue.of("local")


def test_each_loop_has_a_queue_of_its_own() -> None:
    async def of() -> JobQueue:
        return JobQueue.of("slurm")

    assert asyncio.run(of()) is not asyncio.run(of())


def test_a_command_is_shown_as_a_person_would_type_it() -> None:
    assert command_line(Call(["sbatch", "--comment=a b"], str)) == "sbatch '--comment=a b'"
