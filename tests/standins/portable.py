"""What the stand-ins for OpenPBS, Torque and Moab share: qsub's words, and the life of a job."""

from __future__ import annotations

import getopt
import os
import pwd
import re
import shlex
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

from tests.standins.engine import Engine, Job
from tests.standins.run import Launch

USER = pwd.getpwuid(os.getuid()).pw_name
HOME = pwd.getpwuid(os.getuid()).pw_dir
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
SIZE = re.compile(r"(\d+)([kmgtp]?)[bw]?", re.IGNORECASE)
TIME = re.compile(r"\d+(:\d+){0,3}")
ID = re.compile(r"(?P<number>\d+)(?P<brackets>\[(?P<from>\d*)(?:-(?P<to>\d+))?\])?(\..*)?")


class Asked(NamedTuple):
    """What directives and command line ask for; the command line wins."""

    options: dict[str, str]
    resources: dict[str, str]
    attributes: dict[str, str]
    """Those of ``-W``."""
    script: str
    name: str
    """Of the script file; STDIN if there is none."""
    command: list[str]
    """What follows ``--``."""


def asked(arguments: list[str], options: str, prefix: str = "#PBS") -> Asked:
    """Read a command line of qsub and the script that it names, or else standard input."""
    given, rest = getopt.getopt(arguments, options)
    command = rest if "--" in arguments else []
    script = "" if command else _source(rest)
    directives: list[tuple[str, str]] = []
    for line in _directives(script, prefix):
        directives += getopt.getopt(shlex.split(line), options)[0]
    found: dict[str, str] = {}
    resources: dict[str, str] = {}
    attributes: dict[str, str] = {}
    for option, value in [*directives, *given]:
        found[option] = value
        if option == "-l":
            resources |= dict(_pairs(value))
        if option == "-W":
            attributes |= dict(_pairs(value))
    name = os.path.basename(rest[0]) if rest and not command else "STDIN"
    return Asked(found, resources, attributes, script, name, command)


def _source(rest: list[str]) -> str:
    if not rest:
        return sys.stdin.read()
    with open(rest[0], newline="") as file:
        return file.read()


def _directives(script: str, prefix: str) -> Iterable[str]:
    """Yield the directives, which end at the first command."""
    for line in script.splitlines():
        if line.startswith(prefix):
            yield line[len(prefix) :]
        elif line.strip() and not line.startswith("#"):
            return


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for item in text.split(","):
        name, _, value = item.partition("=")
        yield name.strip(), value


def seconds(text: str) -> int:
    """Return the seconds of ``[[hours:]minutes:]seconds``."""
    total = 0
    for part in text.split(":"):
        total = 60 * total + int(part)
    return total


def size(text: str) -> int:
    """Return the bytes of ``500mb``."""
    match = SIZE.fullmatch(text)
    if not match:
        raise ValueError(text)
    return int(int(match[1]) * 1024 ** " kmgtp".index(match[2].lower() or " "))


def clock(when: float | None) -> str:
    """Return a time as these systems print it."""
    return time.strftime("%a %b %e %H:%M:%S %Y", time.localtime(when))


def short_clock(when: float | None) -> str:
    """Return a time as their comments have it."""
    return time.strftime("%a %b %d at %H:%M", time.localtime(when))


def span(start: float | None, end: float | None) -> str:
    """Return a duration as ``HH:MM:SS``."""
    passed = int((end or time.time()) - (start or time.time()))
    return f"{passed // 3600:02}:{passed // 60 % 60:02}:{passed % 60:02}"


def original(queue: str, host: str) -> dict[str, str]:
    """Return what a job is told of the place it was submitted from."""
    told = {
        "PBS_O_HOME": HOME,
        "PBS_O_LANG": os.environ.get("LANG", "C.UTF-8"),
        "PBS_O_LOGNAME": USER,
        "PBS_O_PATH": os.environ.get("PATH", ""),
        "PBS_O_WORKDIR": os.getcwd(),
        "PBS_O_QUEUE": queue,
        "PBS_O_HOST": host,
    }
    return told


def environment(request: Asked, told: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a job: a fresh login, not those of the submission, unless asked."""
    own = {"HOME": HOME, "LOGNAME": USER, "USER": USER, "SHELL": "/bin/bash"}
    passed = dict(os.environ) if "-V" in request.options else {}
    for name, given, value in (
        item.partition("=") for item in request.options.get("-v", "").split(",") if item
    ):
        passed[name] = value if given else os.environ.get(name, "")
    return {"PATH": PATH, **passed, **own, **told, "PBS_ENVIRONMENT": "PBS_BATCH"}


def spool(engine: Engine, joined: str) -> tuple[str, str]:
    """Return where the output of jobs is until they end."""
    folder = os.path.join(engine.directory, "spool")
    os.makedirs(folder, exist_ok=True)
    out, err = os.path.join(folder, "%j.OU"), os.path.join(folder, "%j.ER")
    return {"oe": (out, out), "eo": (err, err)}.get(joined, (out, err))


def launch(job: Job, script: str, told: Mapping[str, str]) -> Launch:
    """Return how a job begins: in the home directory, with `told` among its variables."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("LOCALQ_")}
    argv = job.facts["command"] or [job.facts.get("shell") or "/bin/bash", script]
    return Launch(argv, {**own, **told}, HOME)


def bring_home(job: Job, kept: str, wanted: str, words: str = "") -> None:
    """Append what a job printed to the file that it was promised; one that cannot be is lost."""
    with suppress(OSError), open(kept, "rb") as source, open(wanted, "wb", opener=_private) as file:
        file.write(source.read() + words.encode())
        os.unlink(kept)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def select(jobs: list[Job], text: str) -> list[Job] | None:
    """Return the jobs of an id: one, an array (``7[]``), elements (``7[2]``, ``7[2-4]``)."""
    match = ID.fullmatch(text)
    if not match:
        return None
    found = [job for job in jobs if job.number == int(match["number"])]
    if not match["brackets"]:
        return [job for job in found if job.task is None]
    found = [job for job in found if job.task is not None]
    if match["from"]:
        low = int(match["from"])
        wanted = range(low, int(match["to"] or low) + 1)
        found = [job for job in found if job.element in wanted]
    return found
