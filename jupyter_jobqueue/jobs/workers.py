"""What a group of jobs asks of the Dask scheduler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class Load(NamedTuple):
    """The work at hand.

    Parameters
    ----------
    target : int
        Workers that the work could use.
    busy : sequence of str
        Names of the workers that compute.
    working : bool
        Whether there is any work.
    """

    target: int
    busy: Sequence[str]
    working: bool


class Workers(Protocol):
    """The Dask workers of a cluster, through its scheduler.

    Every method raises `SchedulerFailed` when the scheduler has ended or does not answer in time.
    """

    async def load(self, target_duration: str | float | None, threads: int) -> Load:
        """Return the work at hand, for workers of `threads` threads each."""

    async def rank_by_idleness(self, groups: Mapping[str, Sequence[str]]) -> list[str]:
        """Order groups of workers, each one job, by how well they can be spared."""

    async def retire(self, names: Sequence[str], drain_timeout: float) -> None:
        """Let workers finish what they compute, move their data away and leave."""

    async def clear_suspicion(self, names: Sequence[str]) -> None:
        """Take the blame for lost workers from the tasks that they computed."""
