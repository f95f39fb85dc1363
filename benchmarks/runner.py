"""Runs measurements, each in a process of its own, on a Slurm that is empty each time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Timer

from benchmarks.cases import THEIRS, Case
from tests.beds.daemons import wait_until
from tests.beds.slurm import ENVIRONMENT, SlurmBed, new_bed

PROGRAM = Path(__file__).with_name("measure.py")


@dataclass(frozen=True)
class Sample:
    """One measurement: seconds by metric, or why there are none."""

    case: Case
    subject: str
    load: float
    values: dict[str, float] = field(default_factory=dict)
    failure: str = ""


@contextmanager
def forgetful_bed() -> Iterator[SlurmBed]:
    """Run a Slurm that soon removes ended jobs: listing them takes time."""
    bed = new_bed()
    try:
        bed.up()
        bed.conf.write_text(bed.conf.read_text().replace("MinJobAge=30", "MinJobAge=2"))
        bed.ask("scontrol", "reconfigure", check=True)
        yield bed
    finally:
        bed.down()


@dataclass(frozen=True)
class Runner:
    """Measures on one Slurm.

    Parameters
    ----------
    bed : SlurmBed
        It runs.
    tls : bool
        Whether jupyter-jobqueue encrypts, its default.
    """

    bed: SlurmBed
    tls: bool = True

    def run(self, case: Case, subject: str) -> Sample:
        """Measure once, and leave an empty queue."""
        load = os.getloadavg()[0]
        values, failure = self._measure(case, subject)
        left = self._tidy()
        return Sample(case, subject, load, values, failure or left)

    def _measure(self, case: Case, subject: str) -> tuple[dict[str, float], str]:
        log = self._work / "measure.log"
        process = self._start({**asdict(case), "theirs": subject == THEIRS, "tls": self.tls}, log)
        timer = Timer(case.limit, _kill, [process])
        timer.start()
        values: dict[str, float] = {}
        with process, suppress(OSError, ValueError):  # it ended in the middle of a talk
            values = self._attend(process)
        why = "it failed" if timer.is_alive() else f"no result within {case.limit:g} s"
        timer.cancel()
        return values, "" if values else f"{why}\n{_end_of(log)}"

    def _start(self, order: dict[str, object], log: Path) -> subprocess.Popen[str]:
        with log.open("w") as errors:
            return subprocess.Popen(
                [sys.executable, "-P", PROGRAM, json.dumps(order)],
                cwd=self._work,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )

    def _attend(self, process: subprocess.Popen[str]) -> dict[str, float]:
        """Watch the queue when the process requests it; return its result."""
        assert process.stdin
        assert process.stdout
        try:
            for line in process.stdout:
                if line.startswith("{"):
                    result: dict[str, float] = json.loads(line)
                    return result
                if line.startswith("poll "):
                    seen = self._when_there_are(int(line.split()[1]), process)
                    process.stdin.write(f"{seen}\n")
                    process.stdin.flush()
        except BaseException:
            _kill(process)
            raise
        return {}

    def _when_there_are(self, count: int, process: subprocess.Popen[str]) -> float:
        """Ask squeue again and again; return when it had answered with all jobs.

        Asking without a pause would slow long submissions: it may make the answer late by 5 %.
        """
        started = time.monotonic()
        while process.poll() is None:
            listed = self.bed.ask("squeue", "-h", "-r", "-o", "%i").count("\n")
            if listed >= count:
                break
            time.sleep(max(0.002, 0.05 * (time.monotonic() - started)))
        return time.monotonic()

    def _tidy(self) -> str:
        """Wait until the queue is empty and has forgotten; tell of jobs that were left behind."""
        left = self.bed.jobs_left(timeout=15)
        try:
            if left:
                self.bed.cancel_all(timeout=30)
            wait_until(lambda: not self.bed.ask("squeue", "-h", "-t", "all"), 90, "Slurm to forget")
        except TimeoutError as error:
            return str(error)
        return f"{len(left)} jobs were left in the queue" if left else ""

    @property
    def _work(self) -> Path:
        folder = self.bed.directory / "work"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def _environment(self) -> dict[str, str]:
        """Nobody's own configuration, and every file in the folder of the bed."""
        own = {name: text for name, text in ENVIRONMENT.items() if not name.startswith("DASK_")}
        return own | {
            "SLURM_CONF": str(self.bed.conf),
            "DASK_CONFIG": str(self._work / "dask"),
            "DASK_TEMPORARY_DIRECTORY": str(self._work),
            "XDG_STATE_HOME": str(self._work),
        }


def _kill(process: subprocess.Popen[str]) -> None:
    """End a measurement and what it started in its session; it leads one, so the id is its own."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _end_of(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
