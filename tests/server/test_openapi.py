"""The OpenAPI document describes what the handlers do, and keeps its promises to programs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openapi_spec_validator import validate

from jupyter_jobqueue.jobs.job import JobState
from jupyter_jobqueue.server.handlers import ROUTES, JobQueueHandler
from jupyter_jobqueue.server.openapi import FILE, text
from jupyter_jobqueue.server.responses import JobCountsModel
from tests.server.conftest import DOCUMENT, Api

# Programs rely on these names: a field may be added, but none may be renamed or removed.
FIELDS = {
    "Adapt": "enabled minimum maximum",
    "ClientCode": "code",
    "Cluster": "id name system profile created processes cores_per_job memory_per_job state detail "
    "details scheduler_address dashboard wanted adapt jobs reason workers cores memory decisions "
    "diagnosis waiting core_hours core_hours_asked budget closes_at closes_why next_end notes",
    "Create": "profile system name options jobs adapt",
    "Decision": "when jobs reason",
    "Error": "message reason field details",
    "Job": "name id state reason node exit_code signal submitted started ended ends "
    "estimated_start workers stdout stderr",
    "JobCounts": "submitting pending held starting running closing done failed cancelled lost",
    "JobScript": "script command",
    "Log": "job stream path text truncated",
    "Note": "when text",
    "Notice": "id when text",
    "OptionSchema": "type title description x-group",
    "OptionsSchema": "type title properties required",
    "Preview": "profile system options",
    "Profile": "name system label usable reason origin options problems",
    "Queue": "name default open max_walltime default_walltime max_cores max_memory nodes",
    "Range": "minimum maximum",
    "Scale": "jobs workers cores memory",
    "System": "system label usable reason version queues warning",
}
OPTIONAL = {
    "Adapt": {"enabled", "minimum", "maximum"},
    "Create": {"profile", "system", "name", "options", "jobs", "adapt"},
    "Error": {"field", "details"},
    "Preview": {"profile", "system", "options"},
    "Scale": {"jobs", "workers", "cores", "memory"},
}
STATUSES = {
    "listSystems": "200 403",
    "getSchema": "200 400 403 404",
    "listProfiles": "200 403 504",
    "previewJobScript": "200 400 403 404 413 504",
    "listClusters": "200 403",
    "createCluster": "201 400 403 404 409 413 502 504",
    "getCluster": "200 403 404",
    "closeCluster": "204 403 404",
    "scaleCluster": "200 400 403 404 409 413 502",
    "adaptCluster": "200 400 403 404 409 413 502",
    "retryCluster": "200 403 404 409 502",
    "restartCluster": "201 403 404 409",
    "getJobScript": "200 403 404",
    "listJobs": "200 403 404",
    "getJobLog": "200 400 403 404 504",
    "getClientCode": "200 403 404 409",
    "listNotices": "200 403",
    "dismissNotice": "204 403 404",
}
VERBS = ("get", "post", "put", "patch", "delete")


def verbs_of(handler: type[JobQueueHandler]) -> set[str]:
    return {verb for verb in VERBS if verb in vars(handler)}


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_the_document_is_up_to_date() -> None:
    assert FILE.read_text() == text(), "run: python -m jupyter_jobqueue.server.openapi"


def test_every_field_is_there() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    found = {name: set(schema.get("properties", ())) for name, schema in schemas.items()}
    promised = {name: set(fields.split()) for name, fields in FIELDS.items()}
    assert {name: promised[name] - found[name] for name in promised} == {
        name: set() for name in promised
    }
    required = {name: set(schema.get("required", ())) for name, schema in schemas.items()}
    assert {name: promised[name] - required[name] for name in promised} == {
        name: OPTIONAL.get(name, set()) for name in promised
    }


def test_every_operation_has_its_statuses() -> None:
    found = {
        each["operationId"]: " ".join(sorted(each["responses"]))
        for operations in DOCUMENT["paths"].values()
        for verb, each in operations.items()
        if verb in VERBS
    }
    assert found == STATUSES


def test_every_state_of_a_job_is_counted() -> None:
    assert list(JobCountsModel.model_fields) == [str(state) for state in JobState]


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
    api.manager._clusters[made["id"]].cluster.placement.kill()
    await api.until(made["id"], lambda cluster: cluster["state"] == "failed")
    again = await ask("POST", f"{one}/restart")
    await ask("DELETE", f"clusters/{again['id']}")
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
