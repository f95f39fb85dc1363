"""The program of the Dask scheduler, started as a user's Python starts it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from distributed import Scheduler, Worker

import jupyter_jobqueue.placement.program as program

SPY = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps([sys.path, sorted(sys.modules)])))
"""


def test_no_module_of_ours_hides_one_of_the_user(tmp_path: Path) -> None:
    """Python puts the folder of a program first on `sys.path`; ours has a `base` and a `client`."""
    (tmp_path / "sitecustomize.py").write_text(SPY)
    argv = [sys.executable, program.__file__]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        argv, input="no JSON", env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert "json.decoder.JSONDecodeError" in done.stderr
    path, modules = json.loads(done.stdout)
    folder = str(Path(program.__file__).parent)
    assert folder not in path
    assert str(tmp_path) in path
    assert not [name for name in modules if name.startswith("jupyter_jobqueue")]
    names = {file.stem for file in Path(folder).glob("*.py")} - {"__init__"}
    assert not names & set(modules)


async def is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


@pytest.mark.parametrize("wanted", [False, True])
async def test_nobody_on_the_node_can_ask_a_worker_that_has_joined(wanted: bool) -> None:
    """Dask's workers answer ``/metrics`` and ``/sitemap.json`` to everybody."""
    scheduler = Scheduler(host="127.0.0.1", dashboard_address="127.0.0.1:0", http_prefix="s")
    async with (
        program.prepare(scheduler, "s"),
        Worker(scheduler.address, dashboard=wanted, dashboard_address="127.0.0.1:0") as worker,
    ):
        assert await is_open(worker.http_server.port) is wanted
        assert worker.status.name == "running"
        assert list(scheduler.workers) == [worker.address]
