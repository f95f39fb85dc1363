"""Sizes of a cluster, in whole jobs."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from dask.utils import parse_bytes

from jupyter_jobqueue.cluster.request import ClusterSpec
from jupyter_jobqueue.errors import InvalidOption

Size = str | int | None


class Sizes(NamedTuple):
    """One bound in several units; None means not given.

    Parameters
    ----------
    workers, jobs, cores : int, optional
        Numbers; infinity means no bound.
    memory : str or int, optional
        Bytes, or text.
    """

    workers: float | None = None
    jobs: int | None = None
    cores: int | None = None
    memory: str | int | None = None

    @property
    def finite(self) -> dict[str, Any]:
        """Those that are given and are a bound."""
        return {
            key: value for key, value in self._asdict().items() if value not in (None, math.inf)
        }


def jobs_for(spec: ClusterSpec, sizes: Mapping[str, Size], *, floor: bool = False) -> int:
    """Return the number of whole jobs for a size; of several sizes the largest counts.

    Parameters
    ----------
    spec : ClusterSpec
        What one job has.
    sizes : Mapping
        ``workers``, ``jobs``, ``cores`` or ``memory`` (bytes, or text); None means not given.
    floor : bool
        Round down, for a maximum, but to one job at least unless the size is 0.

    Raises
    ------
    InvalidOption
        If none is given, or one is not a whole number from 0 on.
    """
    given = {key: _checked(key, value) for key, value in sizes.items() if value is not None}
    if not given:
        raise InvalidOption("scale needs a number of workers, jobs, cores or an amount of memory")
    of_a_job = _one_job(spec)
    if floor:
        return max(size and max(1, size // of_a_job[key]) for key, size in given.items())
    return max(-(-size // of_a_job[key]) for key, size in given.items())


def bounds(spec: ClusterSpec, minimum: Sizes, maximum: Sizes) -> tuple[int, int | None]:
    """Return the smallest and largest number of jobs; None if there is no largest.

    Raises
    ------
    InvalidOption
        If a size is none, or the minimum is more than the maximum.
    """
    ceilings = [jobs_for(spec, {key: value}, floor=True) for key, value in maximum.finite.items()]
    low, high = jobs_for(spec, minimum._asdict()), min(ceilings) if ceilings else None
    if high is not None and low > high:
        raise InvalidOption(
            f"minimum of {low} jobs is more than maximum of {high} jobs", field="minimum"
        )
    return low, high


def _one_job(spec: ClusterSpec) -> dict[str, int]:
    asked = spec.options
    return {
        "workers": spec.processes,
        "jobs": 1,
        "memory": asked["memory"],
        "cores": asked["cores"],
    }


def _checked(key: str, value: Any) -> int:
    # Dask reads "" as one byte.
    if key == "memory" and isinstance(value, str) and value.strip():
        with contextlib.suppress(ValueError, KeyError, OverflowError):
            value = int(parse_bytes(value))
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < 0:
        raise InvalidOption(f"{key}={value!r} must be a whole number, 0 or more", field=key)
    return int(value)
