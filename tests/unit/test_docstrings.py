"""Docstrings name every parameter and field, in the sections of numpydoc."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from typing import Any

import distributed  # noqa: F401  (its parts cannot be imported before it)
import pytest

import jupyter_jobqueue
from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.cluster import CLASSES as CLASSES_OF_SYSTEMS
from jupyter_jobqueue.cluster import JobQueueCluster
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy
from jupyter_jobqueue.options.common import options_of
from jupyter_jobqueue.placement import Placement
from jupyter_jobqueue.records.store import Store
from jupyter_jobqueue.server.manager import ClusterManager

MODULES = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(jupyter_jobqueue.__path__, "jupyter_jobqueue.")
]
PUBLIC: list[Any] = [
    thing
    for module in MODULES
    for name, thing in vars(module).items()
    if not name.startswith("_") and getattr(thing, "__module__", "") == module.__name__
]
USERS = [getattr(jupyter_jobqueue, name) for name in jupyter_jobqueue.__all__]
CLASSES: list[type] = [thing for thing in PUBLIC if inspect.isclass(thing)] + USERS
FUNCTIONS: list[Callable[..., Any]] = [thing for thing in PUBLIC if inspect.isfunction(thing)]

INTERFACES = (
    Adapter, AdaptivePolicy, ClusterManager, JobQueue, JobQueueCluster, Placement, Store,
)  # fmt: skip
"""Classes whose methods document every parameter, however few."""


def sections_of(doc: str) -> Iterator[tuple[str, str]]:
    """Yield title and text of each section."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}\n", inspect.cleandoc(doc), flags=re.MULTILINE)
    yield from zip(parts[1::2], parts[2::2], strict=True)


def documented_in(doc: str | None) -> list[str]:
    """Return the names that the sections of parameters and attributes have."""
    titles = ("Parameters", "Attributes")
    texts = [text for title, text in sections_of(doc or "") if title in titles]
    lines = [line for text in texts for line in text.splitlines() if re.match(r"[\w*]", line)]
    return [name.lstrip("*") for line in lines for name in line.partition(" : ")[0].split(", ")]


def parameters_of(function: Callable[..., Any]) -> list[str]:
    """Return the public parameters of a function."""
    names = inspect.signature(function).parameters
    return [name for name in names if name not in ("self", "cls") and not name.startswith("_")]


def fields_of(made: type) -> list[str]:
    """Return the parameters with which an object is made, in their order."""
    if dataclasses.is_dataclass(made):
        return [field.name for field in dataclasses.fields(made) if not field.name.startswith("_")]
    if hasattr(made, "_fields"):
        return list(made._fields)
    init = vars(made).get("__init__")
    return parameters_of(init) if init and not hasattr(made, "_is_protocol") else []


def methods_of(made: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public methods that a class defines itself and does not override."""
    for name, found in vars(made).items():
        function = getattr(found, "__func__", found)
        inherited = any(name in vars(base) for base in made.__mro__[1:])
        if inspect.isfunction(function) and not name.startswith("_") and not inherited:
            yield f"{made.__qualname__}.{name}", function


def test_classes_document_every_field() -> None:
    missing = {}
    for made in CLASSES:
        documented = [name for each in made.__mro__[:-1] for name in documented_in(each.__doc__)]
        if undocumented := [name for name in fields_of(made) if name not in documented]:
            missing[f"{made.__module__}.{made.__qualname__}"] = undocumented
    assert missing == {}


@pytest.mark.parametrize("system", ADAPTERS)
def test_the_class_of_a_batch_system_documents_its_options(system: str) -> None:
    doc = inspect.cleandoc(CLASSES_OF_SYSTEMS[system].__doc__ or "")
    label = ADAPTERS[system].label
    assert doc.partition("\n")[0] == f"Launch Dask workers as batch jobs ({label})."
    options = set(options_of(system))
    assert set(documented_in(doc)) & {*options, "options", "name"} == {*options, "name"}


@pytest.mark.parametrize("made", INTERFACES)
def test_interfaces_document_every_parameter(made: type) -> None:
    missing = {
        name: undocumented
        for name, function in methods_of(made)
        if (undocumented := set(parameters_of(function)) - set(documented_in(function.__doc__)))
    }
    assert missing == {}


METHODS = [function for made in CLASSES for _, function in methods_of(made)]


def test_functions_with_several_parameters_document_them() -> None:
    """A single parameter may be obvious."""
    missing = [
        f"{function.__module__}.{function.__qualname__}"
        for function in [*FUNCTIONS, *METHODS]
        if len(names := parameters_of(function)) > 1
        and not set(names) <= set(documented_in(function.__doc__))
    ]
    assert missing == []


def test_no_function_documents_what_it_does_not_take() -> None:
    stale = {
        f"{function.__module__}.{function.__qualname__}": sorted(unknown)
        for function in [*FUNCTIONS, *METHODS]
        if (unknown := set(documented_in(function.__doc__)) - set(parameters_of(function)))
    }
    assert stale == {}


def test_a_gap_would_be_found() -> None:
    @dataclasses.dataclass
    class Half:
        """Something.

        Parameters
        ----------
        one, two : int
            Numbers.

        Raises
        ------
        four : int
        """

        one: int
        two: int
        three: int

    assert documented_in(Half.__doc__) == ["one", "two"]
    assert fields_of(Half) == ["one", "two", "three"]
