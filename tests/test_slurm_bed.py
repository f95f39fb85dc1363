"""The real Slurm that other tests stand on: it runs jobs, and it goes without a trace."""

from __future__ import annotations

from pathlib import Path

from tests.beds.daemons import wait_until
from tests.beds.slurm import SlurmBed, new_bed


def test_a_job_runs_and_its_output_is_there(slurm: SlurmBed, tmp_path: Path) -> None:
    output = tmp_path / "out"
    slurm.ask("sbatch", "-o", str(output), "--wrap", "echo hello", check=True)
    wait_until(lambda: output.exists() and output.read_text() == "hello\n", 15, "the job's output")


def test_partitions_are_those_that_the_tests_expect(slurm: SlurmBed) -> None:
    listed = slurm.ask("sinfo", "-h", "-o", "%P %a %l").splitlines()
    assert set(listed) == {"debug* up 1-00:00:00", "short up 10:00", "closed down 1-00:00:00"}


def test_cancel_all_also_takes_jobs_that_wait(slurm: SlurmBed) -> None:
    for partition in ("debug", "closed"):
        slurm.ask("sbatch", "-p", partition, "--array=0-2", "-o", "/dev/null", "--wrap", "sleep 99")
    assert len(slurm.jobs()) == 6
    slurm.cancel_all(timeout=15)
    assert slurm.jobs() == []


def test_two_beds_live_side_by_side_and_stop_without_a_trace(slurm: SlurmBed) -> None:
    other = new_bed()
    other.up()
    try:
        other.ask("sbatch", "-o", "/dev/null", "--wrap", "sleep 99", check=True)
        assert slurm.jobs() == []
    finally:
        other.down()
    assert not other.directory.exists()
    assert slurm.ask("scontrol", "ping").count("is UP") == 1
