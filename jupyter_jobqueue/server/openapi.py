"""Makes `openapi.yaml` from the operations and their models: ``python -m`` this module."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import TypeAdapter

from jupyter_jobqueue.server.operations import ERRORS, OPERATIONS, PATH_PARAMETERS, TAGS, Operation
from jupyter_jobqueue.server.responses import ErrorModel

FILE = Path(__file__).with_name("openapi.yaml")
HEADER = "# Made by `python -m jupyter_jobqueue.server.openapi`; do not edit.\n"
BASE = "/jobqueue/api/"
INFO = {
    "title": "jupyter-jobqueue",
    "summary": "Dask clusters on batch queues, from inside Jupyter.",
    "description": "All paths are relative to the base URL of the Jupyter server. They require its "
    "token or login, and permission for the resource `jobqueue`. Times are seconds since the "
    "epoch.",
    "version": "1",
    "license": {"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
}
TOKEN = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "`token` and the token of the Jupyter server; a login cookie works too.",
}
QUERIES = {each.query.__name__ for each in OPERATIONS if each.query}
"""Models whose fields are parameters, and which therefore have no schema."""
LEADING = ("type", "description")
"""Keywords that come first in a schema."""
Mode = Literal["serialization", "validation"]
Schemas = dict[tuple[str, str], Any]


def document() -> dict[str, Any]:
    """Return the OpenAPI document of the REST interface.

    Returns
    -------
    dict
        The document in the types of JSON.
    """
    schemas, components = _schemas()
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        path = paths.setdefault(BASE + operation.path, _path_parameters(operation.path))
        path[operation.method] = _operation(operation, schemas, components)
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/", "description": "The base URL of the Jupyter server."}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": TOKEN},
            "responses": {
                name: _answer(text, schemas["error", "result"]) for name, text in ERRORS.values()
            },
            "schemas": {name: components[name] for name in sorted(set(components) - QUERIES)},
        },
    }


def _schemas() -> tuple[Schemas, dict[str, Any]]:
    """Return the schema of every body, query and result, and the components they refer to."""
    models: list[tuple[tuple[str, str], Mode, TypeAdapter[Any]]] = [
        (("error", "result"), "serialization", TypeAdapter(ErrorModel))
    ]
    for each in OPERATIONS:
        for role, model in (("result", each.result), ("body", each.body), ("query", each.query)):
            if model is not None:
                mode: Mode = "serialization" if role == "result" else "validation"
                models.append(((each.id, role), mode, TypeAdapter(model)))
    found, definitions = TypeAdapter.json_schemas(
        models, ref_template="#/components/schemas/{model}"
    )
    schemas = {key: _plain(schema) for (key, _), schema in found.items()}
    components = definitions["$defs"].items()
    return schemas, {_schema_name(name): _plain(schema) for name, schema in components}


def _schema_name(model: str) -> str:
    return model.removesuffix("Model")


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without generated titles and superfluous defaults, its models renamed."""
    plain = {key: _plain_part(key, value) for key, value in schema.items() if key != "title"}
    if "$ref" in plain:
        plain["$ref"] = _schema_name(plain["$ref"])
    if "description" in plain:
        plain["description"] = " ".join(plain["description"].split())
    if plain.get("default", ...) is None:
        del plain["default"]
    for name in plain.get("required", ()):
        plain["properties"][name].pop("default", None)
    return dict(sorted(_nullable(plain).items(), key=lambda part: part[0] not in LEADING))


def _plain_part(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: _plain(schema) for name, schema in value.items()}
    if key in ("anyOf", "allOf"):
        return [_plain(schema) for schema in value]
    return _plain(value) if isinstance(value, dict) else value


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return ``type: [x, null]`` instead of a choice between a simple type and null."""
    choice, *others = schema.get("anyOf", [{}])
    if others != [{"type": "null"}] or "type" not in choice or "enum" in choice:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**choice, "type": [choice["type"], "null"], **rest}


def _operation(
    operation: Operation, schemas: Schemas, components: dict[str, Any]
) -> dict[str, Any]:
    key = operation.id
    parts: dict[str, Any] = {
        "operationId": key,
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag],
        "parameters": _query_parameters(operation, components),
        "requestBody": operation.body and {"required": True, **_json(schemas[key, "body"])},
    }
    answers = {str(operation.status): _answer(operation.answer, schemas.get((key, "result")))}
    of_bodies = {413} if operation.body else set()
    for status in sorted({403, *of_bodies, *operation.errors}):
        answers[str(status)] = {"$ref": f"#/components/responses/{ERRORS[status][0]}"}
    return {**{name: part for name, part in parts.items() if part}, "responses": answers}


def _path_parameters(path: str) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", path)
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_PARAMETERS[name],
            "schema": {"type": "string"},
        }
        for name in names
    ]
    return {"parameters": parameters} if parameters else {}


def _query_parameters(operation: Operation, components: dict[str, Any]) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    fields = components[operation.query.__name__]["properties"]
    return [_query_parameter(name, dict(schema)) for name, schema in fields.items()]


def _query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    description = schema.pop("description", "")
    if isinstance(schema["type"], list):
        schema["type"] = schema["type"][0]  # a query cannot contain null
    parameter = {"name": name, "in": "query", "description": description, "schema": schema}
    return {key: value for key, value in parameter.items() if value}


def _answer(description: str, schema: Any) -> dict[str, Any]:
    return {"description": description, **(_json(schema) if schema else {})}


def _json(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


class _Dumper(yaml.SafeDumper):
    """Writes lists of simple values on one line, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:
        simple = not any(isinstance(each, dict | list) for each in sequence)
        return super().represent_sequence(tag, sequence, flow_style=simple)


def text() -> str:
    """Return the contents of `openapi.yaml`."""
    body = yaml.dump(document(), Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)
    return HEADER + body


if __name__ == "__main__":
    FILE.write_text(text())
