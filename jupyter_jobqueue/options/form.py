"""The options of a batch system as a JSON schema, from which a front end builds its form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.adapter import Queue
from jupyter_jobqueue.adapters.option import Kind, Option
from jupyter_jobqueue.options.check import setting_lines
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
    """Return the JSON schema of a batch system's options.

    Parameters
    ----------
    system : str
        A batch system.
    values : Mapping
        Option values of the profile; they become the defaults.
    queues : iterable of Queue
        Queues of the site; they become the choices, and their largest node the maximum of cores.

    Returns
    -------
    dict
        An object schema; its properties are in the order of the form.
    """
    properties = {
        name: _property(option, values.get(name, option.default))
        for name, option in options_of(system).items()
    }
    _add_limits(properties, list(queues))
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
        # A form shows a time as text: "30 minutes" is valid too.
        as_text = option.kind is Kind.DURATION
        shown["default"] = str(default) if as_text else form_value(option, default)
    return shown


def form_value(option: Option, value: Any) -> Any:
    """Return the value of an option in the type that a form uses.

    Parameters
    ----------
    option : Option
        The option.
    value : Any
        A value of the configuration, not checked yet.

    Returns
    -------
    Any
        Amounts of memory as text, lines and settings as a list.
    """
    if option.kind in (Kind.MEMORY, Kind.TEXT):
        return str(value)
    if option.kind is Kind.SETTINGS and isinstance(value, Mapping):
        return setting_lines(value)
    if option.kind in (Kind.LINES, Kind.SETTINGS) and isinstance(value, str):
        return [value]
    return list(value) if isinstance(value, tuple) else value


def _add_limits(properties: dict[str, dict[str, Any]], queues: list[Queue]) -> None:
    cores = [queue.max_cores for queue in queues if queue.open and queue.max_cores]
    if cores:
        properties["cores"]["maximum"] = max(cores)
    if "queue" in properties and queues:
        properties["queue"]["enum"] = [queue.name for queue in queues]
