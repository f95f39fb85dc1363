"""Adaptive scaling for queues: counts jobs, including pending ones, and scales down late. Pure."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple


class Decided(NamedTuple):
    """A decision in the log.

    Parameters
    ----------
    when : float
        Seconds since the epoch.
    jobs : int
        The new number of jobs.
    reason : str
        A phrase for people.
    """

    when: float
    jobs: int
    reason: str


@dataclass
class AdaptivePolicy:
    """Decides how many jobs the work needs.

    Parameters
    ----------
    minimum, maximum : int
        Jobs; a maximum of None means no limit.
    idle_timeout : float
        Seconds for which fewer jobs must be enough before jobs are removed.
    interval : float
        Seconds between two decisions.
    target_duration : str or float
        Seconds that the current work should take. Dask's default of 5 s suits machines that start
        at once; jobs that waited in a queue should work as fast as those of a fixed size.
    log : deque of Decided
        The last decisions.
    """

    minimum: int = 0
    maximum: int | None = None
    idle_timeout: float = 60.0
    interval: float = 1.0
    target_duration: str | float = "1s"
    log: deque[Decided] = field(default_factory=lambda: deque(maxlen=50))
    _enough_since: float | None = None

    def recommend(self, *, wanted: int, needed: int, busy: int, now: float | None = None) -> int:
        """Return the new target.

        Parameters
        ----------
        wanted : int
            Target so far; it includes pending jobs.
        needed : int
            Jobs that the current work could use.
        busy : int
            Jobs with a busy worker, which are never removed.
        now : float, optional
            Time on a monotonic clock.
        """
        now = time.monotonic() if now is None else now
        target = self.bounded(needed)
        if target >= wanted:
            self._enough_since = None
            return self._decide(wanted, target, f"work for {_jobs(needed)}")
        if self._enough_since is None:
            self._enough_since = now
        kept = self.bounded(max(target, busy))
        too_many = self.maximum is not None and wanted > self.maximum
        if not too_many and now - self._enough_since < self.idle_timeout:
            return wanted
        self._enough_since = None
        return self._decide(wanted, kept, "above the maximum" if too_many else self._enough(kept))

    def bounded(self, jobs: int) -> int:
        """Return a number of jobs, limited to the minimum and maximum.

        Parameters
        ----------
        jobs : int
            The number.
        """
        return max(self.minimum, jobs if self.maximum is None else min(jobs, self.maximum))

    def _enough(self, jobs: int) -> str:
        verb = "was" if jobs == 1 else "were"
        what = f"{_jobs(jobs)} {verb} enough" if jobs else "no job was needed"
        return f"{what} for {self.idle_timeout:g} s"

    def _decide(self, wanted: int, jobs: int, reason: str) -> int:
        if jobs != wanted:
            self.log.append(Decided(time.time(), jobs, reason))
        return jobs


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"
