"""Interprets the output and the exit code of a command. Pure."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from jupyter_jobqueue.adapters.adapter import Adapter, Call
from jupyter_jobqueue.errors import (
    ArrayRefused,
    CommandTimedOut,
    LimitReached,
    QueueDown,
    QueueError,
)

T = TypeVar("T")


def read_result(call: Call[T], exit_code: int | None, stdout: str, stderr: str) -> T:
    """Parse what a command printed.

    Parameters
    ----------
    call : Call
        The command.
    exit_code : int, optional
        Its exit code.
    stdout, stderr : str
        What it printed.

    Raises
    ------
    QueueError
        If it failed, or if its output cannot be parsed; ``details`` has both streams, verbatim.
    """
    output = f"{stderr.strip()}\n{stdout.strip()}".strip()
    if exit_code and not _only_already_gone(call, stderr.strip() or stdout.strip()):
        raise QueueError(f"{_name(call)} failed with exit code {exit_code}", details=output)
    try:
        return call.parse(stdout)
    except (ValueError, KeyError, TypeError, IndexError):
        message = f"{_name(call)} gave an answer that cannot be read"
        raise QueueError(message, details=output) from None


def classify(error: QueueError, adapter: Adapter) -> QueueError:
    """Return the error that a failure means.

    Parameters
    ----------
    error : QueueError
        The failure of a command.
    adapter : Adapter
        The batch system, whose patterns recognise what a failure means.

    Returns
    -------
    QueueError
        `QueueDown` if the batch system is unreachable, `ArrayRefused` if it accepts no array of
        that size, `LimitReached` if a limit is reached, otherwise `error` itself.
    """
    if isinstance(error, CommandTimedOut) and re.search(adapter.limit_pattern, error.details):
        return LimitReached(error.message, details=error.details)  # LSF waits for room by itself
    if type(error) is not QueueError:
        return error
    if re.search(adapter.unreachable_pattern, error.details):
        return QueueDown(error.message, details=error.details)
    if re.search(adapter.array_pattern, error.details):
        return ArrayRefused(error.message, details=error.details)
    if re.search(adapter.limit_pattern, error.details):
        return LimitReached(error.message, details=error.details)
    return error


def _only_already_gone(call: Call[Any], output: str) -> bool:
    """Whether a failure only reports that jobs have left already."""
    pattern, lines = (
        call.already_gone_pattern,
        [line for line in output.splitlines() if line.strip()],
    )
    return bool(pattern and lines) and all(re.search(pattern, line) for line in lines)


def _name(call: Call[Any]) -> str:
    return "localqueue" if "jupyter_jobqueue.localqueue" in call.argv else call.argv[0]
