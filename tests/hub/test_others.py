"""Two users of one Hub: neither sees, stops or reads anything of the other."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
import websocket

from tests.hub.conftest import Person


@pytest.fixture(scope="module")
def made(people: tuple[Person, Person]) -> Any:
    """Return a cluster of alice's, for all tests of this file."""
    alice = people[0].starting()
    made = alice.cluster(name="of-alice")
    yield made
    alice.ask("DELETE", f"clusters/{made['id']}")


def test_a_cluster_is_shown_to_its_owner_only(alice: Person, bob: Person, made: Any) -> None:
    assert alice.clusters() == [made["id"]]
    assert bob.clusters() == []
    for method, path in (
        ("GET", "clusters"),
        ("GET", f"clusters/{made['id']}"),
        ("GET", f"clusters/{made['id']}/client"),
        ("GET", f"clusters/{made['id']}/jobs"),
        ("POST", f"clusters/{made['id']}/scale"),
        ("DELETE", f"clusters/{made['id']}"),
    ):
        body = {"jobs": 0} if method == "POST" else None
        mine = bob.fetch(method, f"jobqueue/api/{path}", json=body)
        hers = bob.fetch(method, f"jobqueue/api/{path}", json=body, of=alice)
        assert hers.status_code == 403, (path, hers.text)
        assert mine.status_code == (200 if path == "clusters" else 404), (path, mine.text)
        assert made["name"] not in hers.text + mine.text
    assert alice.ask("GET", f"clusters/{made['id']}")["workers"] == 1


def test_a_dashboard_opens_for_its_owner_only(alice: Person, bob: Person, made: Any) -> None:
    assert "Dask" in alice.fetch("GET", made["dashboard"]).text
    assert bob.fetch("GET", made["dashboard"], of=alice).status_code == 403
    assert bob.fetch("GET", made["dashboard"]).status_code == 404


def test_a_web_socket_opens_for_its_owner_only(alice: Person, bob: Person, made: Any) -> None:
    opened = alice.tab(made["id"])
    assert json.loads(opened.recv())["msgtype"] == "ACK"
    opened.close()
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        alice.tab(made["id"], visitor=bob)


AS_ANOTHER = """
import os, sys
for top in sys.argv[1:]:
    for folder, folders, files in os.walk(top):
        for name in files:
            path = os.path.join(folder, name)
            try:
                os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))  # a pipe would wait
            except (OSError, UnicodeDecodeError):
                continue
            print(path)
"""


def test_no_file_of_a_cluster_can_be_read_by_others(alice: Person, bob: Person, made: Any) -> None:
    tops = [alice.hub.home(alice.login), alice.hub.directory / "tmp"]
    argv = ["/usr/bin/python3", "-c", AS_ANOTHER, *map(str, tops)]
    mine = subprocess.run(argv, user=alice.login, capture_output=True, text=True, cwd="/")
    assert {name for name in ("record", "pem", "log") if name in mine.stdout} == {
        "record",
        "pem",
        "log",
    }
    others = subprocess.run(argv, user=bob.login, capture_output=True, text=True, cwd="/")
    assert [path for path in others.stdout.splitlines() if alice.login in path] == []
