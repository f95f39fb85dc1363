"""Changes on Jupyter's event bus: the last one is always reported, and there are never many."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from jupyter_events import EventLogger

from jupyter_jobqueue.server.events import INTERVAL, SCHEMA_ID, Events
from tests.server.conftest import Api

ONE, OTHER = "0123456789ab", "ba9876543210"


async def test_a_listener_sees_the_life_of_a_cluster(api: Api, jp_ws_fetch: Any) -> None:
    socket = await jp_ws_fetch("api/events/subscribe")
    made = await api.create(jobs=1)
    await api.until(made["id"], lambda cluster: cluster["jobs"]["running"] == 1)
    await asyncio.sleep(0.3)  # so that the next change is an event of its own
    await api.ok("DELETE", f"clusters/{made['id']}")
    heard: list[dict[str, Any]] = []
    while not heard or heard[-1]["kind"] != "removed":
        event = json.loads(await asyncio.wait_for(socket.read_message(), 10))
        if event["schema_id"] == SCHEMA_ID:
            heard.append(event)
    assert {event["cluster"] for event in heard} == {made["id"]}
    states = [event["state"] for event in heard]
    assert [state for i, state in enumerate(states) if states[i - 1 : i] != [state]] == [
        "starting",
        "running",
        "closing",
        "closed",
    ]
    assert {event["kind"] for event in heard[:-1]} == {"cluster"}
    socket.close()


async def test_forty_jobs_that_end_together_are_few_events(api: Api) -> None:
    made = await api.create(jobs=40, options={"cores": 4})
    await api.until(made["id"], lambda cluster: cluster["jobs"]["pending"] == 39)
    heard: list[str] = []

    async def listen(logger: EventLogger, schema_id: str, data: dict[str, Any]) -> None:
        heard.append(data["kind"])

    api.manager.events.logger.add_listener(schema_id=SCHEMA_ID, listener=listen)
    begun = asyncio.get_running_loop().time()
    await api.ok("POST", f"clusters/{made['id']}/scale", {"jobs": 0})
    await api.until(made["id"], lambda cluster: cluster["jobs"]["cancelled"] == 40)
    await asyncio.sleep(INTERVAL)
    assert set(heard) == {"cluster"}
    assert len(heard) <= 2 + (asyncio.get_running_loop().time() - begun) / INTERVAL


async def test_nobody_listens_without_a_token(jp_ws_fetch: Any) -> None:
    with pytest.raises(Exception, match=r"302|403"):
        await jp_ws_fetch("api/events/subscribe", headers={"Authorization": "nothing"})


class Bus:
    """An event bus with its listener, and the time of each event."""

    def __init__(self, interval: float = 0.1) -> None:
        self.heard: list[tuple[str, str, str, str]] = []
        self.times: list[float] = []
        logger = EventLogger()
        self.events = Events(logger, interval)
        logger.add_listener(schema_id=SCHEMA_ID, listener=self.listen)

    async def listen(self, logger: EventLogger, schema_id: str, data: dict[str, Any]) -> None:
        self.heard.append((data["cluster"], data["kind"], data["state"], data["detail"]))
        self.times.append(asyncio.get_running_loop().time())

    async def until(self, count: int) -> None:
        """Wait until so many events were heard."""
        async with asyncio.timeout(120):
            while len(self.heard) < count:  # noqa: ASYNC110 (nothing tells of it)
                await asyncio.sleep(0.01)


async def test_changes_at_once_are_one_event_with_the_latest_state() -> None:
    bus = Bus()
    for number in range(300):
        bus.events.changed(ONE, "running", f"detail {number}")
    await bus.until(1)
    await asyncio.sleep(0.3)
    assert bus.heard == [(ONE, "cluster", "running", "detail 299")]


async def test_sixty_changes_after_another_are_one_more_event() -> None:
    """As when a queue lists the elements of an array one by one."""
    bus = Bus()
    bus.events.changed(ONE, "running")
    await bus.until(1)
    for _ in range(60):
        bus.events.changed(ONE, "running")
    await bus.until(2)
    await asyncio.sleep(0.3)
    assert bus.heard == [(ONE, "cluster", "running", "")] * 2


async def test_the_first_change_is_reported_at_once_and_the_last_one_always() -> None:
    bus = Bus(interval=2)
    begun = asyncio.get_running_loop().time()
    bus.events.changed(ONE, "starting")
    await bus.until(1)
    bus.events.changed(ONE, "running")
    bus.events.changed(ONE, "degraded", "the queue is full")
    await bus.until(2)
    assert bus.heard == [
        (ONE, "cluster", "starting", ""),
        (ONE, "cluster", "degraded", "the queue is full"),
    ]
    assert bus.times[0] - begun < 2
    assert bus.times[1] - bus.times[0] > 1.9


async def test_a_steady_stream_of_changes_is_slowed_down() -> None:
    bus = Bus(interval=1)
    for number in range(50):
        bus.events.changed(ONE, "running", str(number))
        await asyncio.sleep(0.01)
    async with asyncio.timeout(120):
        while bus.heard[-1:] != [(ONE, "cluster", "running", "49")]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    # 50 changes in half a second; on a busy machine it takes longer, but there are no more events.
    assert len(bus.heard) <= 2 + (bus.times[-1] - bus.times[0])
    assert len(bus.heard) < 25


async def test_clusters_do_not_wait_for_each_other() -> None:
    bus = Bus(interval=60)
    bus.events.changed(ONE, "running")
    bus.events.changed(OTHER, "failed", "no scheduler")
    await bus.until(2)
    assert sorted(bus.heard) == [
        (ONE, "cluster", "running", ""),
        (OTHER, "cluster", "failed", "no scheduler"),
    ]


async def test_a_removal_is_reported_at_once_and_is_the_last_event() -> None:
    bus = Bus(interval=1)
    bus.events.changed(ONE, "running")
    await bus.until(1)
    bus.events.changed(ONE, "closing")
    bus.events.removed(ONE, "job 12 could not be cancelled")
    await asyncio.sleep(1.2)
    assert bus.heard == [
        (ONE, "cluster", "running", ""),
        (ONE, "removed", "closed", "job 12 could not be cancelled"),
    ]
    assert bus.times[1] - bus.times[0] < 1
