"""Run a command against a JupyterLab that is made for it, and see that nothing is left afterwards.

    python server.py playwright test

Home, configuration, queue and Slurm of the server are in a temporary folder. The command finds the
server in JOBQUEUE_UI_URL and JOBQUEUE_UI_TOKEN, the folder in JOBQUEUE_UI_FOLDER. The exit code is
the command's; 1 when a process was left, which is named and killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LOG = HERE / "server.log"
FOLDER = "JOBQUEUE_UI_FOLDER"


def main(command: list[str]) -> int:
    """Run the command between start and stop of the server."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="jq-ui-", ignore_cleanup_errors=True) as folder:
        environment = private_environment(Path(folder))
        try:
            with running_server(environment) as server:
                found = {
                    "JOBQUEUE_UI_URL": server["url"].rstrip("/"),
                    "JOBQUEUE_UI_TOKEN": server["token"],
                }
                status = subprocess.call(command, env=environment | found)
        finally:
            stop_beds(environment)
            left = end_leftovers(folder)
    for line in left:
        sys.stderr.write(f"*** left after the run: {line}\n")
    return status or bool(left)


def private_environment(folder: Path) -> dict[str, str]:
    """Return an environment that leads nowhere but to `folder`."""
    places = {
        "HOME": "home",
        "TMPDIR": "tmp",
        "XDG_CACHE_HOME": "home/.cache",
        "XDG_CONFIG_HOME": "home/.config",
        "XDG_DATA_HOME": "home/.local/share",
        "XDG_STATE_HOME": "home/.local/state",
        "XDG_RUNTIME_DIR": "run",
        "DASK_CONFIG": "home/dask",
        "IPYTHONDIR": "home/.ipython",
        "JUPYTER_CONFIG_DIR": "home/.jupyter",
        "JUPYTER_DATA_DIR": "home/.local/share/jupyter",
        "JUPYTER_RUNTIME_DIR": "run/jupyter",
    }
    for place in places.values():
        (folder / place).mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o755)  # munge wants its socket within reach
    kept = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith(("JUPYTER_", "JPY_", "DASK_", "SLURM_", "SBATCH_"))
    }
    return kept | {
        **{name: str(folder / place) for name, place in places.items()},
        FOLDER: str(folder),
        "JUPYTER_JOBQUEUE_LOCALQUEUE_DIR": str(folder / "queue"),
        "JUPYTER_JOBQUEUE_LOCALQUEUE_CPUS": "4",
        "JUPYTER_JOBQUEUE_LOCALQUEUE_LINGER": "1",
        # The tests that need Slurm start it there.
        "SLURM_CONF": str(folder / "slurm" / "slurm.conf"),
    }


@contextmanager
def running_server(environment: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Start JupyterLab, yield what it says of itself, stop it."""
    argv = [sys.executable, "-m", "jupyterlab", "--config", "jupyter_server_test_config.py"]
    with LOG.open("wb") as log:
        process = subprocess.Popen(argv, cwd=HERE, env=environment, stdout=log, stderr=log)
    try:
        yield wait_for(lambda: answering_server(process, environment), 60, f"JupyterLab, see {LOG}")
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def answering_server(
    process: subprocess.Popen[bytes], environment: dict[str, str]
) -> dict[str, Any] | None:
    """Return what the server wrote about itself, once it answers."""
    if process.poll() is not None:
        sys.exit(f"JupyterLab ended with {process.returncode}:\n{LOG.read_text()}")
    told = Path(environment["JUPYTER_RUNTIME_DIR"]) / f"jpserver-{process.pid}.json"
    with suppress(OSError, ValueError):
        server: dict[str, Any] = json.loads(told.read_text())
        with urllib.request.urlopen(f"{server['url']}api", timeout=5):  # noqa: S310 (our own)
            return server
    return None


def stop_beds(environment: dict[str, str]) -> None:
    """Stop the Slurm and the Hub that a test has started and not stopped."""
    for name in ("slurm", "hub"):
        folder = Path(environment[FOLDER]) / name
        if folder.exists():
            argv = [sys.executable, "-m", f"tests.beds.{name}", "down", "--dir", str(folder)]
            subprocess.call(argv, cwd=HERE.parent, env=environment)


def end_leftovers(folder: str) -> list[str]:
    """Give the processes of the run 15 s to end, kill the others; return their command lines."""
    with suppress(TimeoutError):
        wait_for(lambda: not leftovers(folder), 15, "processes to end")
    left = leftovers(folder)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return [f"{pid} {line}" for pid, line in left.items()]


def leftovers(folder: str) -> dict[int, str]:
    """Return pid and command line of each process that was started for the run."""
    found = {}
    mark = f"{FOLDER}={folder}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or is somebody else's
            line = (process / "cmdline").read_bytes()
            variables = (process / "environ").read_bytes().split(b"\0")
            if mark in variables or folder.encode() in line:
                found[int(process.name)] = line.replace(b"\0", b" ").decode(errors="replace")
    return found


def wait_for(condition: Callable[[], Any], timeout: float, what: str) -> Any:
    """Return what `condition` returns once that is true."""
    end = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"gave up after {timeout:g} s waiting for {what}")
        time.sleep(0.1)
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
