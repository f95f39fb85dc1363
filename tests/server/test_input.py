"""Bad input of every kind has its status, its sentence and its field, and changes nothing."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from tests.server.conftest import SMALL, Api


class Bad(NamedTuple):
    """A body, and what is said of it."""

    body: Any
    field: str
    words: str
    status: int = 400


NOT_OBJECTS = [
    (b"", "not JSON"),
    (b"hello", "not JSON"),
    (b"\xff\xfe", "not JSON"),
    (b'{"jobs": 1', "not JSON"),
    (b'{"jobs": NaN}', "NaN is not a number"),
    (b'{"jobs": Infinity}', "Infinity is not a number"),
    (b'{"jobs": -Infinity}', "-Infinity is not a number"),
    (b'{"jobs": ' + b"9" * 5000 + b"}", "not JSON"),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"options": {"queue": "\\ud800"}}', "lone surrogate"),
    (b"[1]", "not a list"),
    (b"null", "not null"),
    (b"1", "not a number"),
    (b"true", "not true or false"),
    (b'"text"', "not a text"),
]

COUNTS: list[tuple[Any, str]] = [
    ("ten", "must be a whole number, not 'ten'"),
    (True, "must be a whole number"),
    (2.5, "must be a whole number"),
    (2.0, "must be a whole number"),
    ([2], "must be a whole number"),
    ({}, "must be a whole number"),
    (-3, "must be 0 or more, not -3"),
]

SIZES = [
    *(Bad({size: value}, size, words) for size in ("jobs", "cores") for value, words in COUNTS),
    Bad({"jobs": 1001}, "jobs", "limit of 1000 per cluster (ClusterManager.max_jobs)"),
    Bad({"jobs": 10**30}, "jobs", "limit of 1000 per cluster (ClusterManager.max_jobs)"),
    Bad({"workers": 2002}, "workers", "1001 jobs exceed this server's limit of 1000 per cluster"),
    Bad({"cores": 10**9}, "cores", "limit of 1000 per cluster (ClusterManager.max_jobs)"),
    Bad({"memory": "1 PB"}, "memory", "limit of 1000 per cluster (ClusterManager.max_jobs)"),
    Bad({"memory": "much"}, "memory", "must be an amount of memory such as 24 GB, not 'much'"),
    Bad({"memory": "-5 GB"}, "memory", "must be an amount of memory such as 24 GB, not '-5 GB'"),
    Bad({"memory": "1e400 GB"}, "memory", "not '1e400 GB'"),
    Bad({"memory": True}, "memory", "must be a whole number"),
    Bad({"memory": 1.5}, "memory", "must be a whole number"),
    Bad({"memory": ""}, "memory", "must be an amount of memory such as 24 GB, not ''"),
    Bad({}, "jobs", "give one of jobs, workers, cores or memory, not none"),
    Bad({"jobs": None}, "jobs", "give one of jobs, workers, cores or memory, not none"),
    Bad({"jobs": 1, "cores": 2}, "jobs", "not jobs and cores"),
    Bad({"job": 1}, "job", "unknown field 'job'; did you mean 'jobs'?"),
]

BOUNDS = [
    *(Bad({"minimum": value, "maximum": 3}, "minimum", words) for value, words in COUNTS),
    *(Bad({"minimum": 0, "maximum": value}, "maximum", words) for value, words in COUNTS),
    Bad({"minimum": 5, "maximum": 1}, "minimum", "minimum=5 is more than maximum=1"),
    Bad(
        {"minimum": 0, "maximum": 1001},
        "maximum",
        "limit of 1000 per cluster (ClusterManager.max_jobs)",
    ),
    Bad({"minimum": 1}, "maximum", "maximum is missing; it must be a number of jobs"),
    Bad({"maximum": 1}, "minimum", "minimum is missing"),
    Bad({}, "minimum", "minimum is missing"),
    Bad({"enabled": "yes"}, "enabled", "enabled must be true or false, not 'yes'"),
    Bad({"enabled": 0}, "enabled", "must be true or false"),
    Bad({"enabled": False, "minimum": 1}, "minimum", 'minimum is not valid with "enabled": false'),
    Bad({"minimun": 1, "maximum": 2}, "minimun", "did you mean 'minimum'?"),
]

LOCAL: dict[str, Any] = {"system": "local", "options": SMALL}


def option(**options: Any) -> dict[str, Any]:
    return {**LOCAL, "options": {**SMALL, **options}}


PLACES = [
    Bad({}, "profile", "profile or system is required"),
    Bad({"profile": 1}, "profile", "must be text"),
    Bad({"profile": "lokal"}, "profile", "did you mean 'local'?", 404),
    Bad({"system": "slrm"}, "system", "did you mean 'slurm'?", 404),
    Bad({"system": ""}, "system", "unknown batch system", 404),
    Bad({"profile": "local", "system": "slurm"}, "profile", "is for local, not for slurm"),
    Bad({**LOCAL, "options": None}, "options", "must be a JSON object"),
    Bad({**LOCAL, "options": [1]}, "options", "must be a JSON object"),
    Bad(option(coers=2), "options.coers", "did you mean 'cores'?"),
    Bad(option(queue="x"), "options.queue", "unknown option 'queue'"),
    Bad(option(cores="two"), "options.cores", "must be a whole number"),
    Bad(option(cores=True), "options.cores", "cores must be a whole number such as 8, not True"),
    Bad(option(cores=1.5), "options.cores", "must be a whole number"),
    Bad(option(cores=0), "options.cores", "must be at least 1"),
    Bad(option(cores=-1), "options.cores", "must be at least 1"),
    Bad(option(cores=10**15 + 37), "options.cores", "must be at most"),
    Bad(option(processes=0), "options.processes", "must be at least 1"),
    Bad(
        option(memory="lots"),
        "options.memory",
        "must be an amount of memory such as '24 GB', not 'lots'",
    ),
    Bad(option(memory=""), "options.memory", "must be an amount of memory such as '24 GB'"),
    Bad(option(memory=-1), "options.memory", "must be greater than 0, not -1"),
    Bad(option(memory=True), "options.memory", "must be an amount of memory"),
    Bad(option(nanny="yes"), "options.nanny", "must be true or false"),
    Bad(option(death_timeout=-1), "options.death_timeout", "must be greater than 0, not -1"),
    Bad(option(walltime="1:00\n#x"), "options.walltime", "must not contain a line break"),
    Bad(option(job_name="a\r\nb"), "options.job_name", "must not contain a line break"),
    Bad(
        option(job_extra_directives=["--cpus=1\n#LOCALQ --time=9"]),
        "options.job_extra_directives",
        "must not contain a line break",
    ),
    Bad(option(job_extra_directives=[1]), "options.job_extra_directives", "list of texts"),
    Bad(option(shebang="#!/bin/sh\nrm"), "options.shebang", "must not contain a line break"),
]

CREATIONS = [
    *PLACES,
    *(Bad({**LOCAL, "jobs": value}, "jobs", words) for value, words in COUNTS),
    Bad({**LOCAL, "jobs": 1001}, "jobs", "limit of 1000 per cluster (ClusterManager.max_jobs)"),
    Bad(
        {**LOCAL, "jobs": 1, "adapt": {"minimum": 0, "maximum": 1}},
        "adapt",
        "give jobs for a fixed size or adapt for an adaptive one, not both",
    ),
    Bad({**LOCAL, "adapt": "yes"}, "adapt", "must be a JSON object"),
    Bad({**LOCAL, "adapt": {"minimum": 2, "maximum": 1}}, "adapt.minimum", "is more than"),
    Bad({**LOCAL, "adapt": {"minimum": 0, "maximum": 9999}}, "adapt.maximum", "max_jobs"),
    Bad({**LOCAL, "adapt": {"minimum": True, "maximum": 1}}, "adapt.minimum", "whole number"),
    Bad({**LOCAL, "adapt": {"minimun": 1, "maximum": 1}}, "adapt.minimun", "'minimum'?"),
    Bad({**LOCAL, "name": ""}, "name", "name must be non-empty text, not ''"),
    Bad({**LOCAL, "name": "a b; rm"}, "name", "must be 1 to 64 letters"),
    Bad({**LOCAL, "name": "x" * 65}, "name", "must be 1 to 64 letters"),
    Bad({**LOCAL, "name": 7}, "name", "must be text"),
    Bad({**LOCAL, "nme": "a"}, "nme", "did you mean 'name'?"),
]


async def refused(api: Api, path: str, bad: Bad) -> None:
    answer = await api("POST", path, raw=json.dumps(bad.body).encode())
    told = answer.value
    assert (answer.status, told.get("field", "")) == (bad.status, bad.field), (bad, answer)
    assert bad.words in told["message"], bad
    assert answer.seconds < 30


@pytest.mark.parametrize("path", ["job-script", "clusters"])
async def test_bodies_that_are_no_objects(api: Api, path: str) -> None:
    for raw, words in NOT_OBJECTS:
        answer = await api("POST", path, raw=raw)
        assert (answer.status, answer.value["reason"]) == (400, "InvalidOption"), raw[:20]
        assert words in answer.value["message"]


async def test_previews(api: Api) -> None:
    for bad in PLACES:
        await refused(api, "job-script", bad)


async def test_creations_leave_no_cluster(api: Api) -> None:
    for bad in CREATIONS:
        await refused(api, "clusters", bad)
    assert await api.ok("GET", "clusters") == []


async def test_sizes_leave_the_cluster_as_it_was(api: Api) -> None:
    made = await api.create(jobs=1, options={"cores": 2, "processes": 2})
    before = await api.until(
        made["id"], lambda cluster: cluster["workers"] == 2 and cluster["next_end"]
    )
    del before["core_hours"]  # grows by itself
    for path, cases in (("scale", SIZES), ("adapt", BOUNDS)):
        for raw, words in NOT_OBJECTS:
            answer = await api("POST", f"clusters/{made['id']}/{path}", raw=raw)
            assert answer.status == 400
            assert words in answer.value["message"]
        for bad in cases:
            await refused(api, f"clusters/{made['id']}/{path}", bad)
    after = await api.ok("GET", f"clusters/{made['id']}")
    assert {name: after[name] for name in before} == before


async def test_things_that_are_not_there(api: Api) -> None:
    made = await api.create(jobs=1)
    await api.until(made["id"], lambda cluster: cluster["jobs"]["running"] == 1)
    nobody = "clusters/0123456789ab"
    asked = [
        ("GET", nobody, "id"),
        ("DELETE", nobody, "id"),
        ("GET", "clusters/<script>alert(1)<script>", "id"),
        ("GET", f"{nobody}/jobs", "id"),
        ("GET", f"{nobody}/job-script", "id"),
        ("GET", f"{nobody}/client", "id"),
        ("GET", f"{nobody}/jobs/x/log", "id"),
        ("GET", f"clusters/{made['id']}/jobs/x/log", "job"),
        ("GET", "systems/slrm/schema", "system"),
    ]
    for method, path, field in asked:
        answer = await api(method, path)
        assert (answer.status, answer.value["field"]) == (404, field), path
    for path, body in (("scale", {"jobs": 1}), ("adapt", {"enabled": False}), ("retry", None)):
        answer = await api("POST", f"{nobody}/{path}", body)
        assert (answer.status, answer.value["field"]) == (404, "id"), path
    answer = await api("GET", "systems/local/schema", profile="lokal")
    assert (answer.status, answer.value["field"]) == (404, "profile")
    answer = await api("GET", "systems/local/schema", profile="slurm")
    assert (answer.status, answer.value["field"]) == (400, "profile")


async def test_parts_of_logs_that_are_not_there(api: Api) -> None:
    made = await api.create(jobs=1)
    await api.until(made["id"], lambda cluster: cluster["jobs"]["running"] == 1)
    (job,) = await api.ok("GET", f"clusters/{made['id']}/jobs")
    log = f"clusters/{made['id']}/jobs/{job['name']}/log"
    wrong: list[tuple[str, Any]] = [
        ("tail", "0"),
        ("tail", "-1"),
        ("tail", "10001"),
        ("tail", "x"),
        ("tail", "2.5"),
        ("tail", ""),
        ("stream", "stdlog"),
    ]
    for name, value in wrong:
        given: dict[str, Any] = {name: value}
        answer = await api("GET", log, **given)
        assert (answer.status, answer.value["field"]) == (400, name), value


async def test_a_percent_sign_of_the_queue_stays_one(api: Api) -> None:
    """`HTTPError` would double it."""
    made = await api.create(options={"job_extra_directives": ["--time=23_[3-9%3]"]})
    answer = await api("POST", f"clusters/{made['id']}/scale", {"jobs": 1})
    assert answer.status == 502
    assert "23_[3-9%3]" in answer.value["details"]
