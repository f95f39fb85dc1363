"""The folder of a cluster stays small."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dask.config
import pytest

from jupyter_jobqueue.cluster.cleanup import log_limit, trim_logs
from jupyter_jobqueue.cluster.files import ClusterFiles
from jupyter_jobqueue.jobs import log
from jupyter_jobqueue.jobs.job import Job, JobState


@pytest.fixture
def folder(tmp_path: Path) -> ClusterFiles:
    made = ClusterFiles("abc", {"shared_temp_directory": str(tmp_path)})
    made.create()
    return made


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    made = tmp_path / "logs"
    made.mkdir()
    return made


def job(number: int, folder: Path, size: int, **facts: Any) -> Job:
    """Return a job with a log of `size` bytes."""
    out = folder / f"{number}.out"
    out.write_bytes(b"x" * size)
    facts.setdefault("state", JobState.DONE)
    return Job(f"c-{number}", number, "tag", stdout=str(out), stderr=str(out), **facts)


def test_the_logs_of_jobs_that_ended_first_go_first(logs: Path) -> None:
    jobs = [
        job(0, logs, 400, ended=30.0),
        job(1, logs, 400, ended=10.0),
        job(2, logs, 400, ended=20.0),
    ]
    assert trim_logs(jobs, 900) == [logs / "1.out"]
    assert trim_logs(jobs, 900) == []
    assert sorted(path.name for path in logs.iterdir()) == ["0.out", "2.out"]


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.CLOSING, JobState.STARTING])
def test_the_log_of_a_job_that_may_yet_write_stays(logs: Path, state: JobState) -> None:
    jobs = [job(0, logs, 1000, state=state), job(1, logs, 10, ended=1.0)]
    (logs / "of-somebody-else").write_text("x" * 1000)
    assert trim_logs(jobs, 100) == [logs / "1.out"]
    assert sorted(path.name for path in logs.iterdir()) == ["0.out", "of-somebody-else"]


def test_jobs_without_logs_are_no_trouble(tmp_path: Path) -> None:
    jobs = [Job("c-0", 0, "tag", state=JobState.DONE, stdout=str(tmp_path / "never-written"))]
    assert trim_logs([*jobs, Job("c-1", 1, "tag")], 0) == []


def test_only_a_regular_file_is_read_as_a_log(tmp_path: Path) -> None:
    """A pipe blocks for ever, and a link may lead to what only another may read."""
    (tmp_path / "file").write_text("one\ntwo\n")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    assert log.tail(str(tmp_path / "file"), 1) == "two"
    assert log.tail(str(tmp_path / "link"), 1) == ""
    assert log.tail(str(tmp_path / "pipe"), 1) == ""
    assert log.tail(str(tmp_path), 1) == ""
    assert log.tail("/dev/zero", 1) == ""
    piped = Job("c-0", 0, "tag", stdout=str(tmp_path / "pipe"))
    assert log.read({"c-0": piped}, "c-0", "stdout", 5).text == ""


def test_the_limit_is_configured() -> None:
    assert log_limit() == 200_000_000
    with dask.config.set({"jupyter-jobqueue.log-limit": "1 kB"}):
        assert log_limit() == 1000


def test_job_scripts_are_kept_as_submitted_and_privately(folder: ClusterFiles) -> None:
    folder.keep_script("jobqueue-abc-0", "#!/bin/sh\n")
    script = folder.path / "job-scripts" / "jobqueue-abc-0.sh"
    assert script.read_text() == "#!/bin/sh\n"
    assert script.stat().st_mode & 0o777 == 0o600


def test_only_the_last_job_scripts_are_kept(folder: ClusterFiles) -> None:
    for number in range(25):
        folder.keep_script(f"jobqueue-abc-{number}", "")
        os.utime(folder.path / f"job-scripts/jobqueue-abc-{number}.sh", (number, number))
    names = {path.stem.rpartition("-")[2] for path in (folder.path / "job-scripts").iterdir()}
    assert names == {str(number) for number in range(5, 25)}


def test_a_folder_that_cannot_be_written_costs_the_script_only(tmp_path: Path) -> None:
    missing = ClusterFiles("abc", {}, tmp_path / "not" / "there")
    missing.keep_script("jobqueue-abc-0", "")
    assert not (tmp_path / "not").exists()
