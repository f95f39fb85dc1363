"""Clusters from the click on: starting, growing, refused, failing, closing."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from jupyter_jobqueue.adapters.adapter import Call
from jupyter_jobqueue.adapters.local import Local
from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.jobs.workers import Load
from jupyter_jobqueue.placement import OwnProcess
from tests.server.conftest import SMALL, Api, kill

REFUSED = {"job_extra_directives": ["--no-such-directive"]}
"""The queue says no to this, in its own words."""


def entry(api: Api, made: Any) -> Any:
    return api.manager._clusters[made["id"]]


async def until(condition: Callable[[], Any]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(120):
        while not condition():  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.02)


def hang(monkeypatch: pytest.MonkeyPatch, question: str) -> None:
    """Let one question to the queue go unanswered."""
    call: Call[None] = Call(["sleep", "600"], lambda text: None)
    monkeypatch.setattr(Local, question, lambda self, *args: call)


async def test_creating_answers_at_once_and_the_state_follows(api: Api) -> None:
    body = {"profile": "local", "options": SMALL, "jobs": 2, "name": "mine"}
    answer = await api("POST", "clusters", body)
    made = answer.value
    assert (answer.status, made["state"], made["name"], made["wanted"]) == (
        201,
        "starting",
        "mine",
        2,
    )
    found = await api.until(made["id"], lambda cluster: cluster["workers"] == 2)
    assert (found["state"], found["jobs"]["running"], found["cores"]) == ("running", 2, 2)
    assert found["dashboard"] == f"jobqueue/clusters/{made['id']}/dashboard/status"
    jobs = await api.ok("GET", f"clusters/{made['id']}/jobs")
    assert [(job["name"], job["workers"]) for job in jobs] == [
        ("mine-0", ["mine-0"]),
        ("mine-1", ["mine-1"]),
    ]


async def test_names_count_up_and_one_that_is_taken_is_refused(api: Api) -> None:
    first, second = await asyncio.gather(*(api.create() for _ in range(2)))
    assert {first["name"], second["name"]} == {"local-1", "local-2"}
    body = {"system": "local", "options": SMALL, "name": "local-2"}
    answer = await api("POST", "clusters", body)
    assert (answer.status, answer.value["field"]) == (409, "name")
    assert len(await api.ok("GET", "clusters")) == 2


async def test_scaling_while_it_starts_is_carried_out_after_the_start(api: Api) -> None:
    made = await api.ok("POST", "clusters", {"system": "local", "options": SMALL})
    scaled = await api.ok("POST", f"clusters/{made['id']}/scale", {"jobs": 1})
    assert scaled["wanted"] == 1
    await api.until(made["id"], lambda cluster: cluster["jobs"]["running"] == 1)


@pytest.mark.parametrize(
    ("size", "jobs"), [({"workers": 3}, 2), ({"cores": 2}, 1), ({"memory": "1.1 GB"}, 2)]
)
async def test_sizes_are_rounded_up_to_whole_jobs(
    api: Api, size: dict[str, Any], jobs: int
) -> None:
    made = await api.create(options={"cores": 2, "processes": 2, "memory": "1 GB"})
    scaled = await api.ok("POST", f"clusters/{made['id']}/scale", size)
    assert scaled["wanted"] == jobs


async def test_adapting_begins_with_the_minimum_and_ends_with_the_present_number(api: Api) -> None:
    made = await api.create(adapt={"minimum": 1, "maximum": 3})
    adapting = await api.until(made["id"], lambda cluster: cluster["wanted"] == 1)
    assert adapting["adapt"] == {"minimum": 1, "maximum": 3}
    kept = await api.ok("POST", f"clusters/{made['id']}/adapt", {"enabled": False})
    assert (kept["adapt"], kept["wanted"]) == (None, 1)
    again = await api.ok(
        "POST", f"clusters/{made['id']}/adapt", {"minimum": 2, "maximum": 2, "enabled": True}
    )
    assert (again["adapt"], again["wanted"]) == ({"minimum": 2, "maximum": 2}, 2)


async def test_a_refusal_reaches_the_caller_in_the_queues_words(api: Api) -> None:
    made = await api.create(options=REFUSED)
    before = await api.ok("GET", f"clusters/{made['id']}")
    for path, body in (("scale", {"jobs": 2}), ("adapt", {"minimum": 1, "maximum": 2})):
        answer = await api("POST", f"clusters/{made['id']}/{path}", body)
        assert (answer.status, answer.value["reason"]) == (502, "QueueError")
        assert "no-such-directive" in answer.value["details"]
    assert await api.ok("GET", f"clusters/{made['id']}") == before


async def test_a_refusal_leaves_an_adaptive_cluster_adaptive(api: Api) -> None:
    made = await api.create(options=REFUSED, adapt={"minimum": 0, "maximum": 2})
    await api.until(made["id"], lambda cluster: cluster["adapt"] is not None)
    answer = await api("POST", f"clusters/{made['id']}/scale", {"jobs": 1})
    assert answer.status == 502
    found = await api.ok("GET", f"clusters/{made['id']}")
    assert (found["adapt"], found["wanted"]) == ({"minimum": 0, "maximum": 2}, 0)


async def test_a_refusal_of_the_first_jobs_keeps_the_cluster(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await api.create(state="degraded", options=REFUSED, jobs=2)
    assert "exit code 1" in made["detail"]
    assert "no-such-directive" in made["details"]
    assert made["scheduler_address"]
    answer = await api("POST", f"clusters/{made['id']}/retry")
    assert answer.status == 502
    monkeypatch.setattr(Local, "header", lambda self, spec: [])
    retried = await api.ok("POST", f"clusters/{made['id']}/retry")
    assert (retried["state"], retried["detail"], retried["wanted"]) == ("running", "", 2)


async def test_a_queue_that_is_not_there_is_named(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await api.create()
    missing: Call[list[str]] = Call(["no-such-command"], str.split)
    monkeypatch.setattr(Local, "submit", lambda self, spec: missing)
    answer = await api("POST", f"clusters/{made['id']}/scale", {"jobs": 1})
    assert (answer.status, answer.value["reason"]) == (502, "CommandMissing")
    monkeypatch.setattr(Local, "commands", ("no-such-command",))
    answer = await api("POST", "clusters", {"system": "local", "options": SMALL})
    assert (answer.status, answer.value["reason"]) == (502, "CommandMissing")
    assert "no-such-command is not on PATH" in answer.value["message"]


async def test_a_queue_that_does_not_answer_keeps_the_wish_and_is_told(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes back, and the wish is carried out."""
    made = await api.create()
    with monkeypatch.context() as patch:
        hang(patch, "submit")
        hang(patch, "status")
        JobQueue.of("local").timeout = 0.2
        found = await api.ok("POST", f"clusters/{made['id']}/scale", {"jobs": 1})
        assert (found["state"], found["wanted"]) == ("running", 1)
        assert found["detail"].startswith("The batch system is not responding; retrying every")
        assert "did not answer within 0.2 s" in found["details"]
    JobQueue.of("local").timeout = 30
    found = await api.until(made["id"], lambda cluster: cluster["workers"] == 1)
    assert (found["detail"], len(await api.ok("GET", f"clusters/{made['id']}/jobs"))) == ("", 1)


async def test_a_slow_queue_is_not_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.manager.queue_patience = 0.1
    made = await api.create()
    hang(monkeypatch, "submit")
    JobQueue.of("local").timeout = given_up = 10
    answer = await api("POST", f"clusters/{made['id']}/scale", {"jobs": 1})
    assert (answer.status, answer.value["wanted"]) == (200, 1)
    assert answer.seconds < given_up
    found = await api.until(made["id"], lambda cluster: cluster["detail"])
    assert "not responding" in found["detail"]


async def test_a_start_that_fails_stays_in_the_list_until_deleted(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = OwnProcess.__init__
    monkeypatch.setattr(
        OwnProcess,
        "__init__",
        lambda self, **given: original(self, **{**given, "python": ["/no/such/python"]}),
    )
    made = await api.create(state="failed", jobs=1)
    assert "/no/such/python" in made["detail"]
    assert made["details"]
    answer = await api("POST", f"clusters/{made['id']}/scale", {"jobs": 1})
    assert (answer.status, answer.value["reason"]) == (409, "WrongState")
    assert (await api("GET", f"clusters/{made['id']}/client")).status == 409
    await api.ok("DELETE", f"clusters/{made['id']}")
    assert await api.ok("GET", "clusters") == []


async def test_a_scheduler_that_dies_is_seen_at_once(api: Api) -> None:
    made = await api.create()
    kill(entry(api, made).cluster.placement.process.pid)
    found = await api.until(made["id"], lambda cluster: cluster["state"] == "failed")
    assert "scheduler ended" in found["detail"]
    assert (await api("POST", f"clusters/{made['id']}/scale", {"jobs": 1})).status == 409


WIDE = {**SMALL, "cores": 2}
"""Two such jobs run at the same time, as the queue has four slots."""


def counts(cluster: Any, *states: str) -> list[int]:
    """Return how many jobs are in each of some states."""
    return [cluster["jobs"].get(state, 0) for state in states]


async def test_jobs_of_a_scheduler_that_was_killed_leave_and_a_restart_brings_as_many(
    api: Api,
) -> None:
    made = await api.create(jobs=3, name="mine", options=WIDE)
    await api.until(made["id"], lambda found: counts(found, "running", "pending") == [2, 1])
    answer = await api("POST", f"clusters/{made['id']}/restart")
    assert (answer.status, answer.value["reason"]) == (409, "WrongState")
    kill(entry(api, made).cluster.placement.process.pid)
    await api.until(made["id"], lambda found: found["state"] == "failed")
    await api.until(made["id"], lambda found: counts(found, "cancelled") == [3])
    again = await api.ok("POST", f"clusters/{made['id']}/restart")
    facts = ("name", "wanted", "system", "cores_per_job", "memory_per_job")
    assert [again[fact] for fact in facts] == ["mine", 3, "local", 2, 500_000_000]
    assert [cluster["id"] for cluster in await api.ok("GET", "clusters")] == [again["id"]]
    assert again["id"] != made["id"]
    await api.until(again["id"], lambda found: counts(found, "running", "pending") == [2, 1])
    await api.ok("DELETE", f"clusters/{again['id']}")


async def test_a_scheduler_that_hangs_is_told_of_while_the_queue_is_watched(api: Api) -> None:
    made = await api.create(jobs=3, options=WIDE)
    await api.until(made["id"], lambda found: counts(found, "running", "pending") == [2, 1])
    cluster = entry(api, made).cluster
    waiting = list(cluster.jobs.values())[-1]
    with stopped(cluster.placement.process.pid):
        found = await api.until(made["id"], lambda found: found["detail"])
        assert (found["state"], found["detail"]) == (
            "running",
            "the Dask scheduler does not answer",
        )
        await asyncio.to_thread(subprocess.run, Local().cancel([waiting.id]).argv, check=True)
        await api.until(made["id"], lambda found: counts(found, "cancelled") == [1])
    await api.until(made["id"], lambda found: not found["detail"])
    await api.until(made["id"], lambda found: counts(found, "running", "pending") == [2, 1])
    await api.ok("DELETE", f"clusters/{made['id']}")


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Stop a process meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_one_broken_cluster_does_not_break_the_list(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    well, broken = [await api.create() for _ in range(2)]
    del entry(api, broken).cluster.scheduler_info["workers"]
    shown = {each["id"]: each for each in await api.ok("GET", "clusters")}
    assert shown[well["id"]]["state"] == "running"
    assert shown[broken["id"]]["state"] == "failed"
    assert "KeyError" in shown[broken["id"]]["detail"]
    entry(api, broken).cluster.scheduler_info["workers"] = {}


async def test_deleting_leaves_nothing(api: Api) -> None:
    made = await api.create(jobs=2)
    cluster = entry(api, made).cluster
    pid = cluster.placement.process.pid
    await api.until(made["id"], lambda cluster: cluster["jobs"]["running"] > 0)
    answer = await api("DELETE", f"clusters/{made['id']}")
    assert answer.status == 204
    assert await api.ok("GET", "clusters") == []
    assert not psutil.pid_exists(pid)
    assert not list(cluster.files.path.glob("*.pem"))
    states = await cluster.groups[0].queue.status([])
    ours = [job.id for job in cluster.jobs.values()]
    assert all(states.jobs[job].state.ended for job in ours)
    assert (await api("DELETE", f"clusters/{made['id']}")).status == 404


async def test_deleting_while_it_starts(api: Api) -> None:
    made = await api.ok("POST", "clusters", {"system": "local", "options": SMALL, "jobs": 1})
    placement = entry(api, made).cluster.placement
    await until(lambda: placement.process)
    await api.ok("DELETE", f"clusters/{made['id']}")
    assert await api.ok("GET", "clusters") == []
    assert placement.process.returncode is not None


async def test_deleting_does_not_hang_on_a_dead_queue(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await api.create(jobs=1)
    await api.until(made["id"], lambda cluster: cluster["jobs"]["running"] == 1)
    cluster = entry(api, made).cluster
    api.manager.queue_patience, api.manager.close_patience = 0.5, (given_up := 10)
    monkeypatch.setattr("jupyter_jobqueue.jobs.retirer.CANCEL_TIMEOUT", given_up)
    with monkeypatch.context() as patched:
        hang(patched, "cancel")
        answer = await api("DELETE", f"clusters/{made['id']}")
        assert answer.status == 204
        assert answer.seconds < given_up
        closing = await api.ok("GET", f"clusters/{made['id']}")
        assert closing["state"] == "closing"
        assert (await api("POST", f"clusters/{made['id']}/scale", {"jobs": 1})).status == 409
        assert (await api("DELETE", f"clusters/{made['id']}")).status == 204
        await until(lambda: not api.manager.clusters())
    assert not list(cluster.files.path.glob("*.pem"))
    await JobQueue.of("local").cancel([job.id for job in cluster.jobs.values()])


async def test_keys_are_private_while_the_cluster_lives(api: Api, state_home: Path) -> None:
    made = await api.create()
    folder = state_home / "jupyter-jobqueue" / "clusters" / made["id"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    keys = list(folder.glob("*.pem"))
    assert keys
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert stat.S_IMODE((folder / "scheduler.log").stat().st_mode) == 0o600


async def test_only_a_cluster_that_computes_keeps_a_server_alive(
    api: Api, jp_serverapp: Any
) -> None:
    """A Hub reads the times, `shutdown_no_activity_timeout` the activity."""
    (app,) = jp_serverapp.extension_manager.extension_apps["jupyter_jobqueue"]
    times = jp_serverapp.web_app.settings["last_activity_times"]
    made = await api.create()
    app.activity.look()
    assert (app.current_activity(), "jupyter_jobqueue" in times) == (None, False)
    lifespan = api.manager._clusters[made["id"]].cluster.lifecycle.lifespan
    lifespan.note_load(Load(1, ["local-1-0"], working=True))
    app.activity.look()
    assert app.current_activity() == {"computing": True}
    first = times["jupyter_jobqueue"]
    assert jp_serverapp.web_app.last_activity() == first
    lifespan._idle_since -= 100  # and now it idles
    app.activity.look()
    assert (app.current_activity(), times["jupyter_jobqueue"]) == (None, first)


async def test_an_open_panel_and_an_open_dashboard_are_no_activity(
    api: Api, jp_serverapp: Any, jp_fetch: Any
) -> None:
    settings = jp_serverapp.web_app.settings
    made = await api.create()
    api_last, times = settings["api_last_activity"], dict(settings["last_activity_times"])
    await api.ok("GET", "clusters")
    await api.until(made["id"], lambda cluster: cluster["state"] == "running")
    await jp_fetch("jobqueue/clusters", made["id"], "dashboard/status")
    assert settings["api_last_activity"] == api_last
    assert settings["last_activity_times"] == times
    await api.ok("POST", f"clusters/{made['id']}/scale", {"jobs": 0})
    assert settings["api_last_activity"] > api_last
