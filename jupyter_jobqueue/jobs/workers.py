"""The requests of a group of jobs to the Dask scheduler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class Load(NamedTuple):
    """The current work.

    Parameters
    ----------
    target : int
        Workers that the work could use.
    busy : sequence of str
        Names of the busy workers.
    working : bool
        Whether there is any work.
    dropped : Mapping
        Running tasks and only copies of results that were lost, by the names of lost workers.
    """

    target: int
    busy: Sequence[str]
    working: bool
    dropped: Mapping[str, tuple[int, int]] = {}


class Workers(Protocol):
    """The Dask workers of a cluster, through its scheduler.

    Every method raises `SchedulerFailed` when the scheduler has ended or does not answer in time.
    """

    async def load(self, target_duration: str | float | None, threads: int) -> Load:
        """Return the current work.

        Parameters
        ----------
        target_duration : str or float or None
            Seconds that the work should take; None for Dask's default.
        threads : int
            Threads of each worker.
        """

    async def rank_by_idleness(self, groups: Mapping[str, Sequence[str]]) -> list[str]:
        """Return the names of groups of workers, the idlest first.

        Parameters
        ----------
        groups : Mapping
            Names of the workers of each job, by the name of the job.
        """

    async def retire(self, names: Sequence[str], drain_timeout: float) -> None:
        """Let workers finish their tasks, move their data away and leave.

        Parameters
        ----------
        names : sequence of str
            Names of the workers.
        drain_timeout : float
            Seconds for the tasks to finish.
        """

    async def clear_suspicion(self, names: Sequence[str]) -> None:
        """Do not count the loss of workers against the tasks that they computed.

        Parameters
        ----------
        names : sequence of str
            Names of the lost workers.
        """
