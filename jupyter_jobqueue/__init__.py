"""Dask on the batch queue of an HPC site, from inside JupyterLab."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster import (
        HTCondorCluster,
        JobQueueCluster,
        LocalCluster,
        LSFCluster,
        MoabCluster,
        OARCluster,
        PBSCluster,
        SGECluster,
        SLURMCluster,
    )
    from jupyter_jobqueue.errors import JobQueueError

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
    # The embedded queue's commands import this package too: they must not wait for distributed.
    if name == "__version__":
        return _version()
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = "errors" if name == "JobQueueError" else "cluster"
    return getattr(importlib.import_module(f"{__name__}.{room}"), name)


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
