"""A server that was killed is started again: its clusters are back, and nobody has noticed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from jupyter_jobqueue.adapters.adapter import JobStatus
from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.records.process import Process
from jupyter_jobqueue.records.record import Record
from jupyter_jobqueue.records.store import Store
from tests.server.conftest import FOLDER, SMALL, Api, still_running
from tests.server.test_life import entry, hang
from tests.server.test_stop import Server, until

TASKS = 24
SLURM = {**SMALL, "interface": "lo", "walltime": "00:10:00"}
WORK = f"""
import os, sys, time

def run(number, folder):
    with open(os.path.join(folder, str(number)), "a") as file:
        file.write("x")
    while not os.path.exists(os.path.join(folder, "go")):
        time.sleep(0.05)
    return number

futures = client.map(run, range({TASKS}), folder=sys.argv[1])
print(sum(client.gather(futures)), flush=True)
client.close()
"""


@pytest.fixture(autouse=True)
def _wait_for_jobs_to_end(queue_folder: Path) -> Iterator[None]:
    """Give cancelled jobs the time to end that a queue gives them."""
    yield
    until(lambda: not supervisors(str(queue_folder)), timeout=40)


def supervisors(folder: str) -> list[str]:
    lines = [" ".join(each.info["cmdline"] or []) for each in still_running(folder)]
    return [line for line in lines if "localqueue.supervisor" in line]


class Computation:
    """A program with a client of its own, whose tasks compute until they may end."""

    def __init__(self, code: str, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        argv = [sys.executable, "-c", code + WORK, str(folder)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(argv, stdout=pipe, stderr=pipe, text=True)

    @property
    def begun(self) -> list[str]:
        """What the tasks that have begun have written, each of them once."""
        return [file.read_text() for file in self.folder.iterdir() if file.name.isdigit()]

    def result(self) -> int:
        """Let the tasks end; the end must be a good one without a word of complaint."""
        (self.folder / "go").touch()
        out, err = self.process.communicate(timeout=120)
        assert (self.process.returncode, err) == (0, "")
        return int(out)


def record_of(cluster: str) -> Record:
    """Return what is on disk of a cluster."""
    return next(each for each in Store().read_all()[0] if each.id == cluster)


def card(server: Server, made: Any) -> Any:
    """Return a cluster as the server shows it; None if it does not."""
    shown = {each["id"]: each for each in server.ask("GET", "jobqueue/api/clusters")}
    return shown.get(made["id"])


def jobs_of(server: Server, made: Any) -> list[tuple[str, str, str]]:
    path = f"jobqueue/api/clusters/{made['id']}/jobs"
    return [(job["name"], job["id"], job["state"]) for job in server.ask("GET", path)]


def running(server: Server, made: Any, workers: int) -> bool:
    found = card(server, made)
    return bool(found and found["state"] == "running" and found["workers"] == workers)


@pytest.fixture
def servers(
    tmp_path: Path, queue_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Server]]:
    """Return a list of servers, all of which are stopped at the end."""
    monkeypatch.setenv(FOLDER, str(queue_folder / f"of-a-server-{tmp_path.name}"))
    started: list[Server] = []
    yield started
    for server in started:
        if server.process.poll() is None:
            server.stop()


def start(servers: list[Server], folder: Path) -> Server:
    servers.append(Server(folder))
    until(servers[-1].answers)
    return servers[-1]


def kill(server: Server) -> None:
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(60)


def freeze_workers() -> None:
    for process in still_running(os.environ[FOLDER]):
        if any("dask_worker" in word for word in process.info["cmdline"] or []):
            process.suspend()


@pytest.mark.parametrize("system", ["local", pytest.param("slurm", marks=pytest.mark.slurm)])
def test_a_killed_server_finds_its_clusters_again_and_the_computation_never_noticed(
    servers: list[Server], tmp_path: Path, request: pytest.FixtureRequest, system: str
) -> None:
    if system == "slurm":
        request.getfixturevalue("slurm")
    options = SLURM if system == "slurm" else SMALL
    first = start(servers, tmp_path)
    made = first.cluster(system=system, options=options, jobs=2, name="mine")
    path = f"jobqueue/api/clusters/{made['id']}"
    work = Computation(first.ask("GET", f"{path}/client")["code"], tmp_path / "work")
    until(lambda: work.begun == ["x", "x"])
    before, jobs = card(first, made), jobs_of(first, made)
    until(lambda: len(record_of(made["id"]).jobs) == 2)
    kill(first)

    second = start(servers, tmp_path)
    until(lambda: running(second, made, 2))
    after = card(second, made)
    same = ("id", "name", "created", "wanted", "adapt", "scheduler_address", "dashboard")
    assert {key: after[key] for key in same} == {key: before[key] for key in same}
    assert jobs_of(second, made) == jobs
    assert [each["text"] for each in after["notes"]] == ["Reconnected after a server restart"]
    assert work.begun == ["x", "x"]
    assert work.result() == sum(range(TASKS))
    assert work.begun == ["x"] * TASKS, "a task ran twice"

    second.ask("POST", f"{path}/scale", {"jobs": 3})
    until(lambda: running(second, made, 3))
    assert [name for name, _, _ in jobs_of(second, made)] == ["mine-0", "mine-1", "mine-2"]
    second.ask("POST", f"{path}/adapt", {"minimum": 1, "maximum": 1})
    until(lambda: running(second, made, 1))
    scheduler = record_of(made["id"]).scheduler.process
    second.ask("DELETE", path)
    until(lambda: scheduler.dead)
    assert second.ask("GET", "jobqueue/api/clusters") == []
    assert not list(Store().folder.glob("*.json"))
    assert not list(tmp_path.rglob("*.pem"))


async def idle(api: Api) -> None:
    """Wait until all records have been looked at."""
    async with asyncio.timeout(120):
        await api.manager.adoption.settled()


async def test_a_second_server_does_not_steal_and_names_what_is_truly_gone(
    api: Api, servers: list[Server], tmp_path: Path
) -> None:
    """The second one is the server of the test itself."""
    other = await asyncio.to_thread(start, servers, tmp_path / "other")
    made = await asyncio.to_thread(other.cluster, jobs=4, name="gone")
    path = f"jobqueue/api/clusters/{made['id']}"
    await asyncio.to_thread(other.ask, "POST", f"{path}/scale", {"jobs": 6})
    await asyncio.to_thread(until, lambda: len(record_of(made["id"]).jobs) == 6)
    api.manager.adoption.begin()
    await idle(api)
    assert await api.ok("GET", "clusters") == []
    assert record_of(made["id"]).owner == Process.of(other.process.pid)

    kill(other)
    folder = record_of(made["id"]).folder
    freeze_workers()  # which would leave by themselves, one sooner and one later
    record_of(made["id"]).scheduler.process.kill()
    api.manager.adoption.begin()
    await idle(api)
    (notice,) = await api.ok("GET", "notices")
    assert notice["text"] == (
        "Cluster gone could not be recovered: its scheduler has ended; "
        "6 remaining jobs were cancelled."
    )
    assert await api.ok("GET", "clusters") == []
    async with asyncio.timeout(120):
        while {status.state for status in await listed()} != {"cancelled"}:
            pass
    assert not list(Store().folder.glob("*.json"))
    assert not [name for name in os.listdir(folder) if name.endswith(".pem")]


async def listed() -> list[JobStatus]:
    """Return every job of the queue."""
    return list((await JobQueue.of("local").status([])).jobs.values())


async def leave(api: Api) -> None:
    """Stop the manager as a server does that keeps its clusters."""
    api.manager.keep_on_stop = True
    await api.manager.stop()
    api.manager.keep_on_stop = False
    assert api.manager.clusters() == []


async def find_again(api: Api, made: Any) -> Any:
    api.manager.adoption.begin()
    await idle(api)
    return await api.until(made["id"], lambda cluster: cluster["state"] == "running")


async def test_an_orderly_stop_keeps_clusters_if_so_configured(api: Api) -> None:
    made = await api.create(adapt={"minimum": 2, "maximum": 3}, name="kept")
    await api.until(made["id"], lambda cluster: cluster["workers"] == 2)
    jobs = [job["id"] for job in await api.ok("GET", f"clusters/{made['id']}/jobs")]
    await leave(api)
    assert record_of(made["id"]).owner is None
    found = await find_again(api, made)
    assert (found["workers"], found["adapt"]) == (2, {"minimum": 2, "maximum": 3})
    assert [job["id"] for job in await api.ok("GET", f"clusters/{made['id']}/jobs")] == jobs


async def test_jobs_that_a_stale_record_does_not_know_are_found_by_their_tag(api: Api) -> None:
    """As when the disk was full."""
    made = await api.create()
    stale = record_of(made["id"])
    assert stale.jobs == []
    await api.ok("POST", f"clusters/{made['id']}/scale", {"jobs": 3})
    await api.until(made["id"], lambda cluster: cluster["workers"] == 3)
    jobs = [(job["name"], job["id"]) for job in await api.ok("GET", f"clusters/{made['id']}/jobs")]
    await leave(api)
    Store().write(stale.model_copy(update={"owner": None, "wanted": 3}), Process.of(1))
    await find_again(api, made)
    await api.until(made["id"], lambda cluster: cluster["workers"] == 3)
    seen = [(job["name"], job["id"]) for job in await api.ok("GET", f"clusters/{made['id']}/jobs")]
    assert seen == jobs
    await api.ok("POST", f"clusters/{made['id']}/scale", {"jobs": 4})
    names = [job["name"] for job in await api.ok("GET", f"clusters/{made['id']}/jobs")]
    assert names[-1] == f"{made['name']}-3", "a number was used again"


async def test_a_cluster_can_be_closed_while_its_scheduler_does_not_answer(api: Api) -> None:
    made = await api.create(jobs=1)
    await api.until(made["id"], lambda cluster: cluster["jobs"]["running"] == 1)
    await leave(api)
    scheduler = record_of(made["id"]).scheduler.process
    scheduler.send(signal.SIGSTOP)
    api.manager.adoption.begin()
    found = await until_shown(api, made["id"], lambda cluster: cluster["detail"])
    assert found["state"] == "starting"
    assert "does not answer; retrying every" in found["detail"]
    assert found["jobs"]["starting"] == 1
    await api.ok("DELETE", f"clusters/{made['id']}")
    await until_async(lambda: not api.manager.clusters(), timeout=60)
    await until_async(lambda: scheduler.dead)
    assert all(status.state.ended for status in await listed())


async def test_what_could_not_be_cancelled_at_the_end_is_cancelled_at_the_next_start(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await api.create(jobs=1, name="mine")
    await api.until(made["id"], lambda cluster: cluster["jobs"]["running"] == 1)
    with monkeypatch.context() as patched:
        hang(patched, "cancel")
        patched.setattr("jupyter_jobqueue.jobs.retirer.CANCEL_TIMEOUT", 1.0)
        await api.ok("DELETE", f"clusters/{made['id']}")
        await until_async(lambda: not api.manager.clusters(), timeout=60)
    assert record_of(made["id"]).closing
    api.manager.adoption.begin()
    await idle(api)
    told = [notice["text"] for notice in await api.ok("GET", "notices")]
    assert told[-1] == "Cluster mine is closed; 1 remaining job was cancelled."
    assert not list(Store().folder.glob("*.json"))


async def test_a_queue_that_is_away_at_the_start_is_asked_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await api.create(jobs=1, name="mine")
    await api.until(made["id"], lambda cluster: cluster["jobs"]["running"] == 1)
    await leave(api)
    record_of(made["id"]).scheduler.process.kill()
    await JobQueue.of("local").status([])  # none is under way any more that would be answered
    monkeypatch.setattr("jupyter_jobqueue.server.recovery.PAUSES", (0, 0.5, 0.5, 0.5, 5))
    with monkeypatch.context() as patched:
        hang(patched, "status")
        JobQueue.of("local").timeout = 0.2
        api.manager.adoption.begin()
        await until_async(lambda: api.manager.notices.all())
        assert record_of(made["id"]).name == "mine"
    JobQueue.of("local").timeout = 30
    await idle(api)
    first, last = [notice["text"] for notice in await api.ok("GET", "notices")]
    assert "Some of its jobs may remain, as the batch system is not responding" in first
    assert last.endswith("1 remaining job was cancelled.")


async def test_a_foreign_file_is_told_of_and_harms_nobody(api: Api) -> None:
    made = await api.create(jobs=1)
    await leave(api)
    Store().path("foreign").write_text("hello")
    cut = Store().path(made["id"]).read_text()[:200]
    Store().path("000000000000").write_text(cut)
    await find_again(api, made)
    told = [notice["text"] for notice in await api.ok("GET", "notices")]
    assert len(told) == 2
    assert all("is not the record of a cluster" in text for text in told)
    assert len(list(Store().folder.glob("*.broken"))) == 2


async def test_a_scheduler_ends_when_nobody_renews_its_lease_and_not_before(api: Api) -> None:
    api.manager.lease = 5
    made = await api.create()
    scheduler = record_of(made["id"]).scheduler.process
    begun = time.monotonic()
    await until_async(lambda: scheduler.dead or time.monotonic() - begun > 2 * api.manager.lease)
    assert scheduler.alive
    await leave(api)
    await until_async(lambda: scheduler.dead)
    api.manager.adoption.begin()
    await idle(api)
    (notice,) = await api.ok("GET", "notices")
    assert "its scheduler has ended; no jobs were left" in notice["text"]


async def test_a_cluster_that_somebody_else_has_taken_is_let_go(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await api.create(jobs=1)
    await api.until(made["id"], lambda cluster: cluster["workers"] == 1)
    other = Process.of(1)
    cluster = entry(api, made).cluster
    await cluster.lifecycle.writer.save()
    with monkeypatch.context() as patch:
        patch.setattr(Store, "is_free", lambda store, record: True)
        assert Store().claim(made["id"], other)
    await cluster.lifecycle.writer.save()
    found = await api.until(made["id"], lambda cluster: cluster["state"] == "failed")
    assert found["detail"] == "Another program has taken this cluster over."
    await api.ok("DELETE", f"clusters/{made['id']}")
    assert record_of(made["id"]).owner == other
    assert record_of(made["id"]).scheduler.process.alive
    path = Store().path(made["id"])
    path.write_text(json.dumps({**json.loads(path.read_text()), "owner": None}))
    await find_again(api, made)


async def until_shown(api: Api, cluster: str, condition: Any) -> Any:
    """Wait until a cluster is there and fulfils a condition."""
    await until_async(lambda: any(each.id == cluster for each in api.manager.clusters()))
    return await api.until(cluster, condition)


async def until_async(condition: Any, timeout: float = 120) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(timeout):
        while True:
            with suppress(StopIteration):  # no record yet
                if condition():
                    return
            await asyncio.sleep(0.05)


def test_a_server_that_is_killed_after_its_answer_has_not_forgotten_the_cluster(
    servers: list[Server], tmp_path: Path
) -> None:
    """The record is there before the answer is."""
    first = start(servers, tmp_path)
    body = {"system": "local", "options": SMALL, "jobs": 1, "name": "promised"}
    made = first.ask("POST", "jobqueue/api/clusters", body)
    kill(first)
    assert record_of(made["id"]).name == "promised"
    second = start(servers, tmp_path)
    until(lambda: running(second, made, 1) or notices(second))
    if not running(second, made, 1):
        (notice,) = notices(second)
        assert notice.startswith("Cluster promised could not be recovered")


def notices(server: Server) -> list[str]:
    return [each["text"] for each in server.ask("GET", "jobqueue/api/notices")]


async def test_a_server_that_runs_takes_over_what_another_one_leaves_that_is_killed(
    api: Api, servers: list[Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only at its next start, which may come after the lease."""
    monkeypatch.setattr("jupyter_jobqueue.server.recovery.LOOK_INTERVAL", 0.2)
    api.manager.adoption.begin()
    await idle(api)
    other = await asyncio.to_thread(start, servers, tmp_path / "other")
    made = await asyncio.to_thread(other.cluster, name="left")
    assert await api.ok("GET", "clusters") == []
    kill(other)
    async with asyncio.timeout(120):
        while not (found := await api.ok("GET", "clusters")):  # noqa: ASYNC110 (of a server)
            await asyncio.sleep(0.1)
    assert [each["name"] for each in found] == ["left"]
    await api.until(made["id"], lambda cluster: cluster["workers"] == 1)
