"""Torque 6.1 as recorded: ``qsub``, ``qstat``, ``qdel``, ``qselect``, ``qhold``, ``pbsnodes``."""

from __future__ import annotations

import getopt
import sys
from collections.abc import Callable, Iterable
from typing import Any

from tests.standins import portable
from tests.standins import torque_report as report
from tests.standins.engine import Engine, Job, Refused, say
from tests.standins.run import Launch
from tests.standins.torque_submit import submit

HOST = report.HOST
QDEL = """\
usage: qdel [{ -a | -c | -p | -t | -W delay | -m message}] [-b retry_seconds] [<JOBID>[<JOBID>]|'all'|'ALL']...
       -a -c, -m, -p, -t, and -W are mutually exclusive
"""  # noqa: E501 (as recorded)
TROUBLE = f"""
Unable to communicate with {HOST}(127.0.0.1)
Cannot connect to specified server host '{HOST}'.
"""
# Not recorded: the form that the documents of Torque show.
QUEUE = """\
Queue: batch
    queue_type = Execution
    total_jobs = 0
    state_count = Transit:0 Queued:0 Held:0 Waiting:0 Running:0 Exiting:0 Complete:0
    resources_default.nodes = 1
    resources_default.walltime = 01:00:00
    enabled = True
    started = True
"""
COMMANDS: dict[str, Callable[[Engine, list[str]], int | None]] = {}


def command(function: Callable[[Engine, list[str]], int | None]) -> Any:
    """Make a command of a function: its version, a server that is away, a server that hangs."""
    name = function.__name__

    def run(engine: Engine, arguments: list[str]) -> int | None:
        if arguments == ["--version"]:
            say("Version: 6.1.3.h5", "Commit: ")
            return 0
        down = engine.switch("down")
        if down is not None:
            raise _down(name, down)
        if name != "qsub":
            engine.wait_while("hung")
        return function(engine, arguments)

    COMMANDS[name] = run
    return function


def _down(name: str, which: str) -> Refused:
    asks = 3 if name == "qstat" else 1
    if which == "trqauthd":
        words = asks * "socket_connect_unix failed: 15137\n"
        number, error, server = 15137, "could not connect to trqauthd", "(null)"
    else:
        words, number, error, server = asks * TROUBLE, 111, "Connection refused", HOST
    words += f"{name}: cannot connect to server {server} (errno={number}) {error}\n"
    words += f"{name}: Error ({number} - {error}) \n" if name == "qstat" else ""
    return Refused(number & 255, words)


# -- qsub


@command
def qsub(engine: Engine, arguments: list[str]) -> None:
    """Submit a job or an array."""
    _, whole = submit(engine, arguments, "qsub")
    if whole:
        say(whole)


# -- qstat


@command
def qstat(engine: Engine, arguments: list[str]) -> int:
    """List jobs; ended ones too."""
    options, names = getopt.gnu_getopt(arguments, "fxtQqBanu:s1")
    flags = {option for option, _ in options}
    if "-Q" in flags:
        say(QUEUE)
        return 0
    jobs, errors = engine.known(), []
    lines: dict[str, list[Job]] = {}
    for name in names or _all(jobs, "-t" in flags):
        found = portable.select(jobs, name)
        if found:
            lines |= _lines(name, found, "-t" in flags)
        elif found is None:
            errors.append((172, f"qstat: Unknown queue destination {name}\n"))
        else:
            errors.append((153, f"qstat: Unknown Job Id Error {_full(name)}\n"))
    _print(lines, flags, bool(errors))
    return _complain(errors)


def _all(jobs: list[Job], expand: bool) -> Iterable[str]:
    """Yield the ids that are listed: elements instead of their array, if that is wanted."""
    if expand:
        return map(report.job_id, jobs)
    return dict.fromkeys(map(report.whole_id, jobs))


def _lines(name: str, found: list[Job], expand: bool) -> dict[str, list[Job]]:
    if "[]" in name and not expand:
        return {report.whole_id(found[0]): found}
    return {report.job_id(job): [job] for job in found}


def _full(name: str) -> str:
    return name if "." in name else f"{name}.{HOST}"


def _print(lines: dict[str, list[Job]], flags: set[str], failed: bool) -> None:
    found = {
        shown: report.array_attributes(group) if "[]" in shown else report.attributes(group[0])
        for shown, group in lines.items()
    }
    if "-x" in flags and (found or not failed):
        say(report.as_xml(found))
    elif "-f" in flags:
        say(*report.as_text(found))
    elif lines:
        say(report.HEAD)
        say(*(report.row(shown, group[0], _letter(shown, group)) for shown, group in lines.items()))


def _letter(shown: str, group: list[Job]) -> str:
    return report.array_state(group) if "[]" in shown else report.state(group[0])


def _complain(errors: list[tuple[int, str]]) -> int:
    sys.stdout.flush()
    sys.stderr.writelines(text for _, text in errors)
    return errors[-1][0] if errors else 0


# -- the others


@command
def qdel(engine: Engine, arguments: list[str]) -> int:
    """End jobs; all that can be, whatever is wrong with others."""
    names = [each for each in arguments if not each.startswith("-")]
    if not names:
        raise Refused(2, QDEL)
    return act(engine, "qdel", names, engine.end)


def act(engine: Engine, name: str, ids: list[str], action: Callable[[list[Job]], None]) -> int:
    """Do something with jobs, and say what is wrong with some ids."""
    jobs, chosen, errors = engine.known(), [], []
    for each in ids:
        found = jobs if each == "all" else portable.select(jobs, each)
        if found is None:
            errors.append((1, f"{name}: illegally formed job identifier: {each}\n"))
        elif not found:
            errors.append((153, f"{name}: nonexistent job id: {each}\n"))
        elif all(job.ended for job in found) and each != "all":
            words = "Request invalid for state of job MSG=invalid state for job - COMPLETE"
            errors.append((170, f"{name}: {words} {_full(each)}\n"))
        chosen += found or []
    action(chosen)
    return _complain(errors)


@command
def qselect(engine: Engine, arguments: list[str]) -> None:
    """Print ids; those of array elements, not of arrays."""
    options = dict(getopt.gnu_getopt(arguments, "u:s:N:q:")[0])
    for job in engine.known():
        letter = report.state(job)
        if options.get("-u", portable.USER) == portable.USER and letter in options.get(
            "-s", letter
        ):
            say(report.job_id(job))


@command
def qhold(engine: Engine, arguments: list[str]) -> int:
    """Hold jobs that wait."""
    return act(engine, "qhold", arguments, lambda jobs: engine.change(jobs, "PENDING", "HELD"))


@command
def qrls(engine: Engine, arguments: list[str]) -> int:
    """Release held jobs."""
    return act(engine, "qrls", arguments, lambda jobs: engine.change(jobs, "HELD", "PENDING"))


@command
def pbsnodes(engine: Engine, arguments: list[str]) -> None:
    """Show the one node."""
    say(HOST, "     state = free", f"     np = {engine.size}", "     ntype = cluster", "")


# -- the life of a job


def launch(job: Job, script: str) -> Launch:
    """Return how a job begins."""
    told = {"PBS_JOBID": report.job_id(job), "PBS_VERSION": "TORQUE-6.1.3.h5"}
    told |= {} if job.element is None else {"PBS_ARRAYID": str(job.element)}
    return portable.launch(job, script, told)


def cannot_start(engine: Engine, job: Job, error: OSError) -> int:
    """Return the exit code of a job whose program is not there."""
    return 254


def settle(engine: Engine, job: Job) -> None:
    """Bring the output home."""
    for kept, which in ((".OU", "out"), (".ER", "err")):
        path = report.path(job, which)
        portable.bring_home(job, f"{engine.directory}/spool/{job.key}{kept}", path)
