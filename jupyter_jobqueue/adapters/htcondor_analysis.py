"""Parses ``condor_q -better-analyze``: why jobs wait."""

from __future__ import annotations

import re
from collections.abc import Iterator

JOB = re.compile(r"^The Requirements expression for job (\d+)\.(\d+) is$", re.MULTILINE)
SUMMARY = re.compile(r"Of (\d+) machines,\n((?: +\d+ .*\n)+)")
UNMET = re.compile(r"^\[\d+\] +0 +(.+?) *$", re.MULTILINE)
REJECTED = "are rejected by your job's requirements"


def read_analysis(text: str) -> dict[str, str]:
    """Read why jobs wait, by id; a job without a summary is left out.

    Parameters
    ----------
    text : str
        What ``condor_q -better-analyze`` printed of some jobs.
    """
    _, *parts = JOB.split(text)
    jobs = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    reasons = {f"{int(cluster)}.{int(proc)}": _reason(part) for cluster, proc, part in jobs}
    return {job_id: reason for job_id, reason in reasons.items() if reason}


def _reason(analysis: str) -> str:
    summary = SUMMARY.search(analysis)
    if not summary:
        return ""
    machines, counts = summary[1], [line.strip() for line in summary[2].splitlines()]
    if f"{machines} {REJECTED}" not in counts:
        told = ", ".join(line for line in counts if not line.startswith("0 "))
        return f"no free slot: of {machines} machines, {told}"
    unmet = ", ".join(_unmet(analysis))
    rejected = f"of {machines} machines, {machines} {REJECTED}"
    return f"no machine of the pool can run it: {rejected}" + (unmet and f": {unmet}")


def _unmet(analysis: str) -> Iterator[str]:
    """Yield the conditions that no machine meets, with the values that the job has for them."""
    for condition in UNMET.findall(analysis):
        names = re.findall(r"\bRequest\w+", condition)
        values = (re.search(rf"^ +{name} = .+$", analysis, re.MULTILINE) for name in names)
        known = ", ".join(value[0].strip() for value in values if value)
        yield f"{condition} ({known})" if known else condition
