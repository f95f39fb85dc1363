"""Records: whole or not there at all, private, claimed by one, and what to do with other files."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus
from jupyter_jobqueue.cluster.leftovers import left_over
from jupyter_jobqueue.records.process import Process
from jupyter_jobqueue.records.record import NewerRecord, NotARecord, Record, read
from jupyter_jobqueue.records.store import STALE_AFTER, Store, Taken

ME = Process.of(os.getpid())
ELSEWHERE = ME.model_copy(update={"host": "elsewhere", "boot": "other"})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "records")


@pytest.fixture
def dead() -> Process:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        found = Process.of(sleeper.pid)
        assert found.alive
        sleeper.kill()
    assert found.dead
    return found


def record(**facts: Any) -> Record:
    given: dict[str, Any] = {
        "id": "0123456789ab",
        "kind": "server",
        "owner": ME,
        "created": 1.0,
        "system": "local",
        "profile": "local",
        "name": "mine",
        "options": {"cores": 1},
        "protocol": "tls://",
        "security": {},
        "prefix": "secret",
        "folder": "/tmp/x",
        "scheduler": {"address": "tls://127.0.0.1:1", "process": ME},
        **facts,
    }
    return Record.model_validate(given)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# -- writing


def test_what_is_written_is_read_again_and_private(store: Store) -> None:
    written = record(adaptive={"minimum": 1, "log": [(1.0, 2, "work")]}, notes=[(1.0, "a note")])
    store.write(written, ME)
    assert store.read_all() == ([written], [])
    assert mode(store.folder) == 0o700
    assert mode(store.path(written.id)) == 0o600


def test_values_that_json_does_not_know_are_written_all_the_same(store: Store) -> None:
    store.write(record(scheduler_options={"plugins": [object], "path": Path("/x")}), ME)
    ((found,), _) = store.read_all()
    assert found.scheduler_options["path"] == "/x"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_on_a_full_disk_the_previous_record_stays_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    store.write(record(wanted=1), ME)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, step, full)
        with pytest.raises(OSError, match="No space left"):
            store.write(record(wanted=2), ME)
    assert [each.wanted for each in store.read_all()[0]] == [1]
    assert [path.name for path in store.folder.iterdir() if path.name != ".lock"] == [
        "0123456789ab.json"
    ]


def test_the_record_of_somebody_else_is_not_written(store: Store) -> None:
    store.write(record(owner=ELSEWHERE), ELSEWHERE)
    with pytest.raises(Taken):
        store.write(record(), ME)
    store.remove("0123456789ab", ME)
    assert store.read_all()[0][0].owner == ELSEWHERE
    store.remove("0123456789ab", ELSEWHERE)
    assert store.read_all() == ([], [])


def test_what_a_killed_writer_left_is_removed_after_a_while(store: Store) -> None:
    store.write(record(), ME)
    old, young = store.folder / ".0123-old", store.folder / ".0123-young"
    for path in (old, young):
        path.write_text("{")
    os.utime(old, (1, 1))
    store.read_all()
    assert (old.exists(), young.exists()) == (False, True)


# -- what is no record


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"version": 2, "id": "01', "truncated"),
        (b"", "truncated"),
        (b"\xff\xfe", "truncated"),
        (b"[1, 2]", "something else"),
        (b'{"hello": "world"}', "no version"),
        (b'{"version": 2}', "id: Field required"),
        (b"[" * 100_000, "something else"),
    ],
)
def test_a_truncated_or_foreign_file_is_set_aside_and_named(
    store: Store, content: bytes, why: str
) -> None:
    store.write(record(), ME)
    bad = store.path("bad")
    bad.write_bytes(content)
    (good,), (sentence,) = store.read_all()
    assert good.name == "mine"
    assert str(bad) in sentence
    assert why in sentence
    assert "it is now bad.json.broken" in sentence
    assert (store.folder / "bad.json.broken").read_bytes() == content
    assert store.read_all() == ([good], [])


def test_a_folder_and_a_copy_with_another_name_are_no_records(store: Store) -> None:
    store.write(record(), ME)
    store.path("folder").mkdir()
    store.path("copy").write_bytes(store.path("0123456789ab").read_bytes())
    records, told = store.read_all()
    assert len(records) == 1
    assert len(told) == 2
    assert not store.path("folder").exists()


def test_a_field_of_the_wrong_kind_is_named(store: Store) -> None:
    store.write(record(), ME)
    path = store.path("0123456789ab")
    path.write_text(json.dumps({**json.loads(path.read_text()), "jobs": [{"id": "1"}]}))
    with pytest.raises(NotARecord, match=r"jobs\.0\.name: Field required"):
        read(path)


# -- versions


def test_version_1_is_read(store: Store) -> None:
    store.write(record(), ME)
    path = store.path("0123456789ab")
    old = {**json.loads(path.read_text()), "version": 1, "adaptive": [1, 4]}
    path.write_text(json.dumps(old))
    found = read(path)
    assert found.version == 2
    assert found.adaptive is not None
    assert (found.adaptive.minimum, found.adaptive.maximum) == (1, 4)
    path.write_text(json.dumps({**old, "adaptive": None}))
    assert read(path).adaptive is None


def test_a_newer_version_is_left_as_it_is(store: Store) -> None:
    store.write(record(), ME)
    path = store.path("0123456789ab")
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 3}))
    with pytest.raises(NewerRecord):
        read(path)
    records, (sentence,) = store.read_all()
    assert records == []
    assert "newer version 3" in sentence
    assert path.exists()
    assert store.claim("0123456789ab", ME) is None


# -- owners


def test_a_process_is_told_from_a_later_one_with_its_number() -> None:
    assert ME.alive
    assert not ME.dead
    later = ME.model_copy(update={"born": "1"})
    assert later.dead
    before_the_reboot = ME.model_copy(update={"boot": "before"})
    assert (before_the_reboot.alive, before_the_reboot.dead) == (False, True)
    assert (ELSEWHERE.alive, ELSEWHERE.dead) == (False, False)


def test_a_zombie_is_dead() -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        found = Process.of(sleeper.pid)
        sleeper.kill()
        os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
        assert psutil.pid_exists(sleeper.pid)
        assert found.dead


def test_a_living_owner_keeps_its_cluster(store: Store) -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        owner = Process.of(sleeper.pid)
        store.write(record(owner=owner), owner)
        os.utime(store.path("0123456789ab"), (1, 1))  # however long it was silent
        assert store.claim("0123456789ab", ME) is None
        sleeper.kill()
    claimed = store.claim("0123456789ab", ME)
    assert claimed is not None
    assert claimed.owner == ME == store.read_all()[0][0].owner


def test_what_was_left_by_its_owner_can_be_claimed(store: Store) -> None:
    store.write(record(owner=None), ME)
    assert store.claim("0123456789ab", ME) is not None
    assert store.claim("no-such", ME) is None


def test_an_owner_elsewhere_is_gone_when_it_is_silent(store: Store) -> None:
    store.write(record(owner=ELSEWHERE), ELSEWHERE)
    assert store.claim("0123456789ab", ME) is None
    past = time.time() - STALE_AFTER - 1
    os.utime(store.path("0123456789ab"), (past, past))
    store.touch("0123456789ab")
    assert store.claim("0123456789ab", ME) is None
    os.utime(store.path("0123456789ab"), (past, past))
    assert store.claim("0123456789ab", ME) is not None


def test_on_a_full_disk_a_cluster_is_claimed_all_the_same(
    store: Store, dead: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(record(owner=dead), dead)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert store.claim("0123456789ab", ME) is not None


RACE = """
import os, sys, time
from pathlib import Path
from jupyter_jobqueue.records.process import Process
from jupyter_jobqueue.records.store import Store
store, ids = Store(Path(sys.argv[1])), sys.argv[2].split()
print("ready", flush=True)
sys.stdin.readline()
print(*[each for each in ids if store.claim(each, Process.of(os.getpid()))], flush=True)
sys.stdin.readline()
"""


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("go on\n")
    process.stdin.flush()


def test_of_two_who_claim_at_the_same_time_one_succeeds(store: Store, dead: Process) -> None:
    ids = [f"{number:012x}" for number in range(40)]
    for each in ids:
        store.write(record(id=each, owner=dead), dead)
    argv = [sys.executable, "-c", RACE, str(store.folder), " ".join(ids)]
    one, other = (
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    )
    with one, other:
        assert [said(one), said(other)] == ["ready\n", "ready\n"]
        tell(one)
        tell(other)
        first, second = set(said(one).split()), set(said(other).split())
        tell(one)
        tell(other)
    assert first | second == set(ids)
    assert not first & second


# -- whose job it is


OURS = "jobqueue-0123456789ab-0"


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        (JobStatus(BatchState.RUNNING, tag=OURS), True),
        (JobStatus(BatchState.PENDING, tag="jobqueue-0123456789ab-7"), True),
        (JobStatus(BatchState.DONE, tag=OURS), False),
        (JobStatus(BatchState.RUNNING, tag="jobqueue-ba9876543210-0", submitted=100.0), False),
        (JobStatus(BatchState.RUNNING, submitted=100.0), True),
        (JobStatus(BatchState.RUNNING, submitted=900.0), False),
        (JobStatus(BatchState.RUNNING, tag="words of the site", submitted=100.0), True),
        (JobStatus(BatchState.RUNNING, tag="a job of mine", submitted=900.0), False),
        (JobStatus(BatchState.RUNNING), False),
    ],
)
def test_an_id_is_ours_by_tag_or_by_time_of_submission(status: JobStatus, ours: bool) -> None:
    """A controller that crashed gives ids out a second time."""
    job = {"name": "mine-0", "tag": OURS, "id": "12", "submitted": 99.0, "queued": 100.0}
    assert left_over(record(jobs=[job]), {"12": status}) == (["12"] if ours else [])


def test_a_job_that_no_record_knows_is_found_by_its_tag() -> None:
    listed = {
        "12": JobStatus(BatchState.PENDING, tag=OURS),
        "13": JobStatus(BatchState.PENDING, submitted=100.0),
    }
    assert left_over(record(), listed) == ["12"]


def test_a_pipe_among_the_records_is_set_aside_and_does_not_block(store: Store) -> None:
    store.write(record(), ME)
    os.mkfifo(store.folder / "00000000000f.json")
    records, problems = store.read_all()
    assert [each.id for each in records] == ["0123456789ab"]
    assert problems == [
        f"{store.folder}/00000000000f.json is not the record of a cluster (it is no regular file); "
        "it is now 00000000000f.json.broken"
    ]


def test_a_file_that_is_too_large_for_a_record_is_not_read(store: Store) -> None:
    store.write(record(), ME)
    os.truncate(store.path("0123456789ab"), 2**30)
    records, (problem,) = store.read_all()
    assert records == []
    assert "(it has more than 67108864 bytes)" in problem
