"""When a cluster closes automatically: after some time without work, or at a maximum age."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from jupyter_jobqueue.errors import SchedulerFailed
from jupyter_jobqueue.jobs.workers import Load

LONGEST_SLEEP = 60.0
RETRY_INTERVAL = 5.0
"""Seconds until the next query of a scheduler that did not answer."""


class Lifespan:
    """Watches the age of a cluster, and how long it has been idle.

    Durations are measured on the monotonic clock: setting the time of day has no effect.

    Parameters
    ----------
    idle_timeout, max_age : float, optional
        Seconds without work, and age in seconds, at which the cluster closes; None for never.
    is_working : callable
        Queries the Dask scheduler for work; raises `SchedulerFailed` if it does not answer.
    on_expired : callable
        Called with the reason when the cluster must close.
    """

    def __init__(
        self,
        idle_timeout: float | None,
        max_age: float | None,
        is_working: Callable[[], Awaitable[bool]],
        on_expired: Callable[[str], None],
    ) -> None:
        self.on_expired = on_expired
        self._idle_timeout = idle_timeout
        self._max_age = max_age
        self._is_working = is_working
        self._started = self._idle_since = time.monotonic()
        self.has_worked = False

    def set_age(self, seconds: float) -> None:
        """Set the age of the cluster in seconds."""
        self._started = time.monotonic() - max(0.0, seconds)

    def note_load(self, load: Load) -> None:
        """Note whether there is work."""
        if load.working:
            self._idle_since, self.has_worked = time.monotonic(), True

    @property
    def idle_for(self) -> float:
        """Seconds since there was work."""
        return time.monotonic() - self._idle_since

    @property
    def closes(self) -> tuple[float | None, str]:
        """When the cluster closes (seconds since the epoch), and why: ``"idle"`` or ``"age"``."""
        due, why = self._due
        return (None if due is None else time.time() + due - time.monotonic()), why

    @property
    def _due(self) -> tuple[float | None, str]:
        limits = {
            "idle": (self._idle_since, self._idle_timeout),
            "age": (self._started, self._max_age),
        }
        known = [(since + limit, why) for why, (since, limit) in limits.items() if limit]
        return min(known, default=(None, ""))

    async def run(self) -> None:
        """Wait until the cluster must close, and call `on_expired`."""
        while True:
            due, why = self._due
            left = LONGEST_SLEEP if due is None else due - time.monotonic()
            if left > 0:
                await asyncio.sleep(min(left, LONGEST_SLEEP))
            elif why == "age":
                self.on_expired(f"it reached its maximum age ({in_words(self._max_age or 0)})")
                return
            elif await self._is_idle():
                self.on_expired(f"it was idle for {in_words(self._idle_timeout or 0)}")
                return

    async def _is_idle(self) -> bool:
        """Query the scheduler once more, as the last answer may be some seconds old."""
        try:
            return not await self._is_working()
        except SchedulerFailed:
            await asyncio.sleep(RETRY_INTERVAL)
            return False


def in_words(seconds: float) -> str:
    """Return a duration in its largest fitting unit.

    Examples
    --------
    >>> in_words(28800), in_words(1800), in_words(5400), in_words(2.5)
    ('8 h', '30 min', '90 min', '2.5 s')
    """
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
