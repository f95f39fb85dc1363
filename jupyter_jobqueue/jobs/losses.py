"""What was interrupted or lost when jobs reached their walltime, to be said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jupyter_jobqueue.jobs.job import Job
from jupyter_jobqueue.jobs.table import JobTable
from jupyter_jobqueue.jobs.walltime import margin


@dataclass
class Losses:
    """Counts what Dask must compute again because jobs ended for their walltime.

    Parameters
    ----------
    tasks : int
        Tasks that were running when their worker ended.
    results : int
        Results that no other worker had.
    """

    tasks: int = 0
    results: int = 0
    _seen: set[str] = field(default_factory=set)

    def note(self, dropped: Mapping[str, tuple[int, int]], table: JobTable, now: float) -> bool:
        """Count what was lost with workers.

        Parameters
        ----------
        dropped : Mapping
            Running tasks and results that were lost, by the name of a worker that is gone.
        table : JobTable
            The jobs.
        now : float
            Seconds since the epoch.

        Returns
        -------
        bool
            Whether there is something new to be said.
        """
        new = [name for name in dropped if name not in self._seen]
        self._seen.update(new)
        late = [name for name in new if _is_at_its_end(table.owner_of(name), now)]
        self.tasks += sum(dropped[name][0] for name in late)
        self.results += sum(dropped[name][1] for name in late)
        return bool(late)

    @property
    def sentence(self) -> str:
        """What is said.

        Examples
        --------
        >>> print(Losses(1, 2).sentence)
        Jobs reached their time limit with work that Dask computes again: 1 running task, 2 results.
        """
        counts = ((self.tasks, "running task"), (self.results, "result"))
        said = ", ".join(f"{n} {what}{'s' if n > 1 else ''}" for n, what in counts if n)
        return f"Jobs reached their time limit with work that Dask computes again: {said}."


def _is_at_its_end(job: Job | None, now: float) -> bool:
    """Whether a job has about run as long as it may, and did not leave for another reason."""
    if job is None or job.started is None or job.walltime is None:
        return False
    return (job.ended or now) >= job.started + job.walltime - margin(job.walltime)
