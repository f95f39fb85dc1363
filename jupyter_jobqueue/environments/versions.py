"""Asks a Python which versions it has, before anything is submitted that would run it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from jupyter_jobqueue.adapters.model import Call
from jupyter_jobqueue.batch.command import run
from jupyter_jobqueue.errors import InvalidOption, QueueError

PACKAGES = ("dask", "distributed", "cryptography", "msgpack", "cloudpickle", "numpy", "pandas")
"""Packages of which scheduler, workers and notebook should have the same versions."""
MARK = "jupyter-jobqueue-versions:"
"""Begins the line of the answer; start-up files may print others before."""
QUESTION = (
    "import json,sys,sysconfig;from importlib.metadata import distributions as d;"
    f"print('\\n{MARK}'+json.dumps([sys.executable,sys.version.split()[0],"
    "sysconfig.get_path('purelib'),"
    f"{{n:next((x.version for x in d(name=n)),None) for n in {PACKAGES!r}}}]))"
)
"""One line without line breaks, as `environments.launcher` hands it on; it imports no package."""
ANSWER_TIMEOUT = 30.0
"""Seconds; a container may have to be unpacked."""


@dataclass(frozen=True)
class Environment:
    """A Python, and the versions of its packages.

    Parameters
    ----------
    executable : str
        Path of the interpreter, as seen by itself.
    python : str
        Version of Python.
    packages : Mapping
        Version of each of `PACKAGES`; None for one that is not installed.
    folder : str
        Folder of its packages.
    """

    executable: str
    python: str
    packages: Mapping[str, str | None]
    folder: str = field(default="", compare=False)


@cache
def ours() -> Environment:
    """Return the environment of this program."""
    packages = {name: _version(name) for name in PACKAGES}
    return Environment(sys.executable, platform.python_version(), packages)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def words_of(python: str) -> list[str]:
    """Return the command of an interpreter that is on this machine; none if it is not.

    Parameters
    ----------
    python : str
        What a job script has in front of ``-m distributed.cli.dask_worker``: a path, perhaps after
        a launcher or a container. It may be on the compute nodes only.
    """
    try:
        words = [os.path.expandvars(word) for word in shlex.split(python)]
    except ValueError:  # shell syntax beyond words
        return []
    return words if words and shutil.which(words[0]) else []


class Interpreters:
    """Asks interpreters for their versions, and remembers the answers while nothing changes.

    Parameters
    ----------
    timeout : float
        Seconds for one answer.
    """

    def __init__(self, timeout: float = ANSWER_TIMEOUT) -> None:
        self.timeout = timeout
        self._known: dict[tuple[str, ...], tuple[tuple[int, ...], Environment]] = {}

    async def ask(self, words: Sequence[str], field: str) -> Environment:
        """Return the environment of an interpreter.

        Parameters
        ----------
        words : sequence of str
            Its command.
        field : str
            The part of the input that named it, for errors.

        Raises
        ------
        InvalidOption
            If it cannot be started, does not answer in time, or answers something else; the
            details have its own words.
        """
        stamp, known = self._known.get(tuple(words), ((), None))
        if known and stamp == _stamp(words, known):
            return known
        try:
            found = await run(question(words), timeout=self.timeout)
        except QueueError as error:
            raise InvalidOption(
                f"this Python cannot be used: {error.message}",
                details=error.details,
                field=field,
            ) from None
        self._known[tuple(words)] = (_stamp(words, found), found)
        return found


def question(words: Sequence[str]) -> Call[Environment]:
    """Return the call that asks an interpreter for its versions."""
    return Call([*words, "-c", QUESTION], read_answer)


def read_answer(text: str) -> Environment:
    """Read what an interpreter printed; `ValueError` if that has no answer."""
    lines = [line for line in text.splitlines() if line.startswith(MARK)]
    if not lines:
        raise ValueError("it did not print its versions")
    executable, python, folder, packages = json.loads(lines[-1].removeprefix(MARK))
    return Environment(executable, python, packages, folder)


def _stamp(words: Sequence[str], environment: Environment) -> tuple[int, ...]:
    """Return when the interpreter and the folder of its packages were last changed."""
    return tuple(_changed(path) for path in (shutil.which(words[0]) or "", environment.folder))


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:  # inside a container
        return 0
