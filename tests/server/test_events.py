"""Changes on Jupyter's event bus."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from jupyter_events import EventLogger

from jupyter_jobqueue.server.events import SCHEMA_ID, Events
from tests.server.conftest import Api


async def test_each_change_of_a_cluster_and_its_jobs_is_told(
    api: Api, jp_serverapp: Any, jp_ws_fetch: Any
) -> None:
    socket = await jp_ws_fetch("api/events/subscribe")
    made = await api.create(jobs=1)
    await api.until(made["id"], lambda cluster: cluster["jobs"]["running"] == 1)
    await api.ok("DELETE", f"clusters/{made['id']}")
    told: list[dict[str, Any]] = []
    while not told or told[-1]["kind"] != "removed":
        event = json.loads(await asyncio.wait_for(socket.read_message(), 10))
        if event["schema_id"] == SCHEMA_ID:
            told.append(event)
    assert {event["cluster"] for event in told} == {made["id"]}
    clusters = [event["state"] for event in told if event["kind"] == "cluster"]
    assert [state for i, state in enumerate(clusters) if clusters[i - 1 : i] != [state]] == [
        "starting",
        "running",
        "closing",
    ]
    jobs = [(event["name"], event["state"]) for event in told if event["kind"] == "job"]
    assert ("local-1-0", "running") in jobs
    socket.close()


async def test_nobody_listens_without_a_token(jp_ws_fetch: Any) -> None:
    with pytest.raises(Exception, match=r"302|403"):
        await jp_ws_fetch("api/events/subscribe", headers={"Authorization": "nothing"})


async def test_many_changes_at_once_leave_the_loop_free() -> None:
    logger, heard = EventLogger(), []

    async def listen(logger: EventLogger, schema_id: str, data: dict[str, Any]) -> None:
        heard.append(data["name"])

    events = Events(logger)
    logger.add_listener(schema_id=SCHEMA_ID, listener=listen)
    names = [f"job-{number}" for number in range(300)]
    for name in names:
        events.emit("0123456789ab", "job", name=name, state="running")
    gaps, last = [0.0], time.monotonic()
    while len(heard) < len(names):
        await asyncio.sleep(0)
        gaps.append(time.monotonic() - last)
        last = time.monotonic()
    assert heard == names
    assert sorted(gaps)[-3] < 0.025  # the machine may be away once or twice
