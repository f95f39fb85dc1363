"""The time of day, counted so that nobody can set it: a step of the clock ends nothing.

`now` begins with the time of day at which this program was started, and from then on counts as a
monotonic clock does. It also counts while a laptop sleeps, where the system can tell.
"""

from __future__ import annotations

import time

CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

OFFSET = time.time() - time.clock_gettime(CLOCK)
"""Seconds between the epoch and the start of the clock, as it was when this program started."""


def now() -> float:
    """Return the seconds since the epoch."""
    return OFFSET + time.clock_gettime(CLOCK)
