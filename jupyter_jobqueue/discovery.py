"""The batch systems and profiles of this machine, and why some of them cannot be used."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jupyter_jobqueue.adapters import ADAPTERS, DIALECTS
from jupyter_jobqueue.adapters.adapter import Queue
from jupyter_jobqueue.batch.dialect import adapter_for
from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.batch.threads import SITE
from jupyter_jobqueue.errors import (
    CommandMissing,
    CommandTimedOut,
    InvalidOption,
    NotFound,
    QueueError,
    TooSlow,
    nearest,
    shortened,
)
from jupyter_jobqueue.options import check, form, profiles
from jupyter_jobqueue.options.common import options_of

T = TypeVar("T")

MAX_AGE = 60.0
"""Seconds for which `Discovery` keeps the answers of a batch system."""


@dataclass(frozen=True)
class SystemInfo:
    """A batch system on this machine.

    Parameters
    ----------
    system, label : str
        Its name in the configuration and its name for people.
    reason : str
        Why it cannot be used; empty if it can.
    version : str
        Its version; empty if not known.
    queues : sequence of Queue
        Its queues with their limits.
    warning : str
        Why version or queues are not known.
    """

    system: str
    label: str
    reason: str = ""
    version: str = ""
    queues: Sequence[Queue] = ()
    warning: str = ""

    @property
    def usable(self) -> bool:
        """Whether clusters can use it."""
        return not self.reason


@dataclass(frozen=True)
class ProfileInfo:
    """A profile of the configuration and whether it works on this machine.

    Parameters
    ----------
    name, system, label : str
        Its name, its batch system, and the batch system's name for people.
    reason : str
        Why the batch system cannot be used; empty if it can.
    origin : str
        The file that sets the profile, or ``"built-in"``.
    options : Mapping
        Option values in the types that a form uses.
    problems : sequence of str
        Sentences about unknown keys and invalid values.
    """

    name: str
    system: str
    label: str
    reason: str
    origin: str
    options: Mapping[str, Any]
    problems: Sequence[str]

    @property
    def usable(self) -> bool:
        """Whether clusters can use its batch system."""
        return not self.reason


@dataclass
class Discovery:
    """Finds the batch systems of this machine and keeps what they answer for a minute.

    Parameters
    ----------
    allowed : collection of str
        Batch systems that may be used.
    timeout : float
        Seconds to wait for one answer of a batch system.
    """

    allowed: Collection[str] = tuple(ADAPTERS)
    timeout: float = 3.0
    _answers: dict[str, tuple[float, asyncio.Task[SystemInfo]]] = field(default_factory=dict)

    async def systems(self, *, refresh: bool = False) -> list[SystemInfo]:
        """Return every batch system, usable or not.

        Parameters
        ----------
        refresh : bool
            Whether to query them again before the answers are too old.

        Returns
        -------
        list of SystemInfo
            One that fails to answer has a `reason` or a `warning`; the others are not affected.
        """
        return await asyncio.gather(*(self._info(name, refresh=refresh) for name in ADAPTERS))

    async def detect_dialects(self) -> None:
        """Query the versions on which some adapters depend, outside the event loop."""
        await asyncio.gather(*(_off_loop(adapter_for, name) for name in DIALECTS))

    async def profiles(self) -> list[ProfileInfo]:
        """Return the profiles of the configuration.

        Returns
        -------
        list of ProfileInfo
            Every profile whose batch system is known.
        """
        found = await _off_loop(profiles.profiles)
        reasons = {each.system: (await self._info(each.system)).reason for each in found}
        return [_profile_info(each, reasons[each.system]) for each in found]

    async def schema(self, system: str, profile: str | None) -> dict[str, Any]:
        """Return the JSON schema of a batch system's options.

        Parameters
        ----------
        system : str
            A batch system.
        profile : str, optional
            Profile whose values become the defaults; the batch system's own if None.

        Returns
        -------
        dict
            The schema; limits of the queues are bounds of the options.
        """
        chosen = profiles.profile(profile or self.known(system), self.known(system))
        return form.schema(system, chosen.options, (await self._info(system)).queues)

    def known(self, system: str) -> str:
        """Check that this project supports a batch system.

        Parameters
        ----------
        system : str
            A name.

        Returns
        -------
        str
            The name.

        Raises
        ------
        NotFound
            With the nearest names, if there is no such batch system.
        """
        if system not in ADAPTERS:
            advice = nearest(system, ADAPTERS)
            sentence = f"unknown batch system {shortened(system)}; {advice}"
            raise NotFound(sentence, field="system")
        return system

    def require(self, system: str) -> None:
        """Check that clusters can use a batch system.

        Parameters
        ----------
        system : str
            A batch system.

        Raises
        ------
        InvalidOption
            If it is not allowed on this server.
        CommandMissing
            If its commands are not on this machine.
        """
        label = ADAPTERS[system].label
        if system not in self.allowed:
            raise InvalidOption(f"{label} is not allowed on this server", field="system")
        if reason := _missing_commands(system):
            raise CommandMissing(f"{label} cannot be used here: {reason}", field="system")

    async def _info(self, system: str, *, refresh: bool = False) -> SystemInfo:
        """Query a batch system or return its last answer; concurrent requests share a query."""
        label = ADAPTERS[system].label
        if system not in self.allowed:
            return SystemInfo(system, label, "not allowed on this server")
        if missing := _missing_commands(system):
            return SystemInfo(system, label, missing)
        queried_at, task = self._answers.get(system, (0.0, None))
        outdated = time.monotonic() - queried_at > MAX_AGE
        if task is None or outdated or (refresh and task.done()):
            task = asyncio.create_task(self._query(system))
            self._answers[system] = (time.monotonic(), task)
        return await asyncio.shield(task)

    async def _query(self, system: str) -> SystemInfo:
        adapter, label = await _off_loop(adapter_for, system), ADAPTERS[system].label
        queue = JobQueue(adapter, timeout=self.timeout)
        version, queues = await asyncio.gather(
            _answer_or_error(queue.version()), _answer_or_error(queue.queues())
        )
        simplest = version if adapter.version() else queues
        if isinstance(simplest, QueueError) and not isinstance(simplest, CommandTimedOut):
            # Even the simplest command fails: the client has no configuration, for example.
            reason = ": ".join([simplest.message, *simplest.details.splitlines()[-1:]])
            return SystemInfo(system, label, reason)
        errors = [str(each) for each in (version, queues) if isinstance(each, QueueError)]
        return SystemInfo(
            system,
            label,
            version=version if isinstance(version, str) else "",
            queues=queues if isinstance(queues, list) else (),
            warning="\n".join(errors),
        )


def _missing_commands(system: str) -> str:
    missing = [name for name in ADAPTERS[system].commands if not shutil.which(name)]
    are = "is" if len(missing) == 1 else "are"
    return f"{' and '.join(missing)} {are} not on PATH" if missing else ""


async def _off_loop(work: Callable[..., T], *args: Any) -> T:
    """Do what may wait for a file system or for a command."""
    try:
        return await SITE.run(work, *args)
    except TimeoutError as error:
        raise TooSlow(str(error)) from None


async def _answer_or_error(query: Awaitable[T]) -> T | QueueError:
    try:
        return await query
    except QueueError as error:
        return error


def _profile_info(found: profiles.Profile, reason: str) -> ProfileInfo:
    known = options_of(found.system)
    values = {name: value for name, value in found.options.items() if name in known}
    return ProfileInfo(
        name=found.name,
        system=found.system,
        label=ADAPTERS[found.system].label,
        reason=reason,
        origin=found.origin,
        options={name: form.form_value(known[name], value) for name, value in values.items()},
        problems=[*found.problems, *_problems(found)],
    )


def _problems(found: profiles.Profile) -> list[str]:
    """Return a sentence about every invalid value of a profile."""
    known, problems = options_of(found.system), []
    for name, value in found.options.items():
        try:
            check.check_one(known[name], value)
        except InvalidOption as error:
            problems.append(f"jobqueue.{found.name}: {error.message}")
    return problems
