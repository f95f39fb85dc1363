"""What lets a server into the Hub stays in the server."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.beds.hub import processes_of
from tests.hub.conftest import Person

OF_A_SERVER = re.compile(r"JUPYTERHUB_|JPY_|JUPYTER_TOKEN|CONFIGPROXY_")


@pytest.fixture
def environments(alice: Person) -> Any:
    """Make a cluster; return the environment of each process of alice's, by command line."""
    made = alice.cluster()
    yield {" ".join(each.info["cmdline"]): each.environ() for each in processes_of(alice.login)}
    alice.ask("DELETE", f"clusters/{made['id']}")


def test_no_token_reaches_a_job_or_a_file(alice: Person, environments: dict[str, Any]) -> None:
    (server,) = [each for line, each in environments.items() if "jupyterhub-singleuser" in line]
    token = server["JUPYTERHUB_API_TOKEN"]
    others = {line: each for line, each in environments.items() if each is not server}
    for word in ("placement/program", "localqueue.daemon", "supervisor", "distributed.cli"):
        assert [line for line in others if word in line], (word, list(others))
    for line, environment in others.items():
        assert [name for name in environment if OF_A_SERVER.match(name)] == [], line
        assert token not in str(environment) + line
    tops = (alice.hub.home(alice.login), alice.hub.directory / "tmp")
    files = [path for top in tops for path in top.rglob("*") if path.is_file()]
    files = [path for path in files if path.parent.name != "runtime"]  # Jupyter's own
    assert [path for path in files if path.suffix == ".out" or "sqlite" in path.name]
    assert [path for path in files if token.encode() in path.read_bytes()] == []
