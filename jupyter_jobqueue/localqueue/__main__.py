"""The commands of the queue: ``python -P -m jupyter_jobqueue.localqueue COMMAND``."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sqlite3
import sys
from contextlib import suppress
from typing import NoReturn

from . import LocalQueueError, process, report, settings
from .ipc import ensure_daemon
from .records import Submission
from .script import Script, parse
from .store import Store

LARGEST_ARRAY = 10_000


class Parser(argparse.ArgumentParser):
    """An argument parser that reports errors like the other parts of the queue."""

    def error(self, message: str) -> NoReturn:
        """Reject the command line.

        Parameters
        ----------
        message : str
            What is wrong.

        Raises
        ------
        LocalQueueError
            Always.
        """
        raise LocalQueueError(f"{message} (see {self.prog} --help)")


def main() -> int:
    """Run one command and return its exit code."""
    umask = os.umask(0o077)  # the state is private; the job gets the original umask
    try:
        arguments = _parser().parse_args()
        with Store(settings.state_directory()) as store:
            arguments.run(store, arguments, umask)
    except (LocalQueueError, sqlite3.Error, OSError, UnicodeError) as error:
        print(f"localqueue: error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> Parser:
    parser = Parser(prog="localqueue", description="A small batch queue for one machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    submit = commands.add_parser("submit", help="queue a job script and print the id of the job")
    submit.add_argument("--array", type=_count, metavar="N", help="queue N elements ID_0, ID_1, …")
    submit.add_argument("--tag", default="", help="a text that status prints with the job")
    submit.add_argument("script", nargs="?", help="the job script; standard input if not given")
    submit.set_defaults(run=_submit)
    status = commands.add_parser("status", help="print all jobs as JSON")
    status.set_defaults(run=_status)
    cancel = commands.add_parser("cancel", help="end jobs; an array's id means all its elements")
    cancel.add_argument("ids", nargs="+", type=_job_id, metavar="ID")
    cancel.set_defaults(run=_cancel)
    queues = commands.add_parser("queues", help="print the size of the queue as JSON")
    queues.set_defaults(run=_queues)
    return parser


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= LARGEST_ARRAY:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {LARGEST_ARRAY}")
    return int(text)


def _job_id(text: str) -> str:
    if not re.fullmatch("[0-9]+(_[0-9]+)?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a job id such as 12 or 12_0")
    return text


def _submit(store: Store, arguments: argparse.Namespace, umask: int) -> None:
    source = _read(arguments.script)
    name = os.path.basename(arguments.script or "localq")
    script, cpus = parse(source, os.getcwd(), name), settings.cpus()
    if script.cpus > cpus:
        raise LocalQueueError(
            f"script line {script.cpus_line}: the job requests {script.cpus} CPUs, but this queue "
            f"has only {cpus} ({settings.PREFIX}CPUS sets how many)"
        )
    submission = _submission(script, arguments.tag, umask)
    number = store.submit(source, submission, arguments.array, cpus)
    ensure_daemon(store.directory)
    print(number)


def _read(path: str | None) -> bytes:
    if path is None:
        return sys.stdin.buffer.read()
    with open(path, "rb") as file:
        return file.read()


def _submission(script: Script, tag: str, umask: int) -> Submission:
    # A job may submit jobs, which must not inherit its own variables.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LOCALQ_")}
    return Submission(
        name=script.name,
        tag=tag,
        interpreter=json.dumps(script.interpreter),
        cpus=script.cpus,
        walltime=script.walltime,
        stdout=script.output,
        stderr=script.error,
        directory=os.getcwd(),
        umask=umask,
        environment=json.dumps(environment),
    )


def _status(store: Store, _: argparse.Namespace, __: int) -> None:
    print(json.dumps(report.status(store)))
    if store.is_busy():
        ensure_daemon(store.directory)


def _cancel(store: Store, arguments: argparse.Namespace, _: int) -> None:
    for row in store.cancel(arguments.ids):
        # If the supervisor was killed, the daemon ends the job.
        if process.is_alive(row["pid"], row["born"]):
            with suppress(ProcessLookupError):
                os.kill(row["pid"], signal.SIGTERM)
    if store.is_busy():
        ensure_daemon(store.directory)


def _queues(store: Store, _: argparse.Namespace, __: int) -> None:
    cpus = settings.cpus()
    in_use = report.cpus_in_use(store.jobs_in("RUNNING"), cpus)
    size = {"cpus": cpus, "free": max(0, cpus - in_use), "host": os.uname().nodename}
    print(json.dumps(size))
    if store.is_busy():
        ensure_daemon(store.directory)


if __name__ == "__main__":
    sys.exit(main())
