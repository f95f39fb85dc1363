"""Samples as Markdown: the machine, a table, and which goals are met."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from statistics import median

from benchmarks.cases import AIMS, CASES, METRICS, OURS, STALL, THEIRS, Aim, Case, Metric
from benchmarks.runner import Sample


@dataclass(frozen=True)
class Report:
    """The results of a run of the benchmark.

    Parameters
    ----------
    samples : sequence of Sample
        Every measurement, also failed ones.
    slurm : str
        Its version.
    tls : bool
        Whether jupyter-jobqueue encrypted.
    """

    samples: Sequence[Sample]
    slurm: str
    tls: bool

    def markdown(self) -> str:
        """Return the whole report."""
        parts = [_lines(self._setting()), self._table(), _lines(self._aims()), self._failures()]
        return "\n\n".join(part for part in parts if part) + "\n"

    def values(self, case: str, metric: str, subject: str) -> list[float]:
        """Return the seconds of all repetitions that gave a result."""
        found = (s for s in self.samples if s.case.name == case and s.subject == subject)
        return [sample.values[metric] for sample in found if metric in sample.values]

    # -- above the table ---------------------------------------------------------------------------

    def _setting(self) -> Iterator[str]:
        packages = ", ".join(map(_version, (OURS, THEIRS, "distributed")))
        python = f"Python {platform.python_version()}"
        yield f"{packages}, {python}, {self.slurm}, {os.cpu_count()} CPUs."
        loads = [sample.load for sample in self.samples]
        yield f"Load average before each measurement: {_spread(loads, Metric('', digits=1))}."
        idle = [sample.values["idle"] for sample in self.samples if "idle" in sample.values]
        if idle:
            yield f"Longest stall of an idle loop, in 0.5 s: {_spread(idle, METRICS['stall'])} ms."
        kind = "with TLS, its default" if self.tls else "without TLS (--no-tls)"
        yield f"{OURS} runs {kind}; {THEIRS} without, its default. Both with nannies."
        yield "Each measurement is a process of its own; numbers are median (min-max)."

    # -- the table ---------------------------------------------------------------------------------

    def _table(self) -> str:
        head = ["", "", "n", OURS, THEIRS, "theirs / ours"]
        cases = [case for case in CASES if any(sample.case is case for sample in self.samples)]
        return _aligned([head, *(self._row(case, key) for case in cases for key in case.metrics)])

    def _row(self, case: Case, key: str) -> list[str]:
        metric = METRICS[key]
        ours, theirs = (self.values(case.name, key, subject) for subject in (OURS, THEIRS))
        ratio = _short(median(theirs) / median(ours)) if ours and theirs else ""
        cells = [_spread(values, metric) for values in (ours, theirs)]
        counts = "/".join(str(len(v)) for v in (ours, theirs) if v)
        return [case.title, f"{metric.title}, {metric.unit}", counts, *cells, ratio]

    # -- below the table ---------------------------------------------------------------------------

    def _aims(self) -> Iterator[str]:
        for aim in AIMS:
            yield self._verdict(aim)
        yield self._stall_verdict()

    def _verdict(self, aim: Aim) -> str:
        ours, theirs = (self.values(aim.case, aim.metric, subject) for subject in (OURS, THEIRS))
        if not ours or not theirs:
            return f"- not measured: {aim.title}"
        share = median(ours) / median(theirs)
        told = f"{_short(share)} of {THEIRS}'s median, at most {aim.share:g} wanted"
        return f"- {_met(share <= aim.share)}: {aim.title} ({told})"

    def _stall_verdict(self) -> str:
        title = f"the loop never stalls for more than {STALL * 1000:.0f} ms"
        held = [(case.name, key) for case in CASES for key in ("stall", "stall_close") if case.held]
        runs = [stalls for case, key in held if (stalls := self.values(case, key, OURS))]
        if not runs:
            return f"- not measured: {title}"
        typical, worst = max(map(median, runs)) * 1000, max(map(max, runs)) * 1000
        met = _met(typical <= STALL * 1000)
        return f"- {met}: {title} (worst median {typical:.0f} ms; worst of all {worst:.0f} ms)"

    def _failures(self) -> str:
        failed = [sample for sample in self.samples if sample.failure]
        return "\n".join(f"FAILED {s.case.name}, {s.subject}: {s.failure}" for s in failed)


def _version(package: str) -> str:
    with suppress(PackageNotFoundError):
        return f"{package} {version(package)}"
    return f"{package} (this checkout)"


def _short(ratio: float) -> str:
    """Return a ratio with two significant digits, or all digits before the point."""
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _met(met: bool) -> str:
    return "met" if met else "NOT met"


def _spread(values: Sequence[float], metric: Metric) -> str:
    """Return median (min-max)."""
    if not values:
        return "-"
    low, middle, high = (metric.text(value) for value in (min(values), median(values), max(values)))
    return f"{middle} ({low}-{high})" if len(values) > 1 else middle


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table that is readable as text too."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [" | ".join(map(str.ljust, row, widths)) for row in rows]
    lines.insert(1, " | ".join("-" * max(width, 3) for width in widths))
    return "\n".join(f"| {line} |" for line in lines)
