"""The state directory: private, checked, and not growing for ever."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from pathlib import Path

import pytest

from jupyter_jobqueue.localqueue import LocalQueueError, settings, store
from jupyter_jobqueue.localqueue.records import Outcome, Submission
from jupyter_jobqueue.localqueue.store import Store

from .conftest import Queue, read, sh, until


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "queue"
    monkeypatch.setenv(settings.PREFIX + "DIR", str(path))
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_directory_is_made_private(directory: Path) -> None:
    assert settings.state_directory() == str(directory)
    assert mode(directory) == 0o700
    directory.chmod(0o755)
    settings.state_directory()
    assert mode(directory) == 0o700


def test_the_default_is_below_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(settings.PREFIX + "DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    parent = tmp_path / f"jupyter-jobqueue-{os.getuid()}"
    assert settings.state_directory() == f"{parent}/localqueue"
    assert (mode(parent), mode(parent / "localqueue")) == (0o700, 0o700)


def test_a_link_is_refused(directory: Path, tmp_path: Path) -> None:
    directory.symlink_to(tmp_path)
    with pytest.raises(LocalQueueError, match="is a symbolic link"):
        settings.state_directory()


def test_a_file_is_refused(directory: Path) -> None:
    directory.touch()
    with pytest.raises(LocalQueueError, match="is not a directory"):
        settings.state_directory()


def test_a_directory_of_someone_else_is_refused(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.mkdir()
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    with pytest.raises(LocalQueueError, match=rf"belongs to another user \(uid {owner}\)"):
        settings.state_directory()


def test_a_name_that_somebody_else_has_taken_blocks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUPYTER_JOBQUEUE_LOCALQUEUE_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / f"jupyter-jobqueue-{os.getuid()}").symlink_to(tmp_path)
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    assert settings.state_directory() == f"{tmp_path}/run/jupyter-jobqueue/localqueue"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert settings.state_directory() == f"{tmp_path}/home/.jupyter-jobqueue/localqueue"
    (tmp_path / "home/.jupyter-jobqueue/localqueue").rmdir()
    (tmp_path / "home/.jupyter-jobqueue").rmdir()
    (tmp_path / "home/.jupyter-jobqueue").touch()
    with pytest.raises(LocalQueueError, match="Set JUPYTER_JOBQUEUE_LOCALQUEUE_DIR to a folder"):
        settings.state_directory()


def test_a_directory_that_others_can_write_is_refused(directory: Path) -> None:
    directory.mkdir()
    directory.chmod(0o777)
    with pytest.raises(LocalQueueError, match="may be written by others"):
        settings.state_directory()


def test_the_user_is_told(queue: Queue) -> None:
    queue.directory.symlink_to(queue.work)
    done = queue.run("status")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"localqueue: error: state directory {queue.directory} is a symbolic link; "
        "name its target instead\n"
    )
    queue.directory.unlink()


def test_nobody_else_can_read_the_environment_of_a_job(queue: Queue) -> None:
    queue.umask = 0
    queue.submit(sh("exec sleep 600"), PASSWORD="opensesame")
    queue.wait("1", "RUNNING")
    files = [path for path in queue.directory.rglob("*") if not path.is_dir()]
    assert any(b"opensesame" in path.read_bytes() for path in files if path.is_file())
    assert {mode(path) for path in files} == {0o600}
    assert mode(queue.directory) == 0o700
    commands = [read(Path(f"/proc/{pid}/cmdline")) for pid in queue.processes()]
    assert not any(b"opensesame" in command for command in commands)


def new_job(queue: Store) -> str:
    submission = Submission("name", "", "[]", 1, None, "out", "err", "/", 0o022, "{}")
    return str(queue.submit(b"script", submission, None, 2))


def test_ended_jobs_are_forgotten_after_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    with Store(str(tmp_path)) as queue:
        old, young, pending = (new_job(queue) for _ in range(3))
        monkeypatch.setattr(time, "time", lambda: now - 3601)
        queue.finish(old, Outcome("COMPLETED", "", 0))
        monkeypatch.setattr(time, "time", lambda: now - 3500)
        queue.finish(young, Outcome("COMPLETED", "", 0))
        monkeypatch.setattr(time, "time", lambda: now)
        assert [row["id"] for row in queue.jobs()] == [young, pending]
        queue.forget()
        assert [row["id"] for row in queue.jobs()] == [young, pending]
        assert sorted(os.listdir(tmp_path / "scripts")) == [young, pending]
        assert new_job(queue) == "4"  # a number is never given twice


def test_only_so_many_ended_jobs_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "REMEMBERED", 3)
    with Store(str(tmp_path)) as queue:
        for _ in range(5):
            queue.finish(new_job(queue), Outcome("COMPLETED", "", 0))
        queue.forget()
        assert [row["id"] for row in queue.jobs()] == ["3", "4", "5"]


def test_a_failed_transaction_changes_nothing(tmp_path: Path) -> None:
    with Store(str(tmp_path)) as queue:
        job = new_job(queue)

        def fail() -> None:
            with queue.transaction():
                queue.finish(job, Outcome("COMPLETED", "", 0))
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fail()
        assert queue.jobs()[0]["state"] == "PENDING"


def test_the_daemon_forgets(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    queue.directory.mkdir(mode=0o700)
    with Store(str(queue.directory)) as open_store:
        old = new_job(open_store)
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() - 4000)
        open_store.finish(old, Outcome("COMPLETED", "", 0))
    queue.submit(sh("true"))
    until(lambda: os.listdir(queue.directory / "scripts") == ["2"])
