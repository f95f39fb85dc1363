"""Two people behind one real JupyterHub, and what they ask of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest
import requests
import websocket

from tests.beds import hub as real_hub
from tests.beds.hub import HubBed, processes_of

SMALL = {"cores": 1, "memory": "500 MB"}
TIMEOUT = 120.0


def until(condition: Callable[[], Any], what: str, timeout: float = TIMEOUT) -> Any:
    """Return what `condition` returns once that is true."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {timeout:g} s for {what}"
        time.sleep(0.05)
    return value


class Person:
    """A user of the Hub, with a token that a program of theirs would have.

    Parameters
    ----------
    hub : HubBed
        The Hub.
    name : str
        Who of `NAMES` it is.
    """

    def __init__(self, hub: HubBed, name: str) -> None:
        self.hub = hub
        self.login = hub.user(name)
        self.token = str(self.of_hub("POST", "tokens", json={}).json()["token"])

    @property
    def headers(self) -> dict[str, str]:
        """What a request of this person carries."""
        return {"Authorization": f"token {self.token}"}

    @property
    def base(self) -> str:
        """The path of their server."""
        return f"/user/{self.login}/"

    # -- their server

    def start(self, **traits: Any) -> None:
        """Start the server, with these traits of the manager of clusters, and wait for it."""
        self.hub.configure(self.login, ClusterManager=traits)
        self.of_hub("POST", "server")
        assert self.server()["ready"], self.hub.log.read_text()

    def starting(self) -> Person:
        """Start the server unless it runs; returns this person."""
        if not self.server():
            self.start()
        return self

    def restart(self, **traits: Any) -> None:
        """Start the server, with these traits, whether it runs or not."""
        if self.server():
            self.stop()
        self.start(**traits)

    def stop(self) -> None:
        """Stop the server through the Hub, and wait until the Hub says that it has."""
        self.of_hub("DELETE", "server")
        assert not self.server(), self.hub.log.read_text()

    def server(self) -> Any:
        """Return what the Hub knows of the server; None when there is none."""
        return self.of_hub("GET", "").json()["servers"].get("")

    def of_hub(self, method: str, path: str, **options: Any) -> requests.Response:
        """Ask the Hub about this person, as who may do everything."""
        url = f"{self.hub.url}/hub/api/users/{self.login}/{path}".rstrip("/")
        headers = {"Authorization": f"token {self.hub.token}"}
        answer = requests.request(method, url, headers=headers, timeout=TIMEOUT, **options)
        answer.raise_for_status()
        return answer

    # -- what they do there

    def fetch(
        self, method: str, path: str, *, of: Person | None = None, **options: Any
    ) -> requests.Response:
        """Ask the server of this person, or that of another one, through the proxy of the Hub."""
        url = f"{self.hub.url}{(of or self).base}{path}"
        options = {"headers": self.headers, "allow_redirects": False, **options}
        return requests.request(method, url, timeout=TIMEOUT, **options)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the value of a good answer of our REST interface."""
        answer = self.fetch(method, f"jobqueue/api/{path}", json=body)
        assert answer.ok, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def clusters(self) -> list[str]:
        """Return the ids of the clusters."""
        return [cluster["id"] for cluster in self.ask("GET", "clusters")]

    def cluster(self, **body: Any) -> Any:
        """Make a cluster on the embedded queue, and wait for what it was asked for."""
        body = {"system": "local", "jobs": 1, "options": SMALL, **body}
        made = self.ask("POST", "clusters", body)
        return self.until_workers(made["id"], body["jobs"])

    def until_workers(self, cluster: str, workers: int = 1) -> Any:
        """Wait until a cluster runs and has its workers, and return it."""

        def found() -> Any:
            answer = self.fetch("GET", f"jobqueue/api/clusters/{cluster}")
            told = answer.json()
            there = answer.ok and told["state"] == "running" and told["workers"] == workers
            return told if there else None

        return until(found, f"{workers} workers of {cluster}")

    def tab(self, cluster: str, visitor: Person | None = None) -> websocket.WebSocket:
        """Open a page of a cluster's dashboard, and its socket as Bokeh does in a browser.

        The socket may be that of another person who has got hold of the page.
        """
        path = f"jobqueue/clusters/{cluster}/dashboard/individual-task-stream"
        page = re.search(r'"token":"([^"]+)"', self.fetch("GET", path).text)
        assert page
        return websocket.create_connection(
            f"{self.hub.url}{self.base}{path}/ws".replace("http:", "ws:"),
            header=(visitor or self).headers,
            subprotocols=["bokeh", page[1]],
            timeout=TIMEOUT,
        )

    def processes(self) -> list[str]:
        """Return the command lines of all that runs as this person."""
        lines = []
        for process in processes_of(self.login):
            if process.info["status"] != psutil.STATUS_ZOMBIE:
                lines.append(" ".join(process.info["cmdline"] or []))
        return lines


@pytest.fixture(scope="package")
def hub() -> Iterator[HubBed]:
    """Start the Hub, once for all tests; nothing may be left of it."""
    if why := real_hub.obstacle():
        pytest.skip(f"real JupyterHub: {why}")
    real_hub.stop_abandoned()
    bed = real_hub.new_bed()
    try:
        try:
            bed.up()
        except PermissionError as error:
            pytest.skip(f"real JupyterHub: {error}")
        yield bed
    finally:
        bed.down()


@pytest.fixture(scope="package")
def people(hub: HubBed) -> tuple[Person, Person]:
    """Return alice and bob."""
    alice, bob = (Person(hub, name) for name in real_hub.NAMES)
    with ThreadPoolExecutor() as both:
        list(both.map(Person.start, (alice, bob)))
    return alice, bob


@pytest.fixture
def alice(people: tuple[Person, Person]) -> Person:
    """Return who has clusters, with her server running."""
    return people[0].starting()


@pytest.fixture
def bob(people: tuple[Person, Person]) -> Person:
    """Return who is another user of the machine, with his server running."""
    return people[1].starting()
