"""The measurements and the goals."""

from __future__ import annotations

from dataclasses import dataclass

OURS, THEIRS = "jupyter-jobqueue", "dask-jobqueue"
STALL = 0.025
"""Maximum of seconds for which the event loop may be busy."""


@dataclass(frozen=True)
class Case:
    """One kind of measurement.

    Parameters
    ----------
    name : str
        For ``--only``.
    title : str
        For the table.
    jobs, processes : int
        Number of jobs, and of workers in each.
    held : bool
        Whether the jobs go to a partition that never starts any.
    listener : bool
        Whether something listens to the events of the cluster, which dask-jobqueue does not have.
    limit : float
        Seconds after which the measurement fails.
    """

    name: str
    title: str
    jobs: int
    processes: int = 1
    held: bool = False
    listener: bool = False
    limit: float = 60

    @property
    def subjects(self) -> list[str]:
        """Who is measured."""
        return [OURS] if self.listener else [OURS, THEIRS]

    @property
    def metrics(self) -> list[str]:
        """What is shown of it."""
        if self.listener:
            return ["stall", "stall_close"]
        return ["visible", "stall", "close", "stall_close"] if self.held else ["connected"]


@dataclass(frozen=True)
class Metric:
    """One number of a measurement, in seconds, and how it is shown."""

    title: str
    factor: float = 1
    digits: int = 2
    unit: str = "s"

    def text(self, seconds: float) -> str:
        """Return the number without its unit."""
        return f"{seconds * self.factor:.{self.digits}f}"


CASES = [
    Case("held-10", "10 held jobs", 10, held=True),
    Case("held-100", "100 held jobs", 100, held=True),
    Case("held-300", "300 held jobs", 300, held=True, limit=90),
    Case("events-300", "300 held jobs, with a listener", 300, held=True, listener=True, limit=90),
    Case("workers-4", "4 jobs of 1 process", 4),
    Case("workers-8", "1 job of 8 processes", 1, processes=8),
]
METRICS = {
    "visible": Metric("scale() until squeue shows all", digits=3),
    "stall": Metric("longest stall of the loop, until 2 s later", 1000, 0, "ms"),
    "close": Metric("close()", digits=3),
    "stall_close": Metric("longest stall of the loop in close()", 1000, 0, "ms"),
    "connected": Metric("scale() until all workers are connected"),
}


@dataclass(frozen=True)
class Aim:
    """A goal: our median is at most `share` of theirs."""

    title: str
    case: str
    metric: str
    share: float


AIMS = [
    Aim(
        "300 jobs are known to the queue in a tenth of the time or less", "held-300", "visible", 0.1
    ),
    Aim("4 workers are connected no later", "workers-4", "connected", 1),
    Aim("8 processes are connected in half the time or less", "workers-8", "connected", 0.5),
]
