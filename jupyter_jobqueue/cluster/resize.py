"""How large a cluster is: a fixed number of jobs, or as many as the work needs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from dask.utils import parse_timedelta

from jupyter_jobqueue.cluster.size import Size, bounds, jobs_for
from jupyter_jobqueue.cluster.status import ClusterView
from jupyter_jobqueue.errors import JobQueueError
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy


class Resizing(ClusterView):
    """The part of a cluster that changes its size."""

    def _call(self, method: Callable[..., Any], *args: Any) -> Any:
        raise NotImplementedError

    def _wake(self) -> None:
        raise NotImplementedError

    def scale(
        self,
        n: int | None = None,
        *,
        jobs: int | None = None,
        memory: str | int | None = None,
        cores: int | None = None,
    ) -> Any:
        """Ask for a fixed number of jobs; jobs that end are replaced.

        Of several arguments the one that needs most jobs counts. Everything is rounded up to whole
        jobs: with ``processes=6``, ``scale(12)`` and ``scale(jobs=2)`` are both two jobs of six
        workers.

        Parameters
        ----------
        n : int, optional
            Workers.
        jobs : int, optional
            Jobs.
        memory : str or int, optional
            Memory of all workers, in bytes or as text.
        cores : int, optional
            Cores of all workers.

        Raises
        ------
        InvalidOption
            For a value that is no size; nothing has changed.
        QueueError
            If the queue refuses, in its own words; the number wanted is then what it was.
        """
        return self._call(
            self._scale, self.jobs_for(workers=n, jobs=jobs, memory=memory, cores=cores)
        )

    def adapt(  # type: ignore[override]
        self,
        minimum: int = 0,
        maximum: float = math.inf,
        *,
        minimum_jobs: int | None = None,
        maximum_jobs: int | None = None,
        minimum_cores: int | None = None,
        maximum_cores: int | None = None,
        minimum_memory: str | int | None = None,
        maximum_memory: str | int | None = None,
        interval: str | float = "1s",
        wait_count: int | None = None,
        idle_timeout: str | float = "60s",
        target_duration: str | float = "1s",
    ) -> AdaptivePolicy:
        """Let the work decide how many jobs there are, between a minimum and a maximum.

        Parameters
        ----------
        minimum, maximum : int
            Workers; rounded to whole jobs.
        minimum_jobs, maximum_jobs : int, optional
            Jobs.
        minimum_cores, maximum_cores : int, optional
            Cores.
        minimum_memory, maximum_memory : str or int, optional
            Memory.
        interval : str or float
            Seconds between two looks at the work.
        wait_count : int, optional
            Looks in a row that must find fewer jobs enough; overrides `idle_timeout`.
        idle_timeout : str or float
            Seconds for which fewer jobs must have been enough before any is given back.
        target_duration : str or float
            Seconds that the work at hand should take: the shorter, the more jobs at once.

        Returns
        -------
        AdaptivePolicy
            Its ``log`` tells what was decided and why.
        """
        period = float(parse_timedelta(interval, default="seconds"))
        idle = float(parse_timedelta(idle_timeout, default="seconds"))
        low, high = bounds(
            self.plan_,
            {
                "workers": minimum,
                "jobs": minimum_jobs,
                "cores": minimum_cores,
                "memory": minimum_memory,
            },
            {
                "workers": maximum,
                "jobs": maximum_jobs,
                "cores": maximum_cores,
                "memory": maximum_memory,
            },
        )
        self._policy = AdaptivePolicy(
            low,
            high,
            idle if wait_count is None else wait_count * period,
            period,
            target_duration,
        )
        self._adaptive = None
        self._wake()
        return self._policy

    async def _scale(self, jobs: int) -> None:
        policy, self._policy = self._policy, None
        try:
            await self._reconciler.scale(jobs)
        except JobQueueError:
            self._policy = policy
            raise

    def retry(self) -> Any:
        """Submit again after too many jobs ended before a worker joined."""
        return self._call(self._reconciler.retry)

    def jobs_for(self, **sizes: Size) -> int:
        """Return the number of whole jobs for ``workers``, ``jobs``, ``cores`` or ``memory``."""
        return jobs_for(self.plan_, sizes)
