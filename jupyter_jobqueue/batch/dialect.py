"""Which dialect of a batch system the commands on PATH speak."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.adapter import Adapter

DIALECT_TIMEOUT = 2.0
"""Seconds; a command that prints its own version asks nobody."""


def adapter_for(system: str) -> Adapter:
    """Return the adapter that speaks the dialect of the commands on PATH.

    Runs a command that prints its version, once, where a batch system has dialects.
    """
    adapter = ADAPTERS[system]()
    path = shutil.which(adapter.commands[0]) if adapter.has_dialects else None
    return _dialect(system, path) if path else adapter


@cache
def _dialect(system: str, path: str) -> Adapter:
    adapter = ADAPTERS[system]()
    call = adapter.version()
    if call is None:
        return adapter
    try:
        done = subprocess.run(
            call.argv, capture_output=True, text=True, timeout=DIALECT_TIMEOUT, check=False
        )
        return adapter.dialect(call.parse(done.stdout + done.stderr))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return adapter
