"""What a kernel's own script finds in place of the kernel."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

CONNECTION_FILE = "connection.json"
"""File that a kernel's script gets as its connection file."""
MODULES = "shim"
"""Folder of the module that Python finds in place of the kernel."""
IPYTHON = "ipython"
"""Folder of the configuration of IPython, whose only file starts that module."""
CONNECTION = {
    "transport": "tcp",
    "ip": "127.0.0.1",
    "shell_port": 0,
    "iopub_port": 0,
    "stdin_port": 0,
    "control_port": 0,
    "hb_port": 0,
    "key": "",
    "signature_scheme": "hmac-sha256",
}
"""A connection file with no port, for scripts that look into theirs."""
MODULE = f"{MODULES}/ipykernel_launcher.py"
CONFIGURATION = f"""\
import os, runpy

here = os.path.dirname(os.path.abspath(__file__))
runpy.run_path(os.path.join(here, "../../{MODULE}"), run_name="__main__")
"""
"""A configuration file of ipykernel, which is Python, read before a kernel does anything."""


@cache
def source() -> str:
    """Return the text of the module that runs in place of the kernel."""
    return (Path(__file__).parent / "ipykernel_launcher.py").read_text()


FILES: Mapping[str, Callable[[], str]] = {
    CONNECTION_FILE: lambda: json.dumps(CONNECTION),
    MODULE: source,
    f"{IPYTHON}/profile_default/ipython_kernel_config.py": lambda: CONFIGURATION,
}
"""Files by their paths in the folder of `environments.launcher`."""
