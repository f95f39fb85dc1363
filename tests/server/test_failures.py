"""Why the jobs of a cluster fail, as the REST interface tells it."""

from __future__ import annotations

from pathlib import Path

from tests.server.conftest import Api


async def test_the_cause_of_failed_starts_is_told_until_a_retry(api: Api, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    prologue = [f"if [ -e {broken} ]; then exec /no/such/python; fi"]
    made = await api.create(jobs=3, state="degraded", options={"job_script_prologue": prologue})
    jobs = await api.ok("GET", f"clusters/{made['id']}/jobs")
    assert [(job["state"], job["exit_code"]) for job in jobs] == [("failed", 127)] * 3
    assert made["detail"].startswith("local-1-")
    assert " ended before a worker joined (exit code 127 on " in made["detail"]
    assert "/no/such/python: No such file or directory" in made["details"]
    assert made["diagnosis"].startswith("There is no /no/such/python on the node.")
    broken.unlink()
    retried = await api.ok("POST", f"clusters/{made['id']}/retry")
    assert [retried[key] for key in ("state", "detail", "details", "diagnosis")] == [
        "running",
        "",
        "",
        "",
    ]
    await api.until(made["id"], lambda cluster: cluster["workers"] == 3)
