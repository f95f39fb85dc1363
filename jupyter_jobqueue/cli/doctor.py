"""`jupyter jobqueue doctor`: check which batch systems and profiles work on this machine."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import platformdirs
from dask.utils import format_bytes

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.adapter import Queue
from jupyter_jobqueue.discovery import Discovery, ProfileInfo, SystemInfo
from jupyter_jobqueue.options.defaults import load_defaults

BUILT_IN = "built-in"


@dataclass(frozen=True)
class Report:
    """The batch systems and profiles of this machine.

    Parameters
    ----------
    systems : list of SystemInfo
        Batch systems.
    profiles : list of ProfileInfo
        Profiles.
    folder : str
        Folder of logs, job scripts and records.
    """

    systems: list[SystemInfo]
    profiles: list[ProfileInfo]
    folder: str

    @property
    def healthy(self) -> bool:
        """Whether a batch system is usable and the user's own profiles work."""
        own = [each for each in self.profiles if each.origin != BUILT_IN]
        sound = all(each.usable and not each.problems for each in own)
        return sound and any(each.usable for each in self.systems)

    def to_dict(self) -> dict[str, Any]:
        """Return the report in the types of JSON, as the REST interface has them."""
        systems = [
            {**vars(each), "usable": each.usable, "queues": [q._asdict() for q in each.queues]}
            for each in self.systems
        ]
        profiles = [{**vars(each), "usable": each.usable} for each in self.profiles]
        return {"systems": systems, "profiles": profiles, "folder": self.folder}


def add_parser(commands: Any) -> None:
    """Add this command to a parser.

    Parameters
    ----------
    commands : argparse subparsers
        The commands of the program.
    """
    parser = commands.add_parser(
        "doctor",
        help="check which batch systems work on this machine, and why others do not",
        description="Check which batch systems work on this machine, with version and queues, and "
        "why others do not. Check the profiles in the Dask configuration. The exit code is 1 if no "
        "batch system works, or if a profile of yours has a problem.",
    )
    parser.add_argument("--system", choices=sorted(ADAPTERS), help="check this batch system only")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check this machine and print a report.

    Parameters
    ----------
    options : Namespace
        With `system`, a batch system or None, and `json`, whether to print JSON.

    Returns
    -------
    int
        The exit code of the program.
    """
    load_defaults()
    report = asyncio.run(_examine(options.system))
    text = json.dumps(report.to_dict(), indent=2) if options.json else "\n".join(_lines(report))
    sys.stdout.write(f"{text}\n")
    return 0 if report.healthy else 1


async def _examine(system: str | None) -> Report:
    discovery = Discovery()
    systems, profiles = await asyncio.gather(discovery.systems(), discovery.profiles())
    return Report(
        [each for each in systems if system in (None, each.system)],
        [each for each in profiles if system in (None, each.system)],
        str(platformdirs.user_state_path("jupyter-jobqueue")),
    )


def _lines(report: Report) -> Iterator[str]:
    yield "Batch systems"
    for system in report.systems:
        yield from _system_lines(system)
    yield "\nProfiles"
    for profile in report.profiles:
        if profile.origin != BUILT_IN or profile.usable:
            yield from _profile_lines(profile)
    yield f"\nFolder of logs, job scripts and records: {report.folder}"


def _system_lines(system: SystemInfo) -> Iterator[str]:
    mark = "OK" if system.usable else "--"
    yield f"  {mark}  {system.label:<12} {system.version or system.reason}"
    for line in system.warning.splitlines():
        yield f"        {line}"
    yield from (f"        {_queue_line(queue)}" for queue in system.queues)


def _queue_line(queue: Queue) -> str:
    facts = ["default"] if queue.default else []
    facts += [] if queue.open else ["closed"]
    facts += [f"{queue.nodes} node{'s' if queue.nodes > 1 else ''}"] if queue.nodes else []
    facts += [f"up to {queue.max_cores} cores"] if queue.max_cores else []
    facts += [f"up to {format_bytes(queue.max_memory)}"] if queue.max_memory else []
    facts += [f"walltime up to {_duration(queue.max_walltime)}"] if queue.max_walltime else []
    return f"{queue.name:<16} {', '.join(facts)}".rstrip()


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


def _profile_lines(profile: ProfileInfo) -> Iterator[str]:
    mark = "OK" if profile.usable and not profile.problems else "--"
    yield f"  {mark}  {profile.name:<20} {profile.label:<12} {profile.origin}"
    reasons = [profile.reason] if profile.reason else []
    yield from (f"        {sentence}" for sentence in [*reasons, *profile.problems])
