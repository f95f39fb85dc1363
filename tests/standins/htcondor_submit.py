"""HTCondor's ``condor_submit``: descriptions, their macros, and what is refused."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from tests.standins.engine import MEMORY, Engine, Refused, Wish, say
from tests.standins.htcondor_ads import HOST, Ad, evaluate
from tests.standins.portable import HOME, USER

ASSIGNMENT = re.compile(r"\s*([+\w.]+)\s*=(?!=)\s*(.*?)\s*")
MACRO = re.compile(r"\$(F[a-z]*)?\(([\w.]+)(?::([^()]*))?\)|\$ENV\((\w+)\)")
# Options with a value that change nothing here.
IGNORED = {"-name", "-pool", "-remote", "-batch-id", "-maxjobs"}
USAGE = "Usage: condor_submit [options] [<attrib>=<value>] [- | <submit-file>]\n"


def condor_submit(engine: Engine, arguments: list[str]) -> None:
    """Submit one cluster of jobs."""
    options, more, source, name = _read(arguments)
    terse = "-terse" in options
    try:
        found, count = _description(f"{source}\n{more}", name)
        facts, first = _facts(found, count)
    except Refused:
        sys.stdout.write("" if terse else "Submitting job(s)")
        raise
    wish = _wish(found, count, facts, first, engine.size)
    number = engine.add(wish)
    if terse:
        say(f"{number}.0 - {number}.{count - 1}")
    else:
        say(f"Submitting job(s){count * '.'}", f"{count} job(s) submitted to cluster {number}.")


def _read(arguments: list[str]) -> tuple[set[str], str, str, str]:
    """Return options, lines added by them, the description and the name of its file."""
    options: set[str] = set()
    lines: list[str] = []
    names: list[str] = []
    queue = ""
    words = iter(arguments)
    for word in words:
        if word in ("-append", "-a"):
            lines.append(next(words))
        elif word == "-batch-name":
            lines.append(f"batch_name = {next(words)}")
        elif word == "-queue":
            queue = f"queue {next(words)}"
        elif word in IGNORED:
            next(words)
        elif word in ("-terse", "-spool", "-disable", "-verbose"):
            options.add(word)
        elif word.startswith("-") and word != "-":
            raise Refused(1, USAGE)
        else:
            (lines if "=" in word else names).append(word)
    source, name = _source(names)
    if queue and re.search(r"^\s*queue\b", source, re.MULTILINE | re.IGNORECASE):
        conflict = "-queue argument conflicts with queue statement in submit file"
        raise Refused(1, f"\nERROR: {conflict}\n")
    return options, "\n".join(lines), f"{source}\n{queue}", name


def _source(names: list[str]) -> tuple[str, str]:
    if not names or names == ["-"]:
        return sys.stdin.read(), "-"
    try:
        with open(names[0]) as file:
            return file.read(), names[0]
    except OSError as error:
        words = f"Failed to open command file ({names[0]}) ({error.strerror})"
        raise Refused(1, f"\nERROR: {words}\n") from None


def _description(text: str, name: str) -> tuple[dict[str, str], int]:
    """Return the settings in small letters, and the number of jobs."""
    found: dict[str, str] = {}
    count = 1
    for number, line in enumerate(re.sub(r"\\\n", " ", text).splitlines(), 1):
        queue = re.fullmatch(r"\s*queue(?:\s+(\d+))?\s*", line, re.IGNORECASE)
        setting = ASSIGNMENT.fullmatch(line)
        if queue:
            count = int(queue[1] or 1)
        elif setting:
            found[re.sub(r"^\+", "my.", setting[1].lower())] = setting[2]
            found["spelt." + re.sub(r"^(\+|my\.)", "", setting[1].lower())] = setting[1]
        elif line.strip() and not line.lstrip().startswith("#"):
            where = f"\nERROR: on Line {number} of {name}: \n"
            raise Refused(1, f"{where}\nERROR: Failed to parse command file (line {number}).\n")
    return found, count


def expand(text: str, found: Mapping[str, str], own: Mapping[str, str], depth: int = 0) -> str:
    """Replace macros: those of the job, those of the description, ``$(DOLLAR)``."""

    def value(match: re.Match[str]) -> str:
        if match[4]:
            return os.environ.get(match[4], "UNDEFINED")
        name = match[2].lower()
        if name in own:
            return own[name]
        known = expand(found.get(name, match[3] or ""), found, own, depth + 1)
        return known.strip('"') if match[1] and depth < 20 else known

    return MACRO.sub(value, text)


# -- what becomes of a description


def _facts(found: dict[str, str], count: int) -> tuple[dict[str, Any], Ad]:
    if not found.get("executable"):
        raise Refused(1, "ERROR: No 'executable' parameter was provided\n")
    universe = found.get("universe", "vanilla").lower()
    if universe not in ("vanilla", "5"):
        raise Refused(1, f"ERROR: I don't know about the '{universe}' universe.\n")
    jobs = [_job(found, own) for own in _each(count)]
    program = str(jobs[0]["program"][0])
    if found.get("transfer_executable", "true").lower() == "true" and not os.access(
        program, os.X_OK
    ):
        words = f"Can't access executable file {program}: No such file or directory"
        raise Refused(1, f"\nERROR: {words}\n")
    own_ads: list[Ad] = [job.pop("ad") for job in jobs]
    facts: dict[str, Any] = {
        "ads": own_ads,
        "jobs": jobs,
        "leave_in_queue": found.get("leave_in_queue", "").lower() == "true",
        "periodic_remove": found.get("periodic_remove", ""),
        "duration": int(found.get("allowed_job_duration", "0")),
    }
    return facts, own_ads[0]


def _each(count: int) -> Iterable[dict[str, str]]:
    """Yield what each job of the cluster calls itself; its cluster is not known yet."""
    for number in range(count):
        names = dict.fromkeys(("process", "procid", "step"), str(number))
        cluster = dict.fromkeys(("cluster", "clusterid"), "^cluster^")
        yield {**names, **cluster, "dollar": "$", "item": str(number)}


def _job(found: dict[str, str], own: dict[str, str]) -> dict[str, Any]:
    def setting(*names: str) -> str:
        return next((expand(found[name], found, own) for name in names if name in found), "")

    directory = os.path.normpath(os.path.join(os.getcwd(), setting("initialdir")))
    arguments = _arguments(setting("arguments", "args"))
    program = os.path.join(directory, setting("executable"))
    paths = {
        name: os.path.join(directory, setting(name)) if setting(name) else ""
        for name in ("output", "error")
    }
    ad = _own_attributes(found, own) | {
        "Owner": USER,
        "User": f"{USER}@{HOST}",
        "Cmd": program,
        "Args": " ".join(arguments),
        "Iwd": directory,
        "Out": paths["output"] or os.devnull,
        "Err": paths["error"] or os.devnull,
        "JobUniverse": 5,
    }
    ad |= {"JobBatchName": setting("batch_name")} if setting("batch_name") else {}
    for name, attribute, default in (
        ("cpus", "RequestCpus", 1),
        ("memory", "RequestMemory", None),
        ("disk", "RequestDisk", 10240),
    ):
        text = setting(f"request_{name}", f"request{name}")
        ad[attribute] = _amount(text, ad) if text else default
    environment = _environment(found, setting("environment"))
    return {
        "ad": ad,
        "program": [program, *arguments],
        "directory": directory,
        "environment": environment,
        **paths,
    }


def _own_attributes(found: dict[str, str], own: dict[str, str]) -> Ad:
    ad: Ad = {}
    for name, text in found.items():
        if name.startswith("my."):
            spelt = re.sub(r"^(\+|[Mm][Yy]\.)", "", found["spelt." + name[3:]])
            ad[spelt] = evaluate(expand(text, found, own), ad)
    return ad


def _amount(text: str, ad: Ad) -> Any:
    """Return a number; ``4GB`` is in megabytes, and what cannot be read waits for ever."""
    match = re.fullmatch(r"(\d+)\s*([KMGT])B?", text, re.IGNORECASE)
    if match:
        return int(int(match[1]) * 1024 ** (" KMGT".index(match[2].upper()) - 2)) or 1
    return evaluate(text, ad)


def _environment(found: dict[str, str], text: str) -> dict[str, str]:
    """Return the few variables of a job; all of the submission with ``getenv``."""
    wanted = found.get("getenv", "false")
    passed: dict[str, str] = {}
    if wanted.lower() == "true":
        passed = dict(os.environ)
    elif wanted.lower() != "false":
        names = (name.strip() for name in wanted.split(","))
        passed = {name: os.environ[name] for name in names if name in os.environ}
    own = dict(each.partition("=")[::2] for each in _arguments(text))
    return {**passed, **own, "HOME": HOME, "BATCH_SYSTEM": "HTCondor"}


def _arguments(text: str) -> list[str]:
    """Split arguments: in double quotes, single ones keep blanks together and are doubled."""
    if not text.startswith('"'):
        return text.split()
    if len(text) < 2 or not text.endswith('"'):
        words = f"Unterminated double-quote.\nThe full arguments you specified were: {text}"
        raise Refused(1, f"ERROR: {words}\n")
    inner = text[1:-1].replace('""', '"')
    parts = re.findall(r"(?:'(?:[^']|'')*'|[^\s'])+", inner)
    return [re.sub(r"'((?:[^']|'')*)'", _unquoted, part) for part in parts]


def _unquoted(match: re.Match[str]) -> str:
    return match[1].replace("''", "'")


def _wish(found: dict[str, str], count: int, facts: dict[str, Any], first: Ad, size: int) -> Wish:
    cpus, memory = first["RequestCpus"], first["RequestMemory"]
    fits = isinstance(cpus, int) and cpus <= size
    asked = {"requestmemory", "request_memory"} & set(found)
    fits = fits and (isinstance(memory, int) or not asked)
    fits = fits and (memory or 0) * 2**20 <= MEMORY
    held = found.get("hold", "false").lower() == "true"
    return Wish(
        name=first.get("JobBatchName", ""),
        script="",
        directory="/",
        environment={"OMP_NUM_THREADS": str(cpus)},
        cpus=cpus if fits else 1,
        walltime=facts["duration"] or None,
        indices=range(count),
        umask=0o022,
        state="HELD" if held else "PENDING" if fits else "STUCK",
        facts=facts,
    )
