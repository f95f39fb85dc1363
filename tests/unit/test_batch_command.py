"""How one command of a batch system is run, with small programs in its place."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from jupyter_jobqueue.adapters.model import Call
from jupyter_jobqueue.batch.command import command_line, run
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


async def test_the_result_is_what_the_parser_makes_of_stdout() -> None:
    call = Call(["sh", "-c", "echo 23; echo noise >&2"], int)
    assert await run(call) == 23


async def test_a_script_is_passed_on_stdin() -> None:
    assert await run(shell("cat", stdin="#!/bin/sh\necho ä\n")) == "#!/bin/sh\necho ä\n"


async def test_a_command_that_never_reads_its_stdin_is_fine() -> None:
    assert await run(shell("echo 23", stdin="x" * 5_000_000)) == "23\n"


async def test_a_command_that_waits_for_input_gets_none() -> None:
    assert await run(shell("cat; echo end"), timeout=20) == "end\n"


async def test_arguments_are_never_read_by_a_shell() -> None:
    call = Call([sys.executable, "-c", "import sys; print(*sys.argv[1:])", "$(id)", "a;b"], str)
    assert await run(call) == "$(id) a;b\n"


async def test_blocked_variables_do_not_reach_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
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


async def test_a_failure_has_the_text_of_both_streams() -> None:
    with pytest.raises(QueueError, match=r"^sh failed with exit code 3") as caught:
        await run(shell("echo 'does not exist'; echo 'sbatch: error' >&2; exit 3"))
    assert caught.value.details == "sbatch: error\ndoes not exist"


async def test_a_command_ended_by_a_signal_has_failed() -> None:
    with pytest.raises(QueueError, match="sh failed with exit code -9"):
        await run(shell("kill -9 $$"))


async def test_a_failure_that_only_reports_gone_jobs_is_none() -> None:
    call = shell(
        "echo done; echo 'Unknown Job Id 7' >&2; exit 153", already_gone_pattern="Unknown Job Id"
    )
    assert await run(call) == "done\n"
    with pytest.raises(QueueError):
        await run(
            shell("echo 'no permission' >&2; exit 153", already_gone_pattern="Unknown Job Id")
        )


@pytest.mark.parametrize("error", [ValueError, KeyError, TypeError, IndexError])
async def test_output_that_cannot_be_parsed_is_shown(error: type[Exception]) -> None:
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


# ---- the working directory, which oarsub takes from PWD alone


PWD = Call(["printenv", "PWD"], str.strip)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path / "real")
    return tmp_path


async def test_pwd_is_the_working_directory_whatever_it_was(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


# ---- shown


def test_a_command_is_shown_as_a_person_would_type_it() -> None:
    assert command_line(Call(["sbatch", "--comment=a b"], str)) == "sbatch '--comment=a b'"


async def test_no_token_of_a_jupyter_server_reaches_a_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Batch systems hand the environment of a submission on to the job."""
    secrets = ("JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN", "JUPYTER_TOKEN", "JUPYTERHUB_CLIENT_ID")
    for name in secrets:
        monkeypatch.setenv(name, "of the server")
    monkeypatch.setenv("OF_THE_USER", "stays")
    told = await run(shell("env"))
    assert "OF_THE_USER=stays" in told
    assert "of the server" not in told


async def test_a_start_that_is_cancelled_as_well_does_not_keep_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At the end, `asyncio.run` cancels all tasks once and waits for each of them."""
    begun = asyncio.Event()

    async def start(*args: Any, **options: Any) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.Event().wait()  # as asyncio, for a process whose end it does not see

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    monkeypatch.setattr("jupyter_jobqueue.batch.command.KILL_TIMEOUT", 0.05)
    before = asyncio.all_tasks()
    running = asyncio.create_task(run(shell("true")))
    await begun.wait()
    tasks = asyncio.all_tasks() - before
    assert running in tasks
    for task in tasks:
        task.cancel()
    async with asyncio.timeout(60):
        await asyncio.gather(*tasks, return_exceptions=True)
    assert running.cancelled()


# ---- how much it may print


async def test_a_command_that_prints_without_end_is_stopped_and_its_output_not_read() -> None:
    with pytest.raises(QueueError, match="printed more than 64 MiB, which is no answer") as caught:
        await run(shell("exec yes"), timeout=60)
    assert type(caught.value) is QueueError


async def test_a_long_answer_is_read_while_the_loop_goes_on() -> None:
    """50 MB of squeue held up a whole server for 19 seconds."""
    loop_thread, parsed_in = threading.get_ident(), []

    def parse(text: str) -> int:
        parsed_in.append(threading.get_ident())
        return len(text)

    call = Call(["sh", "-c", "yes | head -c 50000000"], parse)
    assert await run(call, timeout=60) == 50_000_000
    assert await run(Call(["echo", "short"], parse)) == 6
    assert parsed_in[0] != loop_thread
    assert parsed_in[1] == loop_thread


async def test_what_a_command_complains_of_before_it_is_stopped_is_told() -> None:
    """Submit commands of LSF wait for room for ever, and say so."""
    words = "User <me>: Pending job threshold reached. Retrying in 60 seconds..."
    with pytest.raises(CommandTimedOut) as caught:
        await run(shell(f"echo '{words}' >&2; exec sleep 60"), timeout=1.0)
    assert caught.value.details == words
