"""Where the Dask scheduler of a cluster runs: in this program, or in a process of its own."""

from __future__ import annotations

from jupyter_jobqueue.placement.attached import Attached
from jupyter_jobqueue.placement.base import LEASE, Files, Placement, ProcessPlacement, Request
from jupyter_jobqueue.placement.in_process import InProcess
from jupyter_jobqueue.placement.own_process import OwnProcess

__all__ = [
    "LEASE",
    "Attached",
    "Files",
    "InProcess",
    "OwnProcess",
    "Placement",
    "ProcessPlacement",
    "Request",
]
