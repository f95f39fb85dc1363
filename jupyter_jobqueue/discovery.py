"""The batch systems of this machine: which can be used and why not, their queues, the profiles."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from jupyter_jobqueue.adapters import ADAPTERS, DIALECTS
from jupyter_jobqueue.adapters.adapter import Queue
from jupyter_jobqueue.adapters.option import Kind
from jupyter_jobqueue.batch.dialect import adapter_for
from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.errors import (
    CommandMissing,
    CommandTimedOut,
    InvalidOption,
    NotFound,
    QueueError,
    nearest,
)
from jupyter_jobqueue.options import check, form, profiles
from jupyter_jobqueue.options.common import options_of

T = TypeVar("T")

FRESH = 60.0
"""Seconds for which an answer about queues is given again."""


class Facts(NamedTuple):
    """What a batch system said of itself."""

    reason: str = ""
    """Why it cannot be used."""
    version: str = ""
    queues: Sequence[Queue] = ()
    warning: str = ""


@dataclass
class Systems:
    """What this machine offers.

    Parameters
    ----------
    allowed : collection of str
        Batch systems that may be used.
    timeout : float
        Seconds to wait for one answer of a batch system.
    """

    allowed: Collection[str] = tuple(ADAPTERS)
    timeout: float = 3.0
    _asked: dict[str, tuple[float, asyncio.Task[Facts]]] = field(default_factory=dict)

    async def describe(self, *, refresh: bool = False) -> list[dict[str, Any]]:
        """Return every batch system; one that cannot be asked says so and spoils nothing."""
        facts = await asyncio.gather(*(self._facts(name, refresh=refresh) for name in ADAPTERS))
        return [_system(name, told) for name, told in zip(ADAPTERS, facts, strict=True)]

    async def learn_dialects(self) -> None:
        """Have the version commands asked that tell dialects apart, away from the event loop."""
        await asyncio.gather(*(asyncio.to_thread(adapter_for, name) for name in DIALECTS))

    async def profiles(self) -> list[dict[str, Any]]:
        """Return the profiles of the configuration."""
        found = await asyncio.to_thread(profiles.profiles)
        reasons = {each.system: (await self._facts(each.system)).reason for each in found}
        return [_profile(each, reasons[each.system]) for each in found]

    async def schema(self, system: str, profile: str | None) -> dict[str, Any]:
        """Return the JSON schema of a batch system's options, with its queues as bounds."""
        chosen = profiles.profile(profile or self.known(system), self.known(system))
        values = {**chosen.options, **_shown(system, chosen.options)}
        return form.schema(system, values, (await self._facts(system)).queues)

    def known(self, system: str) -> str:
        """Return `system` if the project knows it."""
        if system not in ADAPTERS:
            advice = nearest(system, ADAPTERS)
            raise NotFound(f"unknown batch system {system!r}; {advice}", field="system")
        return system

    def require(self, system: str) -> None:
        """Refuse a batch system that may not be used or is not there."""
        label = ADAPTERS[system].label
        if system not in self.allowed:
            raise InvalidOption(f"{label} is not allowed on this server", field="system")
        if reason := self._missing(system):
            raise CommandMissing(f"{label} cannot be used here: {reason}", field="system")

    def _missing(self, system: str) -> str:
        missing = [name for name in ADAPTERS[system].commands if not shutil.which(name)]
        are = "is" if len(missing) == 1 else "are"
        return f"{' and '.join(missing)} {are} not on PATH" if missing else ""

    async def _facts(self, system: str, *, refresh: bool = False) -> Facts:
        """Ask a batch system, or give its last answer again; requests at one time share one."""
        if system not in self.allowed:
            return Facts("not allowed on this server")
        if missing := self._missing(system):
            return Facts(missing)
        asked, task = self._asked.get(system, (0.0, None))
        stale = time.monotonic() - asked > FRESH or (refresh and task is not None and task.done())
        if task is None or stale:
            task = asyncio.create_task(self._ask(system))
            self._asked[system] = (time.monotonic(), task)
        return await asyncio.shield(task)

    async def _ask(self, system: str) -> Facts:
        adapter = await asyncio.to_thread(adapter_for, system)
        queue = JobQueue(adapter, timeout=self.timeout)
        version, queues = await asyncio.gather(_answer(queue.version()), _answer(queue.queues()))
        simplest = version if adapter.version() else queues
        if isinstance(simplest, QueueError) and not isinstance(simplest, CommandTimedOut):
            # Not even its version: a client that has no configuration.
            return Facts(": ".join([simplest.message, *simplest.details.splitlines()[-1:]]))
        errors = [str(each) for each in (version, queues) if isinstance(each, QueueError)]
        return Facts(
            version=version if isinstance(version, str) else "",
            queues=queues if isinstance(queues, list) else (),
            warning="\n".join(errors),
        )


async def _answer(asked: Awaitable[T]) -> T | QueueError:
    try:
        return await asked
    except QueueError as error:
        return error


def _system(name: str, told: Facts) -> dict[str, Any]:
    return {
        "system": name,
        "label": ADAPTERS[name].label,
        "usable": not told.reason,
        "reason": told.reason,
        "version": told.version,
        "queues": [queue._asdict() for queue in told.queues],
        "warning": told.warning,
    }


def _profile(found: profiles.Profile, reason: str) -> dict[str, Any]:
    return {
        "name": found.name,
        "system": found.system,
        "label": ADAPTERS[found.system].label,
        "usable": not reason,
        "reason": reason,
        "origin": found.origin,
        "options": _shown(found.system, found.options),
        "problems": [*found.problems, *_problems(found)],
    }


def _shown(system: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return option values as a form takes them: amounts of memory are text."""
    kinds = {name: option.kind for name, option in options_of(system).items()}
    return {name: _plain(kinds[name], value) for name, value in values.items() if name in kinds}


def _plain(kind: Kind, value: Any) -> Any:
    if kind in (Kind.MEMORY, Kind.TEXT):
        return str(value)
    if kind is Kind.SETTINGS and isinstance(value, Mapping):
        return [f"{key} = {each}" for key, each in value.items()]
    return [value] if kind in (Kind.LINES, Kind.SETTINGS) and isinstance(value, str) else value


def _problems(found: profiles.Profile) -> list[str]:
    """Return what is wrong with the values of a profile."""
    known, problems = options_of(found.system), []
    for name, value in found.options.items():
        try:
            check.check_one(known[name], value)
        except InvalidOption as error:
            problems.append(f"jobqueue.{found.name}: {error.message}")
    return problems
