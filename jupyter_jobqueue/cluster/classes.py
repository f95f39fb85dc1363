"""The cluster classes: one for each registered adapter."""

from __future__ import annotations

import inspect

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.cluster.cluster import JobQueueCluster
from jupyter_jobqueue.options.common import options_of
from jupyter_jobqueue.options.defaults import load_defaults

load_defaults()

SUMMARY = (JobQueueCluster.__doc__ or "").partition("\n")[0]
OPTIONS = "**options : Any\n    Options of the jobs."
EXAMPLES = """
Examples
--------
>>> cluster = {name}(cores=4, memory="8 GB")  # doctest: +SKIP
>>> cluster.scale(jobs=2)  # doctest: +SKIP
"""
TYPES = {
    "integer": "int",
    "text": "str",
    "flag": "bool",
    "lines": "list of str",
    "memory": "str",
    "duration": "float",
    "number": "float",
    "settings": "dict",
}


def _class_of(adapter: type[Adapter]) -> type[JobQueueCluster]:
    attributes = {
        "__doc__": _doc_of(adapter),
        # Where users, and pickle, find it.
        "__module__": "jupyter_jobqueue",
        "system": adapter.system,
    }
    return type(adapter.class_name, (JobQueueCluster,), attributes)


def _doc_of(adapter: type[Adapter]) -> str:
    """Return the docstring of the base class, with the options of a batch system."""
    options = "\n".join(
        f"{option.name} : {TYPES[option.kind]}, optional\n    {option.help}"
        for option in options_of(adapter.system).values()
    )
    base = inspect.cleandoc(JobQueueCluster.__doc__ or "")
    summary = f"Launch Dask workers as batch jobs ({adapter.label})."
    examples = EXAMPLES.format(name=adapter.class_name)
    return f"{base.replace(SUMMARY, summary).replace(OPTIONS, options)}\n{examples}"


CLASSES = {system: _class_of(adapter) for system, adapter in ADAPTERS.items()}
"""The cluster classes by the name of their batch system."""
