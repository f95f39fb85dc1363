"""LSF's ``bsub``: what it reads, and what it refuses in which words."""

from __future__ import annotations

import os
import re
import shlex
import sys
from typing import Any

from tests.standins.engine import MEMORY, Engine, Refused, Wish, say

HOST = "vm"
RUNLIMITS = {"normal": None, "short": 60}
VALUED = {f"-{letter}" for letter in "JqPnRMWoemiEwuLcGgUSCDFTvp"} | {"-oo", "-eo", "-app", "-cwd"}
FLAGS = {"-H", "-I", "-K", "-N", "-B", "-x", "-r", "-Ip"}
ARRAY = re.compile(r"(?P<name>[^\[\]]*)\[(?P<first>\d+)-(?P<last>\d+)\](%\d+)?")


def bsub(engine: Engine, arguments: list[str]) -> None:
    """Submit a job or an array."""
    options, words = _split(arguments)
    script = "" if words else sys.stdin.read()
    if not (words or script.strip()):
        raise Refused(255, "No command is specified. Job not submitted.\n")
    if script:
        options = _embedded(script) | options
    queue = options.get("-q", "normal")
    slots, walltime = _number(options), _walltime(options, queue)
    reason = _why_never(options, slots, engine.size)
    command = _command(words) if words else script
    name, indices = _named(options.get("-J", ""))
    joined = "-e" not in options
    number = engine.add(
        Wish(
            name=name,
            script=command,
            directory="/",
            environment=dict(os.environ),
            cpus=slots,
            walltime=walltime,
            indices=indices,
            umask=_umask(),
            out=f"{engine.directory}/%j.out",
            err=f"{engine.directory}/%j.out" if joined else f"{engine.directory}/%j.err",
            state="HELD" if "-H" in options else "STUCK" if reason else "PENDING",
            facts=_facts(options, queue, slots, reason, command),
        )
    )
    if "BSUB_QUIET" not in os.environ:
        kind = "queue" if "-q" in options else "default queue"
        say(f"Job <{number}> is submitted to {kind} <{queue}>.")


def _facts(
    options: dict[str, str], queue: str, slots: int, reason: str, command: str
) -> dict[str, Any]:
    return {
        "queue": queue,
        "slots": slots,
        "project": options.get("-P", "default"),
        "memory": options.get("-M"),
        "walltime": options.get("-W"),
        "resources": options.get("-R", ""),
        "reason": reason,
        "named": "-J" in options,
        "command": command.strip().replace("\n", ";"),
        "directory": os.getcwd(),
        "out": _path(options.get("-o") or options.get("-oo", "")),
        "err": _path(options.get("-e") or options.get("-eo", "")),
    }


def _path(given: str) -> str:
    return os.path.join(os.getcwd(), given) if given else ""


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _split(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """Read options up to the first word that is none; one that nobody knows is passed over."""
    options: dict[str, str] = {}
    position = 0
    while position < len(arguments) and arguments[position].startswith("-"):
        option = arguments[position]
        if option not in VALUED | FLAGS:
            return options, arguments[position + 1 :]
        options[option] = arguments[position + 1] if option in VALUED else ""
        position += 2 if option in VALUED else 1
    return options, arguments[position:]


def _embedded(script: str) -> dict[str, str]:
    """Read the ``#BSUB`` lines; one that nobody knows is passed over."""
    options: dict[str, str] = {}
    for line in script.splitlines():
        if line.startswith("#BSUB"):
            options |= _split(shlex.split(line.removeprefix("#BSUB")))[0]
    return options


def _command(words: list[str]) -> str:
    """Join a command line as LSF shows it and runs it: by a shell."""
    later = (f'"{word}"' if re.search(r"[\s;&|<>()'$]", word) else word for word in words[1:])
    return " ".join([words[0], *later])


def _named(text: str) -> tuple[str, range | None]:
    match = ARRAY.fullmatch(text)
    if match and int(match["first"]) <= int(match["last"]):
        return match["name"], range(int(match["first"]), int(match["last"]) + 1)
    return text, None


def _number(options: dict[str, str]) -> int:
    text = options.get("-n", "1").partition(",")[0]
    if not text.isdigit():
        raise Refused(255, "Bad argument for option -n. Job not submitted.\n")
    return int(text)


def _walltime(options: dict[str, str], queue: str) -> int | None:
    if queue not in RUNLIMITS:
        raise Refused(255, f"{queue}: No such queue. Job not submitted.\n")
    if "-m" in options:
        words = "Bad host name, host group name or cluster name"
        raise Refused(255, f"{options['-m']}: {words}. Job not submitted.\n")
    text, most = options.get("-W"), RUNLIMITS[queue]
    if text is None:
        return most
    match = re.fullmatch(r"(?:(\d+):)?(\d+)(?:/\S+)?", text)
    if not match:
        raise Refused(255, f"{text}: Bad RUNLIMIT specification. Job not submitted.\n")
    seconds = 60 * (60 * int(match[1] or 0) + int(match[2]))
    if most is not None and seconds > most:
        words = "RUNLIMIT: Cannot exceed queue's hard limit(s)"
        raise Refused(255, f"{words}. Job not submitted.\n")
    return seconds


def _why_never(options: dict[str, str], slots: int, size: int) -> str:
    text = options.get("-R", "")
    if text.count("[") != text.count("]"):
        raise Refused(255, "Bad resource requirement syntax. Job not submitted.\n")
    wanted = re.search(r"rusage\[mem=(\d+)", text)
    if wanted and int(wanted[1]) * 2**20 > MEMORY:
        return "Job requirements for reserving resource (mem) not satisfied: 1 host;"
    return "Not enough job slot(s): 1 host;" if slots > size else ""
