"""What a notebook does: the REST calls of the README, and the client snippet, each as written."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from tests.server.test_stop import Server, server, until

__all__ = ["server"]

README = Path(__file__).parents[2] / "README.md"
# The Python of a user's kernel may have distributed and what that needs, but nothing of ours.
ONLY_DISTRIBUTED = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"jupyter_jobqueue", "jupyter_server", "cryptography", "pydantic"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
"""


def readme_block(heading: str) -> str:
    """Return the Python of one part of the README."""
    part = README.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    found = re.search(r"```python\n(.*?)```", part, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def kernel(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlockingKernelClient]:
    """Start a kernel beside the server, which finds it as a notebook's kernel does."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(server.log.parent))
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(kernel: BlockingKernelClient, code: str) -> str:
    """Run code and return what it printed."""
    printed: list[str] = []

    def listen(message: dict[str, dict[str, str]]) -> None:
        printed.append(message["content"].get("text", ""))

    reply = kernel.execute_interactive(code, timeout=120, output_hook=listen)
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(printed)


def test_the_rest_calls_of_the_readme_run_in_a_kernel(
    server: Server, kernel: BlockingKernelClient
) -> None:
    run(kernel, readme_block("REST from a notebook"))
    assert run(kernel, "print(result)") == "45\n"
    assert server.ask("GET", "jobqueue/api/clusters") == []


def test_the_snippet_runs_where_only_distributed_is_installed(server: Server) -> None:
    made = server.cluster()
    code = server.ask("GET", f"jobqueue/api/clusters/{made['id']}/client")["code"]
    assert "tls://" in code
    link = f"/jobqueue/clusters/{made['id']}/dashboard/status"
    check = "assert client.submit(sum, [40, 2]).result(timeout=120) == 42\n"
    check += f"assert client.dashboard_link == {link!r}\n"
    program = f"{ONLY_DISTRIBUTED}\nif __name__ == '__main__':\n    "
    program += "\n    ".join((code + check).splitlines())
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    server.ask("DELETE", f"jobqueue/api/clusters/{made['id']}")
    until(lambda: server.ask("GET", "jobqueue/api/clusters") == [])
