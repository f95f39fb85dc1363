"""The cluster classes: one for each registered adapter."""

from __future__ import annotations

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.cluster.cluster import JobQueueCluster
from jupyter_jobqueue.options.common import options_of
from jupyter_jobqueue.options.defaults import load_defaults

load_defaults()

DOC = """Launch Dask workers as batch jobs ({label}).

Parameters
----------
n_workers : int
    Workers to start with; rounded up to whole jobs.
config_name : str, optional
    Section of ``jobqueue:`` in the Dask configuration to take options from.
name : str, optional
    Name of the cluster; workers are called ``name-0``, ``name-1`` and so on.
security : Security or bool, optional
    TLS keys; by default, new ones for this cluster. False means no TLS.
protocol : str, optional
    Protocol of Dask; ``"tls://"`` by default, ``"tcp://"`` without TLS.
scheduler_options : dict, optional
    Keywords for `distributed.Scheduler`.
asynchronous : bool
    Whether the cluster is used from coroutines.
silence_logs : str or bool
    Level below which Dask's log messages are hidden; False shows all.
{options}

Raises
------
InvalidOption
    If an option is unknown, missing or of the wrong kind.
SchedulerFailed
    If the Dask scheduler does not start.
QueueError
    If the batch system refuses the first jobs.

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
    options = "\n".join(
        f"{option.name} : {TYPES[option.kind]}, optional\n    {option.help}"
        for option in options_of(adapter.system).values()
    )
    attributes = {
        "__doc__": DOC.format(label=adapter.label, options=options, name=adapter.class_name),
        # Where users, and pickle, find it.
        "__module__": "jupyter_jobqueue",
        "system": adapter.system,
    }
    return type(adapter.class_name, (JobQueueCluster,), attributes)


CLASSES = {system: _class_of(adapter) for system, adapter in ADAPTERS.items()}
"""The cluster classes by the name of their batch system."""
