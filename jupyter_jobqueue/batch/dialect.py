"""Which dialect of a batch system the commands on PATH speak."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

from jupyter_jobqueue.adapters import ADAPTERS, DIALECTS, dialect_of
from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.batch.site import login_name

VERSION_TIMEOUT = 2.0
"""Seconds; a command that prints its own version contacts no server."""


def adapter_for(system: str) -> Adapter:
    """Return the adapter for the dialect of the commands on PATH.

    Where a batch system has dialects, this runs a command that prints its version, once.
    """
    adapter = ADAPTERS[system]
    path = shutil.which(adapter.commands[0]) if system in DIALECTS else None
    return (_dialect(system, path) if path else adapter)(login_name())


@cache
def _dialect(system: str, path: str) -> type[Adapter]:
    """Return the dialect of the command at `path`, which is a key of the cache only."""
    adapter = ADAPTERS[system]
    call = adapter().version()
    if call is None:
        return adapter
    try:
        done = subprocess.run(
            call.argv, capture_output=True, text=True, timeout=VERSION_TIMEOUT, check=False
        )
        return dialect_of(system, call.parse(done.stdout + done.stderr))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return adapter
