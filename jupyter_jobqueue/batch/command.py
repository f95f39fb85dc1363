"""Runs one command of a batch system: timed out, without a shell, its answer read."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
from contextlib import suppress
from typing import Any, TypeVar

from jupyter_jobqueue.adapters.adapter import Call
from jupyter_jobqueue.errors import (
    CommandMissing,
    CommandTimedOut,
    QueueError,
)

T = TypeVar("T")


COMMAND_TIMEOUT = 30.0
"""Seconds; Slurm's own commands give up after 9 to 18 when the controller is away."""


def command_line(call: Call[Any]) -> str:
    """Return a call as a person would type it."""
    return shlex.join(call.argv)


async def run(call: Call[T], *, leaks: str = r"(?!)", timeout: float = COMMAND_TIMEOUT) -> T:
    """Run one call and read its answer.

    Parameters
    ----------
    call : Call
        What to run.
    leaks : str
        Pattern of environment variables to keep from the command.
    timeout : float
        Seconds after which the command and its children are killed.

    Raises
    ------
    CommandMissing
        If the command is not there.
    CommandTimedOut
        If it did not answer in time; what it did is not known.
    QueueError
        If it failed or its answer cannot be read; ``details`` are its own words.
    """
    process = await _started(call, leaks)
    try:
        out, err = await asyncio.wait_for(_talk(process, call.stdin), timeout)
    except TimeoutError:
        raise CommandTimedOut(f"{call.argv[0]} did not answer within {timeout:g} s") from None
    return _read(
        call, process.returncode, out.decode(errors="replace"), err.decode(errors="replace")
    )


async def _started(call: Call[Any], leaks: str) -> asyncio.subprocess.Process:
    """Start a process; cancelled halfway, asyncio would wait for the command to end by itself."""
    starting = asyncio.ensure_future(_start(call, leaks))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with suppress(CommandMissing):
            await _kill(await starting)
        raise


async def _start(call: Call[Any], leaks: str) -> asyncio.subprocess.Process:
    env = {key: value for key, value in os.environ.items() if not re.fullmatch(leaks, key)}
    pipe = asyncio.subprocess.PIPE
    try:
        return await asyncio.create_subprocess_exec(
            *call.argv,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env={**env, **call.env},
            start_new_session=True,
        )
    except OSError as error:
        raise CommandMissing(f"{call.argv[0]} cannot be started", details=str(error)) from None


async def _talk(process: asyncio.subprocess.Process, text: str) -> tuple[bytes, bytes]:
    """Feed a process and read what it prints; when that is given up, leave no process behind."""
    try:
        return await process.communicate(text.encode())
    except BaseException:
        await _kill(process)
        raise


async def _kill(process: asyncio.subprocess.Process) -> None:
    """End a process and its children, also when only these are left and hold the output open."""
    # OAR's commands are setuid: whoever started them may not kill them.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        await asyncio.wait_for(process.communicate(), 2)


def _read(call: Call[T], code: int | None, out: str, err: str) -> T:
    words = (err.strip() + "\n" + out.strip()).strip()
    if code and not _only_gone(call.gone, err.strip() or out.strip()):
        raise QueueError(f"{_name(call)} failed with exit code {code}", details=words)
    try:
        return call.parse(out)
    except (ValueError, KeyError, TypeError, IndexError):
        raise QueueError(
            f"{_name(call)} gave an answer that cannot be read", details=words
        ) from None


def _only_gone(pattern: str, words: str) -> bool:
    lines = [line for line in words.splitlines() if line.strip()]
    return bool(pattern and lines) and all(re.search(pattern, line) for line in lines)


def _name(call: Call[Any]) -> str:
    return "localqueue" if "jupyter_jobqueue.localqueue" in call.argv else call.argv[0]
