"""Where the Dask scheduler of a cluster runs: in this process, or in one of its own."""

from __future__ import annotations

from jupyter_jobqueue.schedulers.apart import LEASE, Attached, OwnProcess
from jupyter_jobqueue.schedulers.placement import Files, InProcess, Placement, Request

__all__ = ["LEASE", "Attached", "Files", "InProcess", "OwnProcess", "Placement", "Request"]
