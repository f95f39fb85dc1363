"""Moab on top of a Torque, from its documents and from what public programs read; never recorded.

``msub`` prints an empty line and then the id, ``showq`` tells of jobs in XML, by another id.
"""

from __future__ import annotations

import getopt
from collections.abc import Callable

from tests.standins import torque_report as report
from tests.standins.engine import Engine, Job, Refused, say
from tests.standins.portable import USER
from tests.standins.torque import cannot_start, launch, settle
from tests.standins.torque_submit import submit

__all__ = ["COMMANDS", "cannot_start", "launch", "settle"]
AWAY = "ERROR:    cannot connect to server 'vm' on port 42559\n"
COMMANDS: dict[str, Callable[[Engine, list[str]], int | None]] = {}


def command(function: Callable[[Engine, list[str]], int | None]) -> None:
    """Make a command of a function: a server that is away, a server that hangs."""
    name = function.__name__

    def run(engine: Engine, arguments: list[str]) -> int | None:
        if arguments == ["--version"]:
            say("moab client version 9.1.3")
            return 0
        if engine.switch("down") is not None:
            raise Refused(1, AWAY)
        if name != "msub":
            engine.wait_while("hung")
        return function(engine, arguments)

    COMMANDS[name] = run


@command
def msub(engine: Engine, arguments: list[str]) -> None:
    """Submit one job."""
    if "-t" in arguments:
        raise Refused(1, "stand-in: arrays of Moab are not known\n")
    number, _ = submit(engine, arguments, "msub")
    say("", f"Moab.{number}")


@command
def showq(engine: Engine, arguments: list[str]) -> None:
    """List jobs in XML: active, eligible and blocked ones, or those that have ended."""
    options = dict(getopt.getopt(arguments, "cw:", ["xml"])[0])
    if "--xml" not in options:
        raise Refused(99, "stand-in: only showq --xml is known\n")
    jobs = engine.known() if options.get("-w", f"user={USER}") == f"user={USER}" else []
    queues = {
        "active": [job for job in jobs if job.started and not job.ended],
        "eligible": [job for job in jobs if job.state in ("PENDING", "STUCK")],
        "blocked": [job for job in jobs if job.state == "HELD"],
    }
    if "-c" in options:
        queues = {"completed": [job for job in jobs if job.ended]}
    parts = "".join(_queue(name, each) for name, each in queues.items())
    say(f"<Data><Object>queue</Object><cluster LocalActiveNodes='1'/>{parts}</Data>")


def _queue(option: str, jobs: list[Job]) -> str:
    rows = "".join(f"<job {_words(job)}/>" for job in jobs)
    return f'<queue count="{len(jobs)}" option="{option}">{rows}</queue>'


def _words(job: Job) -> str:
    end = job.ended or job.submitted
    found = {
        "AWDuration": int(end - (job.started or end)),
        "Class": job.facts["queue"],
        "CompletionCode": _code(job) if job.ended else None,
        "CompletionTime": int(job.ended) if job.ended else None,
        "DRMJID": report.job_id(job),
        "GJID": f"Moab.{job.number}",
        "JobID": job.number,
        "JobName": job.name,
        "MasterHost": report.HOST if job.started else None,
        "ReqAWDuration": job.facts["walltime"],
        "ReqProcs": job.cpus,
        "StartTime": int(job.started or 0),
        "State": _state(job),
        "SubmissionTime": int(job.submitted),
        "User": USER,
    }
    return " ".join(f'{key}="{value}"' for key, value in found.items() if value is not None)


def _state(job: Job) -> str:
    if job.ended:
        return "Removed" if job.state in ("CANCELLED", "TIMEOUT") else "Completed"
    return "Running" if job.started else "UserHold" if job.state == "HELD" else "Idle"


def _code(job: Job) -> str:
    status = report.exit_status(job)
    return "CNCLD" if status is None else str(status)


def _cancel(engine: Engine, ids: list[str]) -> int:
    names = [each.removeprefix("Moab.") for each in ids]
    there = {str(job.number): job for job in engine.known() if not job.ended}
    for name, each in zip(names, ids, strict=True):
        if name not in there:
            raise Refused(1, f"ERROR:  invalid job specified ({each})\n")
        say(f"job '{each}' cancelled")
    engine.end(there[name] for name in names)
    return 0


@command
def canceljob(engine: Engine, arguments: list[str]) -> int:
    """End jobs."""
    return _cancel(engine, arguments)


@command
def mjobctl(engine: Engine, arguments: list[str]) -> int:
    """End jobs: ``-c ID,ID``."""
    if arguments[:1] != ["-c"]:
        raise Refused(99, "stand-in: only mjobctl -c is known\n")
    return _cancel(engine, [each for word in arguments[1:] for each in word.split(",")])


@command
def checkjob(engine: Engine, arguments: list[str]) -> None:
    """Tell the state of one job."""
    name = arguments[-1].removeprefix("Moab.")
    known = {str(job.number): job for job in engine.known()}
    if name not in known:
        raise Refused(1, f"ERROR:  invalid job specified: {arguments[-1]}\n")
    say(f"job {name}", "", f"State: {_state(known[name])}")
