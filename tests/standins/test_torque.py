"""The stand-ins for Torque and Moab say what Torque said, and what Moab is known to say."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from tests.recordings import FOLDER, one_call
from tests.standins.replay import Replay
from tests.standins.waiting import ended, running, until

PLAIN = """#!/bin/bash
#PBS -N plain
#PBS -l nodes=1:ppn=1,walltime=00:10:00,mem=100mb
#PBS -o t/plain.out
#PBS -e t/plain.err
sleep 1000
"""
FAILS = (
    "#!/bin/bash\n#PBS -N fails\n#PBS -l nodes=1:ppn=1\n#PBS -j oe\n#PBS -o t/fails.out\nexit 3\n"
)


@pytest.fixture
def torque(replay: Callable[[str, int], Replay]) -> Replay:
    made = replay("torque", 32)
    made.script("t/plain.pbs", PLAIN)
    made.script("t/fails.pbs", FAILS)
    return made


@pytest.mark.parametrize(
    ("file", "number"),
    [
        ("01-qstat-empty", 1),
        ("12-qsub-array", 2),
        ("13-qsub-hold", 3),
        ("14-qsub-fail", 4),
        ("15-qsub-toowide", 1),
        ("16-qsub-wide2", 1),
        ("17-qsub-terse-z", 1),
        ("28-qstat-badid", 1),
        ("30-qsub-badqueue", 1),
        ("31-qsub-badopt", 1),
        ("32-qsub-badresource", 1),
        ("33-qsub-nofile", 1),
        ("34-qsub-empty", 10),
        ("35-qsub-badwalltime", 1),
        ("36-qsub-select", 12),
        ("42-qdel-unknown", 1),
        ("46-qdel-bad", 1),
    ],
)
def test_what_a_single_command_says(torque: Replay, file: str, number: int) -> None:
    torque.check(f"torque/{file}.txt", number=number)


@pytest.mark.parametrize("file", ["61-server-down", "62-server-down-qsub", "63-server-down-qdel"])
def test_what_commands_say_while_the_server_is_down(torque: Replay, file: str) -> None:
    torque.standin.down()
    torque.check(f"torque/{file}.txt")


def test_what_qstat_says_without_trqauthd(torque: Replay) -> None:
    torque.standin.down("trqauthd")
    torque.check("torque/64-trqauthd-down.txt")


def words(torque: Replay, table: str) -> list[list[str]]:
    """Return the rows of a listing without the jobs 0, 7 and 12, which are others' here."""
    rows = (line for line in table.splitlines() if not line.startswith(("0.vm", "7.vm", "12.vm")))
    return [torque.masked(row).split() for row in rows]


def test_columns(torque: Replay) -> None:
    torque.run("qsub -h t/plain.pbs", 3)
    want = one_call("torque/20-qstat.txt").stdout.splitlines()
    got = torque.run("qstat").stdout.splitlines()
    assert got[:2] == want[:2]
    assert torque.masked(got[2]) == torque.masked(want[5].replace("held ", "plain"))


@pytest.fixture
def jobs(torque: Replay) -> Replay:
    """Submit the jobs 1 to 4 of the recordings: two run, one is held, one has failed."""
    torque.run("qsub t/plain.pbs; qsub -t 1-5 t/plain.pbs; qsub -h -N held t/plain.pbs", 1)
    torque.run("qsub t/fails.pbs", 4)
    running(torque.standin)
    until(lambda: not any(job.name == "fails" for job in torque.standin.unended()))
    return torque


@pytest.mark.parametrize("file", ["20-qstat", "21-qstat-t", "48-qstat-after"])
def test_tables(jobs: Replay, file: str) -> None:
    if "after" in file:
        jobs.check("torque/43-qdel-several.txt")
        jobs.check("torque/44-qdel-array-elem.txt")
        jobs.check("torque/45-qdel-array.txt")
        ended(jobs.standin)
    got = jobs.run("qstat -t" if "-t" in file else "qstat").stdout
    want = one_call(f"torque/{file}.txt").stdout.partition("Job Id:")[0]
    assert words(jobs, got) == words(jobs, want)


def test_xml_of_a_running_and_of_a_failed_job(jobs: Replay) -> None:
    got, want = jobs.run("qstat -x 1").stdout, one_call("torque/23-qstat-x.txt").stdout
    assert tags(got) == tags(want)
    want = one_call("torque/24-qstat-f-finished.txt").stdout.partition("<?xml")[2]
    got = jobs.run("qstat -x 4").stdout
    assert tags(got) == tags("<?xml" + want)
    assert "<exit_status>3</exit_status>" in got


def tags(text: str) -> list[str]:
    """Return the names of the elements in order, with the resources of a job in any."""
    job = ElementTree.fromstring(text)[0]  # noqa: S314 (our own)
    return [f"{each.tag}: {sorted(inner.tag for inner in each)}" for each in job]


def test_what_qdel_says_of_jobs_that_have_ended(jobs: Replay) -> None:
    jobs.check("torque/47-qdel-finished.txt")
    jobs.check("torque/41-qdel-again.txt", "qdel 4 2>&1 | sed s/4.vm/0.vm/ >&2; exit 170")


def test_output_of_array_elements_is_named_after_their_index(jobs: Replay) -> None:
    jobs.run("qdel all")
    ended(jobs.standin)
    jobs.run("qstat")
    names = sorted(path.name for path in (jobs.work / "t").glob("plain.out*"))
    want = one_call("torque/52-files.txt").stdout.splitlines()
    assert names == [name for name in want if name.startswith("plain.out")]


# -- Moab


@pytest.fixture
def moab(replay: Callable[[str, int], Replay]) -> Replay:
    made = replay("moab", 4)
    made.script("t/plain.pbs", PLAIN)
    return made


def test_msub_prints_an_empty_line_and_an_id(moab: Replay) -> None:
    assert moab.run("msub t/plain.pbs", 7).stdout == "\nMoab.7\n"
    assert "Unknown queue" in moab.run("msub -q nosuch t/plain.pbs").stderr


@pytest.mark.parametrize("option", ["", "-c"])
def test_showq_has_no_attribute_that_is_unknown_to_its_readers(moab: Replay, option: str) -> None:
    moab.run("msub t/plain.pbs; msub t/plain.pbs; msub -h t/plain.pbs")
    running(moab.standin)
    moab.run("mjobctl -c Moab.2")
    until(lambda: all(job.number != 2 for job in moab.standin.unended()))
    told = attributes(moab.run(f"showq {option} --xml").stdout)
    known = set().union(*(attributes(file.read_text()) for file in (FOLDER / "moab").iterdir()))
    assert told <= known
    assert {"JobID", "JobName", "State", "SubmissionTime"} <= told


def attributes(text: str) -> set[str]:
    """Return what is told of any job."""
    jobs = ElementTree.fromstring(text).iter("job")  # noqa: S314 (our own)
    return {name for job in jobs for name in job.attrib}


def test_jobs_are_ended_by_either_id(moab: Replay) -> None:
    moab.run("msub -h t/plain.pbs; msub -h t/plain.pbs")
    assert moab.run("canceljob 1").exit == moab.run("mjobctl -c Moab.2").exit == 0
    assert "invalid job specified" in moab.run("canceljob 1").stderr
    assert not moab.standin.unended()
