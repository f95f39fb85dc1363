"""`jupyter jobqueue doctor`: which batch systems and profiles work on this machine."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Any

import platformdirs
from dask.utils import format_bytes

from jupyter_jobqueue.discovery import Systems
from jupyter_jobqueue.options.defaults import load_defaults


def run(options: argparse.Namespace) -> int:
    """Examine this machine and print what was found; returns the exit code of the program."""
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
