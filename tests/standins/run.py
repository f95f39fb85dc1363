"""Runs one command of a stand-in: ``run.py SYSTEM FOLDER COMMAND ARGUMENT...``.

``COMMAND`` is also ``start``, by which the engine starts the script of a job as the system would.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.standins.engine import Engine, Refused


class Launch(NamedTuple):
    """How a job begins on its node."""

    argv: list[str]
    environment: Mapping[str, str]
    directory: str
    out: str = ""
    """A file that is written at once; empty if the engine keeps the output until the end."""
    err: str = ""


def main() -> int:
    """Run the command and return its exit code."""
    system, directory, command, *arguments = sys.argv[1:]
    face = importlib.import_module(f"tests.standins.{system}")
    with Engine(directory, face.settle) as engine:
        if command == "start":
            return _start(engine, face, arguments[0])
        try:
            return int(face.COMMANDS[command](engine, arguments) or 0)
        except Refused as refusal:
            sys.stdout.flush()
            sys.stderr.write(refusal.text)
            return refusal.code


def _start(engine: Engine, face: Any, script: str) -> int:
    job = engine.job(os.environ["LOCALQ_JOB_ID"])
    launch = face.launch(job, script)
    try:
        os.chdir(launch.directory)
        for path, number in ((launch.out, 1), (launch.err, 2)):
            if path:
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666), number)
        os.execvpe(launch.argv[0], launch.argv, launch.environment)  # noqa: S606
    except OSError as error:
        return int(face.cannot_start(engine, job, error))


if __name__ == "__main__":
    sys.exit(main())
