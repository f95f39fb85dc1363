"""The cluster classes, one for each batch system."""

from __future__ import annotations

from jupyter_jobqueue.cluster.cluster import JobQueueCluster
from jupyter_jobqueue.options.common import options_of
from jupyter_jobqueue.options.defaults import load_defaults

load_defaults()

DOC = """{about}

Parameters
----------
n_workers : int
    Workers to start with; rounded up to whole jobs.
config_name : str, optional
    Section of ``jobqueue:`` in the Dask configuration to take options from.
name : str, optional
    Name of the cluster; workers are called ``name-0``, ``name-1`` and so on.
security : Security or bool, optional
    TLS with keys made for this cluster unless given; False for none.
protocol : str, optional
    Such as ``"tls://"``, the default with TLS.
scheduler_options : dict, optional
    Keywords for `distributed.Scheduler`.
asynchronous : bool
    Whether to use the cluster from coroutines.
silence_logs : str or bool
    Level below which Dask's log messages are not shown.
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


def _documented(cls: type[JobQueueCluster]) -> type[JobQueueCluster]:
    options = "\n".join(
        f"{option.name} : {TYPES[option.kind]}, optional\n    {option.help}"
        for option in options_of(cls.system).values()
    )
    cls.__doc__ = DOC.format(about=cls.__doc__, options=options, name=cls.__name__)
    return cls


@_documented
class SLURMCluster(JobQueueCluster):
    """Launch Dask on a Slurm cluster."""

    system = "slurm"


@_documented
class PBSCluster(JobQueueCluster):
    """Launch Dask on a PBS or Torque cluster."""

    system = "pbs"


@_documented
class SGECluster(JobQueueCluster):
    """Launch Dask on a Grid Engine cluster."""

    system = "sge"


@_documented
class MoabCluster(JobQueueCluster):
    """Launch Dask on a Moab cluster."""

    system = "moab"


@_documented
class OARCluster(JobQueueCluster):
    """Launch Dask on an OAR cluster."""

    system = "oar"


@_documented
class LSFCluster(JobQueueCluster):
    """Launch Dask on an LSF cluster."""

    system = "lsf"


@_documented
class HTCondorCluster(JobQueueCluster):
    """Launch Dask on an HTCondor pool."""

    system = "htcondor"


@_documented
class LocalCluster(JobQueueCluster):
    """Launch Dask on the embedded queue of this machine; needs no batch system."""

    system = "local"


CLASSES = {
    cls.system: cls
    for cls in (
        SLURMCluster,
        PBSCluster,
        SGECluster,
        MoabCluster,
        LSFCluster,
        OARCluster,
        HTCondorCluster,
        LocalCluster,
    )
}
