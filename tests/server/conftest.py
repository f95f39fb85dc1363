"""A Jupyter server with the extension, a queue of its own, and a client that checks each answer."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from jupyter_jobqueue import server
from jupyter_jobqueue.server.base import MANAGER
from jupyter_jobqueue.server.manager import ClusterManager

FOLDER = "JUPYTER_JOBQUEUE_LOCALQUEUE_DIR"
DOCUMENT = yaml.safe_load(Path(server.__file__).with_name("openapi.yaml").read_text())
SMALL = {"cores": 1, "memory": "500 MB"}


@pytest.fixture(scope="package", autouse=True)
def queue_folder() -> Iterator[Path]:
    """Make a queue with four slots for all tests; nothing of it may be left at the end."""
    with tempfile.TemporaryDirectory(prefix="jobqueue-") as name:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv(FOLDER, f"{name}/q")
            environment.setenv("JUPYTER_JOBQUEUE_LOCALQUEUE_CPUS", "4")
            environment.setenv("JUPYTER_JOBQUEUE_LOCALQUEUE_GRACE", "0.5")  # a nanny would take 2.4
            yield Path(name)
        left = still_running(name)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        told = [" ".join(each.info["cmdline"] or []) for each in left]
        assert not [line for line in told if "daemon" not in line], "processes left"


def still_running(folder: str) -> list[psutil.Process]:
    """Return the processes that were started for this queue and its clusters."""
    return [each for each in psutil.process_iter(["environ", "cmdline"]) if _belongs(each, folder)]


def _belongs(process: psutil.Process, folder: str) -> bool:
    environ = process.info["environ"] or {}
    return process.pid != os.getpid() and str(environ.get(FOLDER, "")).startswith(folder)


@pytest.fixture(autouse=True)
def _patient(patience: None) -> None:
    """Have time limits that a busy machine meets."""


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where clusters of one test keep their files."""
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    monkeypatch.chdir(tmp_path)  # a job that names no file for its output leaves one there
    return folder


class Answer(NamedTuple):
    """What the server said."""

    status: int
    value: Any
    seconds: float


@dataclass
class Api:
    """A client that holds every answer against the OpenAPI document."""

    fetch: Callable[..., Awaitable[Any]]
    manager: ClusterManager

    async def __call__(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **params: Any
    ) -> Answer:
        sent = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        begun = time.monotonic()
        response = await self.fetch(
            f"jobqueue/api/{path}",
            method=method,
            body=sent if method == "POST" else None,
            params=params,
            raise_error=False,
            request_timeout=120,
        )
        value = json.loads(response.body) if response.body else None
        check(method, path, response.code, value)
        return Answer(response.code, value, time.monotonic() - begun)

    async def ok(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """Return the value of an answer that must be good."""
        answer = await self(method, path, body, **params)
        assert answer.status < 300, answer
        return answer.value

    async def create(self, state: str = "running", **body: Any) -> Any:
        """Make a cluster of small jobs and wait until it has the state."""
        options = {**SMALL, **body.pop("options", {})}
        made = await self.ok("POST", "clusters", {"system": "local", "options": options, **body})
        return await self.until(made["id"], lambda cluster: cluster["state"] == state)

    async def until(
        self, cluster: str, condition: Callable[[Any], bool], timeout: float = 120
    ) -> Any:
        """Wait until a cluster fulfils a condition."""
        deadline = time.monotonic() + timeout
        while not condition(found := await self.ok("GET", f"clusters/{cluster}")):
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.05)
        return found


def check(method: str, path: str, status: int, value: Any) -> None:
    """Hold an answer against the document."""
    template = template_of(path)
    documented = DOCUMENT["paths"][template][method.lower()]["responses"]
    assert str(status) in documented, f"{method} {template}: {status} is not documented: {value}"
    response = documented[str(status)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    if "content" not in response:
        assert value is None
        return
    schema = response["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


def template_of(path: str) -> str:
    """Return the path of the document that a path is an instance of."""
    parts = f"/jobqueue/api/{path}".split("/")
    for template in DOCUMENT["paths"]:
        pattern = template.split("/")
        if len(pattern) == len(parts) and all(
            want == part or want.startswith("{") for want, part in zip(pattern, parts, strict=True)
        ):
            return str(template)
    raise AssertionError(f"{path} is not documented")


@pytest.fixture
def manager(jp_serverapp: Any) -> ClusterManager:
    found: ClusterManager = jp_serverapp.web_app.settings[MANAGER]
    return found


@pytest.fixture
def api(jp_fetch: Any, manager: ClusterManager, jp_asyncio_loop: Any) -> Iterator[Api]:
    yield Api(jp_fetch, manager)
    # The queue's folder and the environment are still those of the test.
    jp_asyncio_loop.run_until_complete(manager.stop())


def kill(pid: int) -> None:
    """End one process at once."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
