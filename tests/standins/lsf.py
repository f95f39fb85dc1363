"""LSF as recorded with volclava 2.2: ``bsub``, ``bjobs``, ``bkill``, ``bhist``, ``bqueues``."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.standins import lsf_report as report
from tests.standins.engine import Engine, Job, Refused, say
from tests.standins.lsf_job import cannot_start, launch, settle
from tests.standins.lsf_submit import HOST, bsub
from tests.standins.portable import USER

__all__ = ["COMMANDS", "cannot_start", "launch", "settle"]
PATIENCE = 10.0
"""Seconds between SIGINT and SIGTERM."""
VERSION = "volclava project 2.2, Nov 20 2026"
ID = re.compile(r"(\d+)(?:\[([\d,-]+)\])?")
BJOBS = """\
Usage: bjobs [-h] [-V] [-w |-l |-UF] [-a] [-d] [-p] [-s] [-r] [-o] [-json] [-A]
             [-m host_name] [-q queue_name] [-u user_name | -u all]
             [-P project_name] [-N host_spec]
             [-J name_spec] [jobId | "jobId[idxList]" ...]
"""
BKILL = """\
Job ID or one of '-m', '-u' '-q' and '-J' must be specified.
Usage: bkill [-h] [-V] [-l] [-m host_name] [-q queue_name]
               [-u user_name | -u all] [0] [-r | -s sigval] [-J job_name] 
               [jobId | "jobId[index_list]"]...
"""  # noqa: W291 (as recorded)
COMMANDS: dict[str, Callable[[Engine, list[str]], int | None]] = {}


def command(function: Callable[[Engine, list[str]], int | None]) -> Any:
    """Make a command of a function; it never returns while a daemon is away or hangs."""

    def run(engine: Engine, arguments: list[str]) -> int | None:
        if arguments == ["-V"]:
            sys.stderr.write(f"{VERSION}\n")
            return 0
        _still_trying(engine, "down", "LSF daemon (LIM)")
        if function is bsub and engine.switch("hung") is not None:
            sys.stderr.write("batch system daemon not responding ... still trying\n")
        elif function is not bsub:
            _still_trying(engine, "hung", "batch system daemon")
        return function(engine, arguments)

    COMMANDS[function.__name__] = run
    return function


def _still_trying(engine: Engine, switch: str, who: str) -> None:
    while engine.switch(switch) is not None:
        sys.stderr.write(f"{who} not responding ... still trying\n")
        sys.stderr.flush()
        with suppress(TimeoutError):
            engine.wait_while(switch, patience=10)


command(bsub)


# -- bjobs


@command
def bjobs(engine: Engine, arguments: list[str]) -> int:
    """List jobs."""
    options, names = _options(arguments, {"-J", "-u", "-q", "-P", "-m", "-o"})
    fields = options.get("-o", "").split()
    _check_fields(options, fields)
    jobs = [job for job in engine.known() if options.get("-u", USER) in (USER, "all")]
    if "-d" in options:
        jobs = [job for job in jobs if job.ended]
    elif not ("-a" in options or names):
        jobs = [job for job in jobs if not job.ended]
    if "-p" in options:
        jobs = [job for job in jobs if not (job.started or job.ended)]
    chosen, errors = _choose(jobs, names, options, "Job <{}> is not found")
    if not chosen and not errors:
        words = "job" if "-a" in options or "-d" in options else "unfinished job"
        raise Refused(255 if words == "job" else 254, f"No {words} found\n")
    _show(report.ordered(chosen), options, fields, errors)
    if "-json" in options:
        return 0
    code = 254 if "-J" in options else 255
    return _complain(list(errors.values()), code)


def _options(arguments: list[str], valued: set[str]) -> tuple[dict[str, str], list[str]]:
    words, options = list(arguments), {}
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option not in valued | {"-a", "-w", "-l", "-d", "-p", "-json", "-A", "-r", "-s"}:
            raise Refused(255, f"bjobs: invalid option -- '{option[1:2]}'\n{BJOBS}")
        options[option] = words.pop(0) if option in valued else ""
    return options, words


def _check_fields(options: dict[str, str], fields: list[str]) -> None:
    if "-json" in options and not fields:
        raise Refused(255, BJOBS)
    for each in fields:
        if each.lower() not in report.FIELDS:
            words = "in the format string is not a valid field name."
            raise Refused(99, f"<{each.upper()}> {words}\n")


def _choose(
    jobs: list[Job], names: list[str], options: dict[str, str], unknown: str
) -> tuple[list[Job], dict[str, str]]:
    """Return the jobs of some ids and of a name, and an error for each that is none."""
    if not names and "-J" not in options:
        return jobs, {}
    chosen: list[Job] = []
    errors: dict[str, str] = {}
    if "-J" in options:
        wanted = options["-J"]
        chosen = [job for job in jobs if wanted in (report.name(job), job.name)]
        errors = {} if chosen else {wanted: f"Job <{wanted}> is not found"}
    for each in names:
        if not ID.fullmatch(each):
            raise Refused(255, f"{each}: Illegal job ID.\n")
        found = [job for job in jobs if _is_one_of(job, each)]
        chosen += found
        errors |= {} if found else {each: unknown.format(each)}
    return chosen, errors


def _is_one_of(job: Job, name: str) -> bool:
    match = ID.fullmatch(name)
    if not match or job.number != int(match[1]):
        return False
    spans = (span.partition("-") for span in (match[2] or "").split(",") if span)
    wanted = [range(int(low), int(high or low) + 1) for low, _, high in spans]
    return not wanted or any(job.element in span for span in wanted)


def _show(
    jobs: list[Job], options: dict[str, str], fields: list[str], errors: dict[str, str]
) -> None:
    if "-json" in options:
        _show_json(jobs, fields, errors)
    elif fields and jobs:
        say(" ".join(fields).upper())
        rows = ((report.FIELDS[each.lower()](job) or "-" for each in fields) for job in jobs)
        say(*map(" ".join, rows))
    elif "-l" in options:
        say(f"\n{report.LINE}\n".join("\n".join(report.long(job)) for job in jobs))
        say("") if jobs else None
    elif "-p" in options:
        say(*report.reasons(jobs))
    elif jobs:
        say(*report.table(jobs, "-w" in options))


def _show_json(jobs: list[Job], fields: list[str], errors: dict[str, str]) -> None:
    records = [{each.upper(): report.FIELDS[each.lower()](job) for each in fields} for job in jobs]
    records += [{"JOBID": each, "ERROR": text} for each, text in errors.items()]
    rows = (
        ",\n".join(f'\t\t\t"{key}":\t"{value}"' for key, value in record.items())
        for record in records
    )
    body = "\n\t\t}, {\n".join(rows)
    count = f'\t"COMMAND":\t"bjobs",\n\t"JOBS":\t{len(records)},\n'
    say("{\n" + count + '\t"RECORDS":\t[{\n' + body + "\n\t\t}]\n}")


def _complain(errors: list[str], code: int) -> int:
    sys.stdout.flush()
    sys.stderr.writelines(f"{text}\n" for text in errors)
    return code if errors else 0


# -- bkill


@command
def bkill(engine: Engine, arguments: list[str]) -> int:
    """End jobs: with SIGINT first; a job that then ends with exit code 0 is DONE."""
    options, names = _options(arguments, {"-J", "-u", "-q", "-s"})
    if not names and "-J" not in options:
        raise Refused(255, BKILL)
    jobs = engine.known()
    if names == ["0"]:
        names = [report.shown_id(job) for job in jobs if not job.ended]
        if not names:
            raise Refused(255, "No unfinished job found\n")
    chosen, errors = _choose(jobs, names, options, "Job <{}>: No matching job found")
    for name in names or [str(job.number) for job in chosen]:
        found = [job for job in chosen if _is_one_of(job, name)]
        if found and all(job.ended for job in found):
            errors[name] = f"Job <{name}>: Job has already finished"
        elif found and any(_just_killed(job) for job in found):
            errors[name] = f"Job <{name}>: Operation is in progress"
        elif found:
            say(f"Job <{name}> is being terminated")
    _kill(engine, [job for job in chosen if not job.ended])
    return _complain(list(errors.values()), 255)


def _just_killed(job: Job) -> bool:
    return time.time() - float(job.notes.get("killed", 0)) < 1


def _kill(engine: Engine, jobs: list[Job]) -> None:
    running = [job for job in jobs if job.started]
    for job in jobs:
        engine.note(job.key, "killed", str(time.time()))
    engine.end([job for job in jobs if not job.started])
    for job in running:
        engine.interrupt(job, signal.SIGINT)
    if running and not os.fork():
        _kill_later(engine.directory, {job.key for job in running})


def _kill_later(directory: str, keys: set[str]) -> None:
    """End what is left of interrupted jobs; in a process that holds no output of the command."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    until = time.monotonic() + PATIENCE
    with Engine(directory) as engine:
        left = keys
        while left and time.monotonic() < until:
            time.sleep(0.1)
            left = {job.key for job in engine.known() if job.key in keys and not job.ended}
        engine.end([job for job in engine.known() if job.key in left])
    os._exit(0)


# -- the others


@command
def bhist(engine: Engine, arguments: list[str]) -> int:
    """Tell the history of jobs."""
    _, names = _options(arguments, set())
    chosen, errors = _choose(engine.known(), names, {}, "No matching job found")
    say(f"\n{report.LINE}".join("\n".join(report.history(job)) for job in chosen))
    return _complain(list(errors.values()), 255)


@command
def bqueues(engine: Engine, arguments: list[str]) -> None:
    """List queues."""
    whole = f"{report.SHORT}\n{report.LINE}-\n{report.NORMAL}"
    sys.stdout.write(f"{whole}\n" if "-l" in arguments else report.QUEUES)


def lsid(engine: Engine, arguments: list[str]) -> None:
    """Tell the version; the only command that does not wait for a daemon that is away."""
    say(VERSION, "")
    if engine.switch("down") is not None:
        raise Refused(255, "ls_getclustername(): LIM is down; try later\n")
    say("My cluster name is labcluster", f"My master name is {HOST}")


COMMANDS["lsid"] = lsid
