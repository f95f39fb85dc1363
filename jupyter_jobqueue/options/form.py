"""The JSON schema of a batch system's options, from which forms are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.adapter import Queue
from jupyter_jobqueue.adapters.option import Kind, Option
from jupyter_jobqueue.options.common import options_of

JSON_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.INTEGER: {"type": "integer"},
    Kind.TEXT: {"type": "string"},
    Kind.FLAG: {"type": "boolean"},
    Kind.LINES: {"type": "array", "items": {"type": "string"}},
    Kind.MEMORY: {"type": "string"},
    Kind.DURATION: {"type": "string"},
    Kind.NUMBER: {"type": "number"},
    Kind.SETTINGS: {"type": "array", "items": {"type": "string"}},
}


def schema(system: str, values: Mapping[str, Any], queues: Iterable[Queue] = ()) -> dict[str, Any]:
    """Return the JSON schema of a batch system's options, for forms.

    Parameters
    ----------
    system : str
        A batch system.
    values : Mapping
        What the profile sets; shown as defaults.
    queues : Iterable of Queue
        Queues of the site, offered as choices with their limits as bounds.
    """
    properties = {
        name: _property(option, values.get(name, option.default))
        for name, option in options_of(system).items()
    }
    _bound(properties, list(queues))
    return {
        "type": "object",
        "title": ADAPTERS[system].label,
        "properties": properties,
        "required": ["cores", "memory"],
    }


def _property(option: Option, default: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {
        **JSON_TYPES[option.kind],
        "title": option.title,
        "description": option.help,
        "x-group": "main" if option.basic else "more",
    }
    if option.minimum is not None:
        shown["minimum"] = option.minimum
    if option.choices:
        shown["enum"] = list(option.choices)
    if option.example:
        shown["examples"] = [option.example]
    if default is not None:
        shown["default"] = _shown(option.kind, default)
    return shown


def _shown(kind: Kind, value: Any) -> Any:
    """Return a value as a form takes it."""
    if kind is Kind.DURATION:
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _bound(properties: dict[str, dict[str, Any]], queues: list[Queue]) -> None:
    cores = [queue.max_cores for queue in queues if queue.open and queue.max_cores]
    if cores:
        properties["cores"]["maximum"] = max(cores)
    if "queue" in properties and queues:
        properties["queue"]["enum"] = [queue.name for queue in queues]
