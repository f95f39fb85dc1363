"""Generates the Python code that connects a client to a cluster."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any


def client_code(address: str, tls: Mapping[str, Any], dashboard: str = "") -> str:
    """Return Python code that connects a client.

    Parameters
    ----------
    address : str
        Address of the scheduler.
    tls : Mapping
        Keywords of `distributed.Security` that name files; empty without encryption.
    dashboard : str
        Link to the dashboard for the client to show; empty for Dask's own link.
    """
    imports = "import dask\n" if dashboard else ""
    imports += f"from distributed import Client{', Security' if tls else ''}\n\n"
    if dashboard:
        link = f'{{"distributed.dashboard.link": {_text(dashboard)}}}'
        imports += f"dask.config.set(\n    {link}\n)\n"
    if not tls:
        return f"{imports}client = Client({_text(address)})\nclient\n"
    names = ("tls_ca_file", "tls_client_cert", "tls_client_key")
    files = {name: str(tls[name]) for name in names if name in tls}
    folder, shown = _one_folder(files)
    keys = "".join(f"        {name}={text},\n" for name, text in shown.items())
    return (
        f"{imports}{folder}client = Client(\n    {_text(address)},\n    security=Security(\n{keys}"
        "        require_encryption=True,\n    ),\n)\nclient\n"
    )


def _one_folder(files: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return Python code: a line that sets the common folder, and an expression for each file."""
    folders = {os.path.dirname(path) for path in files.values()}
    if len(folders) != 1 or any(mark in path for path in files.values() for mark in '{}"\\'):
        return "", {name: _text(path) for name, path in files.items()}
    names = {name: os.path.basename(path) for name, path in files.items()}
    line = f"keys = {_text(folders.pop())}\n"
    return line, {name: f'f"{{keys}}/{file}"' for name, file in names.items()}


def _text(value: str) -> str:
    """Return a Python literal in double quotes."""
    return json.dumps(value, ensure_ascii=False)
