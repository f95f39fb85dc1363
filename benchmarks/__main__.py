"""The command line: ``python -m benchmarks --quick``."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmarks.cases import CASES, Case
from benchmarks.report import Report
from benchmarks.runner import Runner, Sample, forgetful_bed
from tests.beds.slurm import missing_commands


def main() -> int:
    """Measure, print the report, and return 1 if a measurement failed."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that Slurm is stopped
    with forgetful_bed() as bed:
        cases = [case for case in CASES if not options.only or case.name in options.only]
        runner = Runner(bed, tls=not options.no_tls)
        samples = list(_samples(runner, cases, 2 if options.quick else options.repeat))
        slurm = bed.ask("sbatch", "--version").strip()
    text = Report(samples, slurm, runner.tls).markdown()
    print(text, end="")
    if options.output:
        options.output.write_text(text)
    return int(any(sample.failure for sample in samples))


def _samples(runner: Runner, cases: Sequence[Case], repeat: int) -> Iterator[Sample]:
    """Measure all cases once, then again, with alternating order of the two projects."""
    for number in range(repeat):
        for case in cases:
            for subject in case.subjects[:: -1 if number % 2 else 1]:
                print(f"{number + 1}/{repeat} {case.name}: {subject}", file=sys.stderr)
                yield runner.run(case, subject)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure jupyter-jobqueue and dask-jobqueue side by side on a real Slurm.",
    )
    names = [case.name for case in CASES]
    parser.add_argument(
        "--repeat", type=int, default=5, help="number of measurements (%(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="same as --repeat 2")
    parser.add_argument("--only", nargs="+", choices=names, metavar="CASE", help=", ".join(names))
    parser.add_argument("--no-tls", action="store_true", help="switch off our encryption")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the report here too")
    options = parser.parse_args()
    if missing := missing_commands():
        parser.exit(1, f"not installed: {' '.join(missing)}\n")
    if not find_spec("dask_jobqueue"):
        parser.exit(1, "not installed: dask-jobqueue; pip install 'jupyter-jobqueue[bench]'\n")
    return options


if __name__ == "__main__":
    sys.exit(main())
