"""What a kernel's own script finds in place of the kernel."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

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
CONFIGURATION = """\
import os, runpy

here = os.path.dirname(os.path.abspath(__file__))
runpy.run_path(os.path.join(here, "../../shim/ipykernel_launcher.py"), run_name="__main__")
"""
"""A configuration file of ipykernel, which is Python, read before a kernel does anything."""


@cache
def source() -> str:
    """Return the text of the module that runs in place of the kernel."""
    return (Path(__file__).parent / "ipykernel_launcher.py").read_text()


FILES: Mapping[str, Callable[[], str]] = {
    "connection.json": lambda: json.dumps(CONNECTION),
    "shim/ipykernel_launcher.py": source,
    "ipython/profile_default/ipython_kernel_config.py": lambda: CONFIGURATION,
}
"""Files by their paths in the folder of `environments.launcher`."""
