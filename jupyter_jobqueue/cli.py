"""`jupyter jobqueue`: what a person asks of the project in a terminal."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import platformdirs
from dask.utils import format_bytes

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.config import load_defaults
from jupyter_jobqueue.systems import Systems


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code of the program."""
    parser = argparse.ArgumentParser(prog="jupyter jobqueue", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    doctor = commands.add_parser(
        "doctor",
        help="tell which batch systems can be used here, and why not the others",
        description="Tells which batch systems can be used on this machine, with version and "
        "queues, and why the others cannot; which profiles there are, and what is wrong with them. "
        "The exit code is 1 if no batch system can be used, or if a profile of yours cannot work.",
    )
    doctor.add_argument("--system", choices=sorted(ADAPTERS), help="this batch system only")
    doctor.add_argument("--json", action="store_true", help="for programs")
    return _doctor(parser.parse_args(argv))


def _doctor(options: argparse.Namespace) -> int:
    load_defaults()
    found = asyncio.run(_examine(options.system))
    told = json.dumps(found, indent=2) if options.json else "\n".join(_lines(found))
    sys.stdout.write(f"{told}\n")
    return 0 if _is_well(found) else 1


async def _examine(system: str | None) -> dict[str, Any]:
    systems = Systems()
    described, profiles = await asyncio.gather(systems.describe(), systems.profiles())
    return {
        "systems": [each for each in described if system in (None, each["system"])],
        "profiles": [each for each in profiles if system in (None, each["system"])],
        "folder": str(platformdirs.user_state_path("jupyter-jobqueue")),
    }


def _is_well(found: dict[str, Any]) -> bool:
    own = [each for each in found["profiles"] if each["origin"] != "built-in"]
    sound = all(each["usable"] and not each["problems"] for each in own)
    return sound and any(each["usable"] for each in found["systems"])


def _lines(found: dict[str, Any]) -> Iterator[str]:
    yield "Batch systems"
    for system in found["systems"]:
        yield from _system(system)
    yield "\nProfiles"
    for profile in found["profiles"]:
        if profile["origin"] != "built-in" or profile["usable"]:
            yield from _profile(profile)
    yield f"\nLogs, job scripts and records are in {found['folder']}"


def _system(system: dict[str, Any]) -> Iterator[str]:
    mark = "OK" if system["usable"] else "--"
    yield f"  {mark}  {system['label']:<12} {system['version'] or system['reason']}"
    for line in system["warning"].splitlines():
        yield f"        {line}"
    yield from (f"        {_queue(queue)}" for queue in system["queues"])


def _queue(queue: dict[str, Any]) -> str:
    told = ["default"] if queue["default"] else []
    told += [] if queue["open"] else ["closed"]
    told += [f"{queue['nodes']} nodes"] if queue["nodes"] else []
    told += [f"up to {queue['max_cores']} cores"] if queue["max_cores"] else []
    told += [f"up to {format_bytes(queue['max_memory'])}"] if queue["max_memory"] else []
    told += [f"walltime up to {_duration(queue['max_walltime'])}"] if queue["max_walltime"] else []
    return f"{queue['name']:<16} {', '.join(told)}".rstrip()


def _duration(seconds: int) -> str:
    """Return a time limit as people write it.

    Examples
    --------
    >>> _duration(5400), _duration(90_000)
    ('01:30:00', '1-01:00:00')
    """
    minutes, secs = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return (f"{days}-" if days else "") + f"{hours:02}:{minutes:02}:{secs:02}"


def _profile(profile: dict[str, Any]) -> Iterator[str]:
    mark = "OK" if profile["usable"] and not profile["problems"] else "--"
    yield f"  {mark}  {profile['name']:<20} {profile['label']:<12} {profile['origin']}"
    reasons = [profile["reason"]] if profile["reason"] else []
    yield from (f"        {each}" for each in [*reasons, *profile["problems"]])
