"""OpenPBS 23.06 as recorded: ``qsub``, ``qstat``, ``qdel``, ``qselect`` and some more."""

from __future__ import annotations

import getopt
import sys
from collections.abc import Callable, Iterable
from typing import Any

from tests.standins import pbs_report as report
from tests.standins import pbs_site as site
from tests.standins import portable
from tests.standins.engine import Engine, Job, Refused, say
from tests.standins.pbs_job import cannot_start, launch, settle
from tests.standins.pbs_submit import qsub

__all__ = ["COMMANDS", "cannot_start", "launch", "settle"]
HOST = report.HOST
QDEL = """usage:
	qdel [-W force|suppress_email=X] [-x] job_identifier...
	qdel --version
"""
QSTAT = """qstat: conflicting options.
usage: 
qstat [-f] [-J] [-p] [-t] [-x] [-E] [-F format | -w] [-D delim] [ job_identifier... | destination... ]
qstat [-a|-i|-r|-H|-T] [-J] [-t] [-u user] [-n] [-s] [-G|-M] [-1] [-w]
	[ job_identifier... | destination... ]
qstat -Q [-f] [-F format] [-D delim] [ destination... ]
qstat -q [-G|-M] [ destination... ]
qstat -B [-f] [-F format] [-D delim] [ server_name... ]
qstat --version
"""  # noqa: E501, W291 (as recorded)


COMMANDS: dict[str, Callable[[Engine, list[str]], int]] = {}
UNKNOWN, FINISHED = 153, 35


def command(name: str, down: int, lost: str = "") -> Callable[[Any], Any]:
    """Make a command of a function: its version, a server that is away, a server that hangs."""

    def wrap(function: Callable[[Engine, list[str]], int | None]) -> Any:
        def run(engine: Engine, arguments: list[str]) -> int:
            if arguments == ["--version"]:
                say("pbs_version = 23.06.06")
                return 0
            if engine.switch("down") is not None:
                if name == "qstat" and "json" in arguments:
                    site.show("Jobs", {})
                words = lost or f"{name}: cannot connect to server {HOST} (errno=15010)"
                raise Refused(down, f"Connection refused\n{words}\n")
            if name != "qsub":
                engine.wait_while("hung")
            return function(engine, arguments) or 0

        COMMANDS[name] = run
        return function

    return wrap


command("qsub", down=162)(qsub)


def _options(arguments: list[str], options: str, usage: str) -> tuple[dict[str, str], list[str]]:
    try:
        found, rest = getopt.gnu_getopt(arguments, options)
    except getopt.GetoptError:
        raise Refused(2, usage) from None
    return dict(found), rest


# -- qstat


@command("qstat", down=255)
def qstat(engine: Engine, arguments: list[str]) -> int:
    """List jobs, queues, the server."""
    options, names = _options(arguments, "fF:xtwQB", QSTAT)
    if "-F" in options and "-f" not in options:
        raise Refused(2, QSTAT)
    if "-Q" in options:
        return _list_queues(names)
    if "-B" in options:
        site.show("Server", site.server())
        return 0
    jobs = engine.known()
    if not names:
        names = [report.whole_id(job) for job in _heads(jobs) if _shown(jobs, job, "-x" in options)]
    lines: list[tuple[str, list[Job]]] = []
    errors = []
    for name in names:
        found, error = _find(jobs, name, "-x" in options)
        errors += [error] if error else []
        lines += _lines(jobs, name, found, "-t" in options) if not error else []
    _print_jobs(jobs, lines, options, engine.size)
    return _complain("qstat", errors)


def _heads(jobs: list[Job]) -> Iterable[Job]:
    """Yield single jobs, and the first element of each array."""
    return (job for job in jobs if not job.task)


def _shown(jobs: list[Job], head: Job, history: bool) -> bool:
    return history or any(job.number == head.number and not job.ended for job in jobs)


def _find(jobs: list[Job], name: str, history: bool) -> tuple[list[Job], tuple[int, str] | None]:
    """Return the jobs of an id, or the error that it is."""
    found = portable.select(jobs, name)
    if found is None:
        return [], (170, f"Unknown queue destination {name}")
    full = name if "." in name else f"{name}.{HOST}"
    if not found:
        return [], (UNKNOWN, f"Unknown Job Id {full}")
    if not any(_shown(jobs, job, history) for job in found):
        return [], (
            FINISHED,
            f"{full} Job has finished, use -x or -H to obtain historical job information",
        )
    return found, None


def _lines(
    jobs: list[Job], name: str, found: list[Job], expand: bool
) -> Iterable[tuple[str, list[Job]]]:
    """Yield what is shown for an id: a whole array has all its elements with it."""
    if found[0].task is None:
        yield report.job_id(found[0]), found
        return
    if "[]" in name:
        yield report.whole_id(found[0]), found
    if "[]" not in name or expand:
        yield from ((report.job_id(job), [job]) for job in found)


def _print_jobs(
    jobs: list[Job], lines: list[tuple[str, list[Job]]], options: dict[str, str], size: int
) -> None:
    used = sum(job.cpus for job in jobs if job.started and not job.ended)
    cores = report.Cores(size - used, size)
    if "-f" in options:
        found = {shown: _attributes(jobs, shown, group, cores) for shown, group in lines}
        if options.get("-F") != "json":
            raise Refused(99, "stand-in: only qstat -f -F json is known\n")
        site.show("Jobs", found)
    else:
        rows = [(shown, group[0], _letter(jobs, shown, group)) for shown, group in lines]
        site.table(rows, "-w" in options)


def _elements(jobs: list[Job], job: Job) -> list[Job]:
    return [each for each in jobs if each.number == job.number]


def _attributes(
    jobs: list[Job], shown: str, group: list[Job], cores: report.Cores
) -> dict[str, Any]:
    if "[]" in shown:
        return report.array_attributes(group, cores)
    if group[0].task is None:
        return report.attributes(group[0], cores)
    return report.subjob_attributes(group[0], _elements(jobs, group[0]), cores)


def _letter(jobs: list[Job], shown: str, group: list[Job]) -> str:
    if "[]" in shown:
        return report.array_state(group)[0]
    alive = report.array_state(_elements(jobs, group[0]))[0] != "F"
    return report.state(group[0], in_array=group[0].task is not None and alive)[0]


def _list_queues(names: list[str]) -> int:
    known = [name for name in names or site.QUEUES if name in site.QUEUES]
    if known or not names:
        site.show("Queue", site.queues(known))
    return _complain(
        "qstat", [(170, f"Unknown queue {each}") for each in names if each not in known]
    )


def _complain(name: str, errors: list[tuple[int, str]]) -> int:
    """Print errors and return the exit code, which is that of the last."""
    sys.stdout.flush()
    sys.stderr.writelines(f"{name}: {text}\n" for _, text in errors)
    return errors[-1][0] if errors else 0


# -- the others


@command("qdel", down=162, lost=f"Couldn't connect to cluster: {HOST}")
def qdel(engine: Engine, arguments: list[str]) -> int:
    """End jobs; all that can be, whatever is wrong with others."""
    _, names = _options(arguments, "W:x", QDEL)
    if not names:
        raise Refused(2, QDEL)
    return _act(engine, "qdel", names, engine.end)


def _act(engine: Engine, name: str, ids: list[str], action: Callable[[list[Job]], None]) -> int:
    jobs, errors, chosen = engine.known(), [], []
    for each in ids:
        found = portable.select(jobs, each)
        full = each if "." in each else f"{each}.{HOST}"
        if found is None:
            errors.append((1, f"illegally formed job identifier: {each}"))
        elif not found and portable.select(jobs, f"{full.partition('[')[0]}[]"):
            code, words = (156, "Invalid request") if "[" in full else (UNKNOWN, "Unknown Job Id")
            errors.append((code, f"{words} {full}"))
        elif not found:
            errors.append((UNKNOWN, f"Unknown Job Id {full}"))
        elif all(job.ended for job in found):
            errors.append((FINISHED, f"Job has finished {full}"))
        chosen += found or []
    action(chosen)
    return _complain(name, errors)


@command("qselect", down=162)
def qselect(engine: Engine, arguments: list[str]) -> None:
    """Print ids."""
    options, _ = _options(arguments, "u:s:N:q:xT", "qselect: illegal -s value\n")
    if options.get("-q", "workq") not in site.QUEUES:
        raise Refused(170, "qselect: Unknown queue destination\n")
    jobs = engine.known()
    for head in _heads(jobs):
        group = _elements(jobs, head)
        alone = head.task is None
        letter = report.state(head)[0] if alone else report.array_state(group)[0]
        wanted = (
            options.get("-u", portable.USER) == portable.USER
            and options.get("-N", head.name) == head.name
            and options.get("-q", head.facts["queue"]) == head.facts["queue"]
            and letter in options.get("-s", letter)
            and _shown(jobs, head, "-x" in options)
        )
        if wanted:
            say(report.whole_id(head))
            if "-T" in options and not alone:
                say("\n".join(report.job_id(job) for job in group))


@command("qhold", down=162)
def qhold(engine: Engine, arguments: list[str]) -> int:
    """Hold jobs that wait."""
    return _act(engine, "qhold", arguments, lambda jobs: engine.change(jobs, "PENDING", "HELD"))


@command("qrls", down=162)
def qrls(engine: Engine, arguments: list[str]) -> int:
    """Release held jobs."""
    return _act(engine, "qrls", arguments, lambda jobs: engine.change(jobs, "HELD", "PENDING"))


@command("pbsnodes", down=1, lost=f"pbsnodes: cannot connect to server {HOST}, error=15010")
def pbsnodes(engine: Engine, arguments: list[str]) -> None:
    """Show the one node."""
    if "json" not in arguments:
        raise Refused(99, "stand-in: only pbsnodes -a -F json is known\n")
    site.show("nodes", site.nodes(engine.size))
