"""Bodies, numbers and clusters have bounds, and no input is the fault of the server."""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.server.body import LARGEST
from tests.server.conftest import SMALL, Api
from tests.unit.test_any_input import VALUES, options_for

EXAMPLES = int(os.environ.get("JOBQUEUE_EXAMPLES", "15"))
RUN_OR_WRITTEN = {
    "job_script_prologue",
    "job_script_epilogue",
    "log_directory",
    "python",
    "shared_temp_directory",
    "shebang",
    "worker_extra_args",
}
"""Options of which no random values are used: they would be programs, or folders anywhere."""
LOCAL: dict[str, Any] = {"system": "local", "options": SMALL}


@pytest.mark.parametrize("path", ["clusters", "job-script"])
async def test_a_body_that_is_too_large_gets_a_sentence_and_delays_nobody(
    api: Api, path: str
) -> None:
    """A key of 50 MB was answered with 100 MB after two minutes."""
    key = "x" * 50_000_000
    large = asyncio.ensure_future(api("POST", path, {**LOCAL, key: 1}))
    await asyncio.sleep(0)
    answer = await large
    assert (answer.status, answer.value["reason"]) == (413, "TooLarge")
    assert answer.value["message"].endswith(f"and may have at most {LARGEST}")
    assert len(json.dumps(answer.value)) < 300
    assert await api.ok("GET", "clusters") == []


async def test_a_body_of_the_largest_size_is_read(api: Api) -> None:
    body = json.dumps({**LOCAL, "nme": 1})
    answer = await api("POST", "clusters", raw=body.ljust(LARGEST).encode())
    assert (answer.status, answer.value["field"]) == (400, "nme")
    answer = await api("POST", "clusters", raw=body.ljust(LARGEST + 1).encode())
    assert answer.status == 413


@pytest.mark.parametrize(
    "body",
    [
        {**LOCAL, "x" * 100_000: 1},
        {**LOCAL, "name": "x" * 100_000},
        {**LOCAL, "profile": "x" * 100_000},
        {"system": "x" * 100_000},
        {**LOCAL, "jobs": 10**4000},
        {**LOCAL, "jobs": "9" * 100_000},
        {**LOCAL, "options": {**SMALL, "x" * 100_000: 1}},
        {**LOCAL, "options": {**SMALL, "memory": "x" * 100_000}},
        {**LOCAL, "options": {**SMALL, "walltime": "9" * 5000}},
        {**LOCAL, "options": {**SMALL, "job_extra_directives": ["-x"] * 100_000}},
        {**LOCAL, "options": {**SMALL, "log_directory": "~nosuchuser/x"}},
        {**LOCAL, "options": {**SMALL, "shared_temp_directory": "/nosuch\u0000"}},
    ],
)
async def test_large_values_are_quoted_in_part(api: Api, body: dict[str, Any]) -> None:
    answer = await api("POST", "clusters", body)
    assert answer.status in (400, 404)
    assert answer.value["field"]
    assert len(json.dumps(answer.value)) < 1000
    assert await api.ok("GET", "clusters") == []


@pytest.mark.parametrize("depth", [21, 400, 990, 5000])
async def test_nested_input_is_refused(api: Api, depth: int) -> None:
    raw = b'{"system": "local", "options": {"queue": ' + b"[" * depth + b"]" * depth + b"}}"
    answer = await api("POST", "clusters", raw=raw)
    assert answer.status == 400
    assert "nested too deeply" in answer.value["message"]


async def test_a_server_has_a_limit_of_clusters(api: Api) -> None:
    api.manager.max_clusters = 2
    made = [await api.ok("POST", "clusters", LOCAL) for _ in range(2)]
    answer = await api("POST", "clusters", LOCAL)
    assert answer.status == 409
    assert answer.value["message"] == (
        "there are 2 clusters, and this server's limit is 2 (ClusterManager.max_clusters); "
        "close one of them first"
    )
    await api.ok("DELETE", f"clusters/{made[0]['id']}")
    await api.ok("POST", "clusters", LOCAL)


def body_for(system: str) -> some.SearchStrategy[Any]:
    options = options_for(system).map(lambda options: {**SMALL, **options})
    one = some.fixed_dictionaries({"system": some.just(system), "options": options})
    more = some.tuples(one, VALUES).map(lambda pair: {**pair[0], "profile": pair[1]})
    return some.one_of(one, one, VALUES, more)


def as_json(value: Any) -> bytes:
    """Return a value as a program would send it that checks nothing."""
    return json.dumps(value, default=str, skipkeys=True).encode()


@pytest.mark.parametrize("system", ADAPTERS)
def test_no_body_whatever_is_the_fault_of_the_server(
    api: Api, jp_asyncio_loop: Any, system: str
) -> None:
    """For the script of every system, and for clusters of the only one that is here."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize="JOBQUEUE_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(body_for(system))
    def ask(body: Any) -> None:
        answer = jp_asyncio_loop.run_until_complete(api("POST", "job-script", raw=as_json(body)))
        assert answer.status in (200, 400, 404, 413), answer
        assert answer.status == 200 or len(answer.value["message"]) < 800

    ask()


def test_no_input_makes_a_cluster_that_never_moves(api: Api, jp_asyncio_loop: Any) -> None:
    """Each runs, or says what is wrong."""

    @settings(
        max_examples=max(3, EXAMPLES // 5),
        deadline=None,
        derandomize="JOBQUEUE_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(options_for("local"))
    def create(options: dict[str, Any]) -> None:
        options = {name: value for name, value in options.items() if name not in RUN_OR_WRITTEN}
        jp_asyncio_loop.run_until_complete(_create_and_watch(api, options))

    create()


async def _create_and_watch(api: Api, options: dict[str, Any]) -> None:
    body = {"system": "local", "options": {**SMALL, **options}, "jobs": 1}
    answer = await api("POST", "clusters", raw=as_json(body))
    assert answer.status in (201, 400, 404, 413), answer
    if answer.status != 201:
        return
    path, deadline = f"clusters/{answer.value['id']}", time.monotonic() + 100
    while not moves(found := await api.ok("GET", path)):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
    await api.ok("DELETE", path)
    while (await api("GET", path)).status != 404:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


def moves(cluster: dict[str, Any]) -> bool:
    """Whether jobs are there or were, or something is said of why not."""
    return bool(cluster["detail"] or any(cluster["jobs"].values()))
