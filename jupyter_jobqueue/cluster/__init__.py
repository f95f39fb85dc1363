"""A Dask cluster on a batch system."""

from __future__ import annotations

from jupyter_jobqueue.cluster.classes import CLASSES
from jupyter_jobqueue.cluster.cluster import JobQueueCluster

__all__ = ["CLASSES", "JobQueueCluster"]
