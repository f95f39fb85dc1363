"""The cluster classes, one for each batch system."""

from __future__ import annotations

from jupyter_jobqueue.cluster.classes import (
    CLASSES,
    HTCondorCluster,
    LocalCluster,
    LSFCluster,
    MoabCluster,
    OARCluster,
    PBSCluster,
    SGECluster,
    SLURMCluster,
)
from jupyter_jobqueue.cluster.cluster import JobQueueCluster

__all__ = [
    "CLASSES",
    "HTCondorCluster",
    "JobQueueCluster",
    "LSFCluster",
    "LocalCluster",
    "MoabCluster",
    "OARCluster",
    "PBSCluster",
    "SGECluster",
    "SLURMCluster",
]
