"""Runs one command of a batch system: with a time limit, without a shell."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
from contextlib import suppress
from typing import Any, TypeVar

from jupyter_jobqueue.adapters.adapter import Call
from jupyter_jobqueue.batch.environment import without_secrets
from jupyter_jobqueue.batch.output import Output, TooMuch
from jupyter_jobqueue.errors import CommandMissing, CommandTimedOut, QueueError

T = TypeVar("T")

COMMAND_TIMEOUT = 30.0
"""Seconds; Slurm's own commands give up after 9 to 18 when the controller is away."""

KILL_TIMEOUT = 2.0
"""Seconds in which a killed command should have closed its output."""


def command_line(call: Call[Any]) -> str:
    """Return a call as a person would type it."""
    return shlex.join(call.argv)


async def run(
    call: Call[T], *, env_blocklist: str = r"(?!)", timeout: float = COMMAND_TIMEOUT
) -> T:
    """Run one call and parse its output.

    Parameters
    ----------
    call : Call
        What to run.
    env_blocklist : str
        Pattern of environment variables that the command must not inherit.
    timeout : float
        Seconds after which the command and its children are killed.

    Raises
    ------
    CommandMissing
        If the command is not on this machine.
    CommandTimedOut
        If it did not end in time; its effect is unknown.
    QueueError
        If it failed, or if its output cannot be parsed; ``details`` has the output.
    """
    process = await _started(call, env_blocklist)
    output = Output()
    try:
        # Not wait_for, which in Python 3.11 can swallow a cancellation.
        async with asyncio.timeout(timeout):
            await _communicate(process, call.stdin, output)
    except TimeoutError:
        message = f"{call.argv[0]} did not answer within {timeout:g} s"
        raise CommandTimedOut(message, details=output.complaint) from None
    except TooMuch as error:
        raise QueueError(f"{call.argv[0]} printed {error}") from None
    return await output.read(call, process.returncode)


async def _started(call: Call[Any], env_blocklist: str) -> asyncio.subprocess.Process:
    """Start a process; if cancelled halfway, asyncio would wait until the command ends."""
    starting = asyncio.ensure_future(_start(call, env_blocklist))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await _give_up(starting)
        raise


async def _give_up(starting: asyncio.Task[asyncio.subprocess.Process]) -> None:
    """Kill a process that is being started.

    At the end of a program, asyncio cancels the start as well, kills the process, and may then wait
    for ever until it ends, unless it is cancelled once more.
    """
    await asyncio.wait({starting}, timeout=KILL_TIMEOUT)
    if not starting.done():
        starting.cancel()
    elif not starting.cancelled() and starting.exception() is None:
        await _kill(starting.result())


async def _start(call: Call[Any], env_blocklist: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    try:
        return await asyncio.create_subprocess_exec(
            *call.argv,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env={**_environment(env_blocklist), **call.env},
            start_new_session=True,
        )
    except OSError as error:
        raise CommandMissing(f"{call.argv[0]} cannot be started", details=str(error)) from None


def _environment(blocklist: str) -> dict[str, str]:
    known = without_secrets(os.environ)
    env = {key: value for key, value in known.items() if not re.fullmatch(blocklist, key)}
    return {**env, **_working_directory(env.get("PWD", ""))}


def _working_directory(known_as: str) -> dict[str, str]:
    """Return PWD: the user's own path of the working directory, if there is one.

    Service managers do not set PWD, and `os.chdir` does not change it, but oarsub takes the working
    directory of a job only from PWD.
    """
    with suppress(OSError):  # of a directory that was removed
        here = os.getcwd()
        return {"PWD": known_as if known_as and _same(known_as, here) else here}
    return {}


def _same(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False


async def _communicate(process: asyncio.subprocess.Process, text: str, output: Output) -> None:
    """Write to a process and read its output; if that is interrupted, kill the process."""
    try:
        await output.collect(process, text)
    except BaseException:
        await _kill(process)
        raise


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill a process and its children, even if only children remain and hold its output open."""
    # OAR's commands are setuid: the user who started them may not kill them.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        await asyncio.wait_for(process.communicate(), KILL_TIMEOUT)
