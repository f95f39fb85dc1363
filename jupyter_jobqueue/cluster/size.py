"""Converts sizes of a cluster to whole jobs."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from dask.utils import parse_bytes, parse_timedelta

from jupyter_jobqueue.cluster.request import ClusterSpec
from jupyter_jobqueue.errors import InvalidOption, shortened
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy

Size = str | int | None


class Sizes(NamedTuple):
    """A minimum or maximum in several units; None means not given.

    Parameters
    ----------
    workers, jobs, cores : int, optional
        Numbers; infinity means no limit.
    memory : str or int, optional
        Bytes, or text such as ``"24 GB"``.
    """

    workers: float | None = None
    jobs: int | None = None
    cores: int | None = None
    memory: str | int | None = None

    @property
    def finite(self) -> dict[str, Any]:
        """The values that are given and finite."""
        return {
            key: value for key, value in self._asdict().items() if value not in (None, math.inf)
        }


def jobs_for(spec: ClusterSpec, sizes: Mapping[str, Size], *, floor: bool = False) -> int:
    """Return the number of whole jobs for a size; the largest of several sizes counts.

    Parameters
    ----------
    spec : ClusterSpec
        Resources of one job.
    sizes : Mapping
        ``workers``, ``jobs``, ``cores`` or ``memory`` (bytes, or text); None means not given.
    floor : bool
        Whether to round down, for a maximum; a size above 0 is at least one job.

    Raises
    ------
    InvalidOption
        If no size is given, or one is not a whole number of 0 or more.
    """
    given = {key: _checked(key, value) for key, value in sizes.items() if value is not None}
    if not given:
        raise InvalidOption("scale needs a number of workers, jobs or cores, or a size of memory")
    per_job = _one_job(spec)
    if floor:
        return max(size and max(1, size // per_job[key]) for key, size in given.items())
    return max(-(-size // per_job[key]) for key, size in given.items())


class Pace(NamedTuple):
    """How fast an adaptive cluster follows the workload.

    Parameters
    ----------
    interval : str or float
        Seconds between two decisions.
    wait_count : int or None
        Decisions in a row for which fewer jobs must be enough; overrides `idle_timeout`.
    idle_timeout : str or float
        Seconds for which fewer jobs must be enough before jobs are removed.
    target_duration : str or float
        Seconds that the current work should take.
    """

    interval: str | float
    wait_count: int | None
    idle_timeout: str | float
    target_duration: str | float


def policy(spec: ClusterSpec, minimum: Sizes, maximum: Sizes, pace: Pace) -> AdaptivePolicy:
    """Return the adaptive policy for limits in any unit.

    Parameters
    ----------
    spec : ClusterSpec
        Resources of one job.
    minimum, maximum : Sizes
        The limits.
    pace : Pace
        How fast it follows the workload.

    Raises
    ------
    InvalidOption
        If a size is invalid, or the minimum is more than the maximum.
    """
    low, high = bounds(spec, minimum, maximum)
    interval = float(parse_timedelta(pace.interval, default="seconds"))
    idle = float(parse_timedelta(pace.idle_timeout, default="seconds"))
    if pace.wait_count is not None:
        idle = pace.wait_count * interval
    return AdaptivePolicy(low, high, idle, interval, pace.target_duration)


def bounds(spec: ClusterSpec, minimum: Sizes, maximum: Sizes) -> tuple[int, int | None]:
    """Return the minimum and maximum number of jobs; a maximum of None means no limit.

    Parameters
    ----------
    spec : ClusterSpec
        Resources of one job.
    minimum, maximum : Sizes
        The limits in any unit.

    Raises
    ------
    InvalidOption
        If a size is invalid, or the minimum is more than the maximum.
    """
    ceilings = [jobs_for(spec, {key: value}, floor=True) for key, value in maximum.finite.items()]
    low, high = jobs_for(spec, minimum._asdict()), min(ceilings) if ceilings else None
    if high is not None and low > high:
        raise InvalidOption(
            f"the minimum of {low} jobs is more than the maximum of {high} jobs", field="minimum"
        )
    return low, high


def _one_job(spec: ClusterSpec) -> dict[str, int]:
    options = spec.options
    return {
        "workers": spec.processes,
        "jobs": 1,
        "memory": options["memory"],
        "cores": options["cores"],
    }


def _checked(key: str, value: Any) -> int:
    number = _bytes(value) if key == "memory" else value
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        is_memory = key == "memory"
        valid = "an amount of memory such as 24 GB" if is_memory else "a whole number of 0 or more"
        raise InvalidOption(f"{key} must be {valid}, not {shortened(value)}", field=key)
    return number


def _bytes(value: Any) -> Any:
    # Dask reads "" as one byte.
    if isinstance(value, str) and value.strip():
        with contextlib.suppress(ValueError, KeyError, OverflowError):
            return int(parse_bytes(value))
    return value
