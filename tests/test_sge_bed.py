"""The real Grid Engine that other tests stand on: it runs jobs, and it goes without a trace."""

from __future__ import annotations

import socket
from pathlib import Path

import psutil

from tests.beds.daemons import wait_until
from tests.beds.sge import SGEBed, new_bed

SLEEP = ("-b", "y", "-cwd", "-o", "/dev/null", "-j", "y", "/bin/sleep", "99")


def test_a_job_runs_and_its_output_and_its_record_are_there(sge: SGEBed, tmp_path: Path) -> None:
    output = tmp_path / "out"
    words = ("-terse", "-wd", str(tmp_path), "-o", str(output), "-b", "y", "/bin/echo", "hello")
    job = sge.ask("qsub", *words, check=True).strip()
    wait_until(lambda: output.exists() and output.read_text() == "hello\n", 15, "the job's output")
    wait_until(lambda: "exit_status  0" in sge.ask("qacct", "-j", job), 15, "the job's record")


def test_queues_are_those_that_the_tests_expect(sge: SGEBed) -> None:
    rows = [line.split() for line in sge.ask("qstat", "-f").splitlines() if "@" in line]
    assert [(row[0], row[2].rpartition("/")[2], row[5:]) for row in rows] == [
        ("all.q@localhost", "4", []),
        ("short.q@localhost", "4", []),
        ("closed.q@localhost", "4", ["d"]),
    ]


def test_cancel_all_also_takes_jobs_that_wait(sge: SGEBed) -> None:
    for queue in ("all.q", "closed.q"):
        sge.ask("qsub", "-q", queue, "-t", "1-3", *SLEEP, check=True)
    assert len(sge.jobs()) == 6
    sge.cancel_all(timeout=15)
    assert sge.jobs() == []


def test_two_beds_live_side_by_side_on_loopback_and_stop_without_a_trace(sge: SGEBed) -> None:
    other = new_bed()
    other.up()
    try:
        other.ask("qsub", *SLEEP, check=True)
        wait_until(lambda: sleepers(other) == 1, 15, "the job to run")
        assert sge.jobs() == []
        assert addresses(other) == {"127.0.0.1"}
    finally:
        other.down()
    assert not other.directory.exists()
    assert sleepers(other) == 0
    assert sge.ask("qconf", "-sh") == "localhost\n"


def sleepers(bed: SGEBed) -> int:
    """Count the jobs of a bed that are there as processes."""
    root = str(bed.directory / "root")
    found = 0
    for process in psutil.process_iter(["name", "environ"]):
        environment = process.info["environ"] or {}
        found += process.info["name"] == "sleep" and environment.get("SGE_ROOT") == root
    return found


def addresses(bed: SGEBed) -> set[str]:
    """Return where a bed's daemons listen."""
    port = int((bed.directory / "port").read_text())
    listening = [each.laddr for each in psutil.net_connections("inet") if each.status == "LISTEN"]
    found = [each.ip for each in listening if each and each.port in (port, port + 1)]
    assert len(found) == 2
    socket.create_connection(("127.0.0.1", port), timeout=5).close()
    return set(found)
