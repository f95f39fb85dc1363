"""Dask on the batch queue of an HPC site, from inside JupyterLab."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster import JobQueueCluster
    from jupyter_jobqueue.errors import JobQueueError

    # `cluster.classes` makes these of the adapters; type checkers need to see them.
    class HTCondorCluster(JobQueueCluster):
        """Launch Dask workers as batch jobs (HTCondor)."""

    class LocalCluster(JobQueueCluster):
        """Launch Dask workers as jobs of the embedded queue."""

    class LSFCluster(JobQueueCluster):
        """Launch Dask workers as batch jobs (LSF)."""

    class MoabCluster(JobQueueCluster):
        """Launch Dask workers as batch jobs (Moab)."""

    class OARCluster(JobQueueCluster):
        """Launch Dask workers as batch jobs (OAR)."""

    class PBSCluster(JobQueueCluster):
        """Launch Dask workers as batch jobs (PBS or Torque)."""

    class SGECluster(JobQueueCluster):
        """Launch Dask workers as batch jobs (Grid Engine)."""

    class SLURMCluster(JobQueueCluster):
        """Launch Dask workers as batch jobs (Slurm)."""


__all__ = [
    "HTCondorCluster",
    "JobQueueCluster",
    "JobQueueError",
    "LSFCluster",
    "LocalCluster",
    "MoabCluster",
    "OARCluster",
    "PBSCluster",
    "SGECluster",
    "SLURMCluster",
]


def __getattr__(name: str) -> Any:
    # Imported when needed: the commands of the embedded queue must not wait for distributed.
    if name == "__version__":
        return _version()
    if name == "JobQueueError":
        return importlib.import_module(f"{__name__}.errors").JobQueueError
    if name == "JobQueueCluster":
        return importlib.import_module(f"{__name__}.cluster").JobQueueCluster
    return _cluster_class(name)


def _cluster_class(name: str) -> Any:
    """Return the cluster class of an adapter, also of one that `__all__` does not name."""
    adapters = importlib.import_module(f"{__name__}.adapters").ADAPTERS
    for system, adapter in adapters.items():
        if adapter.class_name == name:
            return importlib.import_module(f"{__name__}.cluster").CLASSES[system]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("jupyter-jobqueue")
    except PackageNotFoundError:  # a checkout that is only on the path
        return "0+unknown"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-jobqueue"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from jupyter_jobqueue.server.app import JobQueueApp

    return [{"module": "jupyter_jobqueue.server.app", "app": JobQueueApp}]
