"""What a command prints: as much as is allowed, and read where it stops nobody."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, TypeVar

from jupyter_jobqueue.adapters.adapter import Call
from jupyter_jobqueue.batch.result import read_result
from jupyter_jobqueue.batch.threads import ANSWERS
from jupyter_jobqueue.errors import CommandTimedOut

T = TypeVar("T")

LARGEST = 64 * 2**20
"""Bytes of a stream. PBS describes ten thousand jobs with about forty million."""
SMALL = 64 * 2**10
"""Bytes that are parsed in the event loop, as that takes less than a thread would."""
PART = 2**18
"""Bytes that are read at once."""


class TooMuch(Exception):
    """A command printed more than is read; the sentence says how much that is."""


class Output:
    """The two streams of a command, as far as they have come."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._err = bytearray()

    @property
    def complaint(self) -> str:
        """What has come on the standard error stream until now."""
        return self._err.decode(errors="replace").strip()

    async def collect(self, process: asyncio.subprocess.Process, text: str) -> None:
        """Write to a process, read both streams to their ends, and wait for the end of it.

        Parameters
        ----------
        process : asyncio.subprocess.Process
            The process.
        text : str
            What it reads from standard input.

        Raises
        ------
        TooMuch
            If a stream has more than `LARGEST` bytes.
        """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_write(process.stdin, text.encode()))
                group.create_task(_read(process.stdout, self._out))
                group.create_task(_read(process.stderr, self._err))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        await process.wait()

    async def read(self, call: Call[T], exit_code: int | None) -> T:
        """Parse what was printed, a long text in a thread; see `read_result` for its errors.

        Parameters
        ----------
        call : Call
            What was run.
        exit_code : int or None
            How it ended.
        """
        if len(self._out) + len(self._err) <= SMALL:
            return self._parsed(call, exit_code)
        try:
            return await ANSWERS.run(self._parsed, call, exit_code)
        except TimeoutError as error:
            raise CommandTimedOut(f"{call.argv[0]} printed too much: {error}") from None

    def _parsed(self, call: Call[T], exit_code: int | None) -> T:
        out, err = (part.decode(errors="replace") for part in (self._out, self._err))
        return read_result(call, exit_code, out, err)


async def _write(stream: Any, data: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # it did not read all
        stream.write(data)
        await stream.drain()
    stream.close()


async def _read(stream: Any, kept: bytearray) -> None:
    while part := await stream.read(PART):
        kept += part
        if len(kept) > LARGEST:
            raise TooMuch(f"more than {LARGEST // 2**20} MiB, which is no answer that can be read")
