"""A real server: how free its loop stays, and what it leaves when it stops."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from tests.beds.daemons import free_ports
from tests.server.conftest import FOLDER, SMALL, still_running

logger = logging.getLogger(__name__)
TASKS = 10_000


class Server:
    """A Jupyter server in a process of its own."""

    def __init__(self, folder: Path) -> None:
        config = folder / "config" / "jupyter_server_config.json"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(
            json.dumps({"ServerApp": {"jpserver_extensions": {"jupyter_jobqueue": True}}})
        )
        self.port = free_ports(1)
        self.log = folder / "server.log"
        argv = [sys.executable, "-m", "jupyter_server", "--ServerApp.ip=127.0.0.1"]
        argv += [f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0"]
        argv += ["--IdentityProvider.token=abc", "--ServerApp.allow_root=True"]
        argv += ["--ServerApp.open_browser=False", f"--ServerApp.root_dir={folder}"]
        names = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR")
        places = dict.fromkeys(names, str(folder)) | {"JUPYTER_CONFIG_DIR": str(config.parent)}
        with self.log.open("ab") as log:
            env = {**os.environ, **places, "JUPYTER_NO_CONFIG": ""}
            self.process = subprocess.Popen(
                argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the value of an answer."""
        request = Request(
            f"http://127.0.0.1:{self.port}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "token abc", "Connection": "close"},
        )
        with urlopen(request, timeout=120) as response:  # noqa: S310 (our own server)
            return json.loads(response.read() or "null")

    def answers(self) -> bool:
        """Whether it is up."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return bool(self.ask("GET", "api/status"))
        except (URLError, ConnectionError):
            return False

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Ask it to stop, and return the seconds that it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(120)
        return time.monotonic() - begun

    def cluster(self, **body: Any) -> Any:
        """Make a cluster and wait for its first worker."""
        body = {"system": "local", "options": SMALL, "jobs": 1, **body}
        made = self.ask("POST", "jobqueue/api/clusters", body)
        path = f"jobqueue/api/clusters/{made['id']}"
        until(lambda: self.ask("GET", path)["workers"] == body["jobs"])
        return made


def until(condition: Callable[[], Any], timeout: float = 120) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers_and_schedulers(queue_folder: Path) -> list[str]:
    """Return the command lines of what should have gone; the queue itself stays."""
    running = still_running(str(queue_folder / "of-a-server"))
    lines = [" ".join(each.info["cmdline"] or []) for each in running]
    return [line for line in lines if "localqueue.daemon" not in line]


@pytest.fixture
def server(tmp_path: Path, queue_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv(FOLDER, str(queue_folder / f"of-a-server-{tmp_path.name}"))
    started = Server(tmp_path)
    try:
        until(started.answers)
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()


def stop_of_an_empty_server(folder: Path) -> float:
    folder.mkdir()
    empty = Server(folder)
    until(empty.answers)
    return empty.stop()


def test_a_stop_closes_all_clusters_within_five_seconds(
    server: Server, queue_folder: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        server.cluster(name=name)
    # Pending jobs too: there is no room for all of these.
    for made in server.ask("GET", "jobqueue/api/clusters"):
        path = f"jobqueue/api/clusters/{made['id']}/scale"
        server.ask("POST", path, {"jobs": 8})
    took = server.stop()
    assert server.process.returncode == 0
    # On a machine so busy that an empty server needs long, this one may take as much longer.
    assert took < 5 or took < 5 * (1 + stop_of_an_empty_server(tmp_path / "empty"))
    listed = subprocess.run(
        [sys.executable, "-m", "jupyter_jobqueue.localqueue", "status"],
        capture_output=True,
        check=True,
    )
    states = [job["state"] for job in json.loads(listed.stdout)]
    assert len(states) == 16
    assert set(states) == {"CANCELLED"}
    until(lambda: not workers_and_schedulers(queue_folder), timeout=40)
    assert not list(server.log.parent.rglob("*.pem"))


DEAD_FILE_SYSTEM = """
import threading
from jupyter_jobqueue.jobs import log
log.read = lambda *args: threading.Event().wait()
"""


def test_logs_that_hang_stop_neither_other_requests_nor_the_end(
    tmp_path: Path, queue_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty reads had all threads of the server: nothing was submitted, and it did not end."""
    monkeypatch.setenv(FOLDER, str(queue_folder / f"of-a-server-{tmp_path.name}"))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "jupyter_server_config.py").write_text(DEAD_FILE_SYSTEM)
    server = Server(tmp_path)
    try:
        until(server.answers)
        made = server.cluster()
        path = f"jobqueue/api/clusters/{made['id']}"
        for _ in range(40):
            asked = server, f"{path}/jobs/local-1-0/log"
            threading.Thread(target=ignored, args=asked, daemon=True).start()
        server.ask("POST", f"{path}/scale", {"jobs": 2})
        until(lambda: server.ask("GET", path)["workers"] == 2)
        server.cluster(name="another")
        took = server.stop()
        assert server.process.returncode == 0
        assert took < 5 or took < 5 * (1 + stop_of_an_empty_server(tmp_path / "empty"))
        until(lambda: not workers_and_schedulers(queue_folder), timeout=40)
    finally:
        if server.process.poll() is None:
            server.process.kill()


def ignored(server: Server, path: str) -> None:
    with suppress(OSError):
        server.ask("GET", path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["INT", "HUP"])
def test_other_signals_close_clusters_too(server: Server, queue_folder: Path, number: int) -> None:
    """A Hub sends SIGINT to servers that have no terminal."""
    server.cluster()
    server.stop(number)
    assert server.process.returncode == 0, server.log.read_text()
    until(lambda: not workers_and_schedulers(queue_folder), timeout=40)
    assert not list(server.log.parent.rglob("*.pem"))


@pytest.mark.timeout(900)
def test_a_heavy_computation_leaves_the_server_free(
    server: Server,
) -> None:
    """The scheduler has a process of its own; tasks never touch the server's loop."""
    made = server.cluster(jobs=2)
    code = server.ask("GET", f"jobqueue/api/clusters/{made['id']}/client")["code"]
    work = f"""
from distributed import wait
import os
futures = client.map(abs, range({TASKS}), pure=False, batch_size=1000)
print(len(wait(futures).done), client.run_on_scheduler(os.getpid), flush=True)
client.close()
"""
    argv = [sys.executable, "-c", code + work]
    patient = {**os.environ, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "300s"}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=patient) as client:
        times = []
        while client.poll() is None:
            begun = time.monotonic()
            server.ask("GET", "api/status")
            times.append(time.monotonic() - begun)
            time.sleep(0.05)
        assert client.stdout
        tasks, pid = map(int, client.stdout.read().split())
    logger.info("%d answers: median %.4f s, slowest %.4f s", len(times), median(times), max(times))
    assert tasks == TASKS
    assert pid not in (server.process.pid, client.pid)
    # The slowest is the machine's: it has fewer cores than there are processes.
    assert median(times) < 5, times
