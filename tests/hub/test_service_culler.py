"""A real culler: it stops servers without work, and no other."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
import websocket

from tests.beds.hub import LOOKS, HubBed
from tests.hub.conftest import Person, until

TIMEOUT = 3 * LOOKS
"""Seconds without activity after which a server is culled."""
WORK = """
import time
from distributed import fire_and_forget
fire_and_forget(client.submit(time.sleep, 600))
while not any(client.processing().values()):
    time.sleep(0.1)
client.close()
"""


@contextmanager
def culler(hub: HubBed) -> Iterator[subprocess.Popen[bytes]]:
    """Run the culler of most sites, as a service of the Hub."""
    argv = [sys.executable, "-m", "jupyterhub_idle_culler", f"--url={hub.hub_url}"]
    argv += [f"--timeout={TIMEOUT:.0f}", "--cull-every=1"]
    environment = {**hub.environment, "JUPYTERHUB_API_TOKEN": hub.token}
    with hub.log.open("ab") as log:
        process = subprocess.Popen(argv, env=environment, cwd="/", stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def forgotten_tab(person: Person, cluster: str) -> Iterator[None]:
    """Have a dashboard open that nobody looks at; it answers pings as browsers do."""
    tab = person.tab(cluster)
    assert "ACK" in tab.recv()

    def read() -> None:
        with suppress(websocket.WebSocketException, OSError):
            while tab.recv():  # until the server goes
                pass

    reading = threading.Thread(target=read)
    reading.start()
    try:
        yield
    finally:
        tab.shutdown()  # type: ignore[no-untyped-call]
        reading.join()


@pytest.mark.timeout(600)
def test_only_work_keeps_a_server(alice: Person, bob: Person) -> None:
    working, idle = alice.cluster(), bob.cluster()
    code = alice.ask("GET", f"clusters/{working['id']}/client")["code"]
    done = alice.hub.python(alice.login, code + WORK)
    assert done.returncode == 0, done.stderr
    last = alice.server()["last_activity"]
    until(lambda: alice.server()["last_activity"] > last, "work to count as activity")
    with forgotten_tab(bob, idle["id"]), culler(alice.hub) as process:
        # Bob was active last; alice has gone since, and only her cluster works.
        bob.ask("GET", "clusters")
        until(lambda: not bob.server() or process.poll() is not None, "the end of bob's server")
        assert process.poll() is None
    server = alice.server()
    assert server
    assert server["ready"]
    seen = datetime.fromisoformat(server["last_activity"])
    assert (datetime.now(UTC) - seen).total_seconds() < TIMEOUT
    until(lambda: not bob.processes(), f"the end of {bob.processes()}")
    assert alice.ask("GET", f"clusters/{working['id']}")["workers"] == 1
    alice.ask("DELETE", f"clusters/{working['id']}")
