"""The document says what the handlers do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openapi_spec_validator import validate

from jupyter_jobqueue.server.handlers import ROUTES, JobQueueHandler
from tests.server.conftest import DOCUMENT, Api

VERBS = ("get", "post", "put", "patch", "delete")


def verbs_of(handler: type[JobQueueHandler]) -> set[str]:
    return {verb for verb in VERBS if verb in vars(handler)}


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_every_route_and_method_is_documented_and_nothing_else() -> None:
    routes = {re.sub(r"\([^)]*\)", "{}", path): verbs_of(handler) for path, handler in ROUTES}
    documented = {
        re.sub(r"\{[^}]*\}", "{}", path): {verb for verb in VERBS if verb in operations}
        for path, operations in DOCUMENT["paths"].items()
    }
    assert documented == routes


async def test_every_operation_answers_as_documented(api: Api) -> None:
    """`api` holds each answer against the schemas."""
    answered: set[str] = set()

    async def ask(method: str, path: str, body: Any = None, **params: str) -> Any:
        answered.add(operation(method, path))
        return await api.ok(method, path, body, **params)

    await ask("GET", "systems", refresh="1")
    await ask("GET", "profiles")
    await ask("GET", "systems/local/schema", profile="local")
    await ask("POST", "job-script", {"system": "local", "options": {"cores": 2}})
    made = await ask("POST", "clusters", {"profile": "local", "jobs": 1})
    one = f"clusters/{made['id']}"
    await api.until(made["id"], lambda cluster: cluster["jobs"]["running"] == 1)
    await ask("GET", "clusters")
    await ask("GET", one)
    await ask("POST", f"{one}/adapt", {"minimum": 0, "maximum": 1})
    await ask("POST", f"{one}/scale", {"jobs": 1})
    await ask("POST", f"{one}/retry")
    await ask("GET", f"{one}/job-script")
    (job,) = await ask("GET", f"{one}/jobs")
    log = await ask("GET", f"{one}/jobs/{job['name']}/log", stream="stderr", tail="2")
    assert (len(log["text"].splitlines()), log["truncated"]) == (2, True)
    await ask("GET", f"{one}/client")
    await ask("DELETE", one)
    api.manager.notices.add("Cluster x is gone.")
    (notice,) = await ask("GET", "notices")
    await ask("DELETE", f"notices/{notice['id']}")
    assert (await api("DELETE", f"notices/{notice['id']}")).status == 404
    assert answered == {
        each["operationId"]
        for operations in DOCUMENT["paths"].values()
        for verb, each in operations.items()
        if verb in VERBS
    }


def operation(method: str, path: str) -> str:
    from tests.server.conftest import template_of

    return str(DOCUMENT["paths"][template_of(path)][method.lower()]["operationId"])


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods_are_refused(jp_fetch: Any, method: str) -> None:
    response = await jp_fetch(
        "jobqueue/api/clusters",
        method=method,
        raise_error=False,
        allow_nonstandard_methods=True,
    )
    assert response.code == 405
