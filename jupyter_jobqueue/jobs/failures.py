"""Counts failed jobs, and slows down or stops the submission because of them. Pure."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from jupyter_jobqueue.jobs.limits import MINUTE, SUBMISSIONS_AFTER_FAILURE, RateLimit

FIRST_PAUSE = 1.0
"""Seconds before a job that ended is replaced; doubled with each failure."""
LONGEST_PAUSE = 60.0


@dataclass
class FailureTracker:
    """Counts the failures of the last jobs.

    Parameters
    ----------
    allowed : int
        Jobs in a row that may end before a worker of them joined.
    count : int
        Jobs in a row that have ended so.
    """

    allowed: int = 3
    count: int = 0
    _not_before: float = 0.0
    _failed_at: float = float("-inf")
    _crashes: RateLimit = field(default_factory=RateLimit)

    @property
    def degraded(self) -> bool:
        """Whether too many jobs in a row ended before a worker of them joined."""
        return self.count >= self.allowed

    @property
    def paused(self) -> bool:
        """Whether submission must pause."""
        return time.monotonic() < self._not_before

    @property
    def recent(self) -> bool:
        """Whether a job failed to start, or several failed early, within the last minute."""
        now = time.monotonic()
        several = not self._crashes.allows(SUBMISSIONS_AFTER_FAILURE, now)
        return several or now - self._failed_at < MINUTE

    def joined(self) -> None:
        """Record that a worker of a new job has joined."""
        self.count, self._not_before = 0, 0.0

    def failed(self) -> None:
        """Record that a job ended before a worker joined."""
        self.count += 1
        self.back_off(self.count)

    def crashed(self) -> None:
        """Record that a job ended soon after its start."""
        self._crashes.note(time.monotonic())

    def back_off(self, failures: int = 0) -> None:
        """Pause submission, longer after more failures, and keep it slow for a minute."""
        self._failed_at = time.monotonic()
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**failures)
        self._not_before = max(self._not_before, self._failed_at + pause)

    def reset(self) -> None:
        """Reset the count, and end the pause."""
        self.count, self._not_before, self._failed_at = 0, 0.0, float("-inf")
        self._crashes = RateLimit()
