"""What stand-ins share: switches, the end, and the real systems in their place."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.standins import queues
from tests.standins.install import Standin
from tests.standins.waiting import ended, is_taken, running, until

Install = Callable[[str], Standin]


def test_a_job_that_is_left_fails_its_test_and_is_ended(install: Install) -> None:
    pbs = install("pbs")
    pbs.run("qsub", "-N", "left", text="sleep 1000")
    with pytest.raises(AssertionError, match=r"jobs left in the queue: \['left'\]"):
        pbs.close(patience=0.1)
    assert not pbs.unended()


def test_no_process_is_left_behind(install: Install) -> None:
    pbs = install("pbs")
    pbs.run("qsub", text="trap '' TERM; sleep 1000 & wait")
    running(pbs)
    pbs.run("qdel", "1")
    pbs.close()
    mark = str(pbs.folder).encode()
    until(lambda: not [each for each in Path("/proc").glob("[0-9]*/cmdline") if mark in read(each)])


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_command_that_hangs_goes_on_when_the_daemon_does(install: Install) -> None:
    lsf = install("lsf")
    lsf.hang(accepts=1)
    with subprocess.Popen(["bsub", "sleep", "1000"], stdout=subprocess.PIPE, text=True) as bsub:
        until(lambda: is_taken(lsf))
        assert not lsf.known()
        lsf.up()
        assert (
            bsub.communicate(timeout=120)[0] == "Job <1> is submitted to default queue <normal>.\n"
        )
    assert [job.number for job in lsf.known()] == [1]


def test_four_cores_are_shared(install: Install) -> None:
    torque = install("torque")
    for _ in range(3):
        torque.run("qsub", "-l", "nodes=1:ppn=2", text="sleep 1000")
    until(lambda: sum(bool(job.started) for job in torque.unended()) == 2)
    assert [bool(job.started) for job in torque.unended()] == [True, True, False]


def test_jobs_begin_with_the_variables_of_their_system(install: Install, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = f"echo $PBS_JOBID $PBS_ARRAY_INDEX $PATH $(pwd) > {seen}-$PBS_ARRAY_INDEX\n"
    pbs = install("pbs")
    pbs.run("qsub", "-J", "3-4", text=script)
    ended(pbs)
    path = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
    words = Path(f"{seen}-4").read_text().split()
    assert words == ["1[4].pbshost", "4", path, pwd.getpwuid(os.getuid()).pw_dir]


def test_the_real_system_is_used_if_it_is_wanted_and_there(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not queues.is_real("moab")
    monkeypatch.setenv(queues.REAL, "pbs,moab")
    assert not queues.is_real("moab")
    moab = install("moab")  # as good as real, for once
    assert queues.is_real("moab")
    (queue,) = list(queues.any_queue("moab", tmp_path / "none", monkeypatch))
    assert "interface" not in queue.options
    assert not (tmp_path / "none").exists()
    moab.run("msub", "-h", text="sleep 1000")
    assert queue.listed() == ["Moab.1"]
    queue.cancel("Moab.1")
    assert queue.listed() == []
