"""What a cluster shows of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import dask.config
import pytest

from jupyter_jobqueue.cluster import client_code, display
from jupyter_jobqueue.cluster.status import ClusterStatus, Resources, Times, Usage
from jupyter_jobqueue.jobs import log
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy
from jupyter_jobqueue.jobs.health import Problem
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.scaler import Target

TLS = {
    "require_encryption": True,
    "tls_ca_file": "/keys/ca.pem",
    "tls_client_cert": "/keys/it's.pem",
    "tls_client_key": "/keys/key.pem",
    "tls_worker_key": "/keys/of-the-worker.pem",
}


def test_code_for_a_client_without_tls() -> None:
    assert client_code.client_code("tcp://10.0.0.1:8786", {}) == (
        'from distributed import Client\n\nclient = Client("tcp://10.0.0.1:8786")\nclient\n'
    )


def test_code_for_a_client_with_tls_names_the_files_of_the_client() -> None:
    code = client_code.client_code("tls://10.0.0.1:8786", TLS)
    assert code == (
        "from distributed import Client, Security\n\n"
        'keys = "/keys"\n'
        "client = Client(\n"
        '    "tls://10.0.0.1:8786",\n'
        "    security=Security(\n"
        '        tls_ca_file=f"{keys}/ca.pem",\n'
        '        tls_client_cert=f"{keys}/it\'s.pem",\n'
        '        tls_client_key=f"{keys}/key.pem",\n'
        "        require_encryption=True,\n"
        "    ),\n"
        ")\n"
        "client\n"
    )


def test_code_for_a_client_names_the_dashboard_that_a_browser_reaches() -> None:
    assert client_code.client_code("tcp://h:1", {}, "/hub/jobqueue/1/status") == (
        "import dask\nfrom distributed import Client\n\n"
        'dask.config.set(\n    {"distributed.dashboard.link": "/hub/jobqueue/1/status"}\n)\n'
        'client = Client("tcp://h:1")\nclient\n'
    )


def test_keys_in_several_folders_are_named_in_full() -> None:
    code = client_code.client_code("tls://h:1", {**TLS, "tls_client_key": "/own/k.pem"})
    assert '        tls_ca_file="/keys/ca.pem",\n' in code
    assert '        tls_client_key="/own/k.pem",\n' in code


# ---- logs


@pytest.mark.parametrize(
    ("text", "lines", "expected"),
    [
        ("a\nb\nc\n", 2, "b\nc"),
        ("a\nb\nc", 2, "b\nc"),
        ("a\nb\n", 200, "a\nb"),
        ("", 5, ""),
        ("a\nb\n", 0, ""),
    ],
)
def test_the_tail_of_a_log(text: str, lines: int, expected: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(text)
    assert log.tail(str(tmp_path / "log"), lines) == expected


def test_a_log_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert log.tail(str(tmp_path / "log"), 5) == ""
    assert log.tail("", 5) == ""


def test_of_a_huge_log_only_the_end_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "TAIL_BYTES", 10)
    (tmp_path / "log").write_text("first line\nsecond\nthird\n")
    assert log.tail(str(tmp_path / "log"), 200) == "ond\nthird"


def test_a_log_in_another_encoding_is_shown_as_well_as_can_be(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"caf\xe9\n")
    assert log.tail(str(tmp_path / "log"), 5) == "caf\N{REPLACEMENT CHARACTER}"


# ---- dashboard


def test_the_link_to_the_dashboard_follows_the_template_of_the_site() -> None:
    assert display.dashboard_link(0, "secret") == ""
    template = "https://hub/proxy/{port}/status"
    with dask.config.set({"distributed.dashboard.link": template}):
        assert display.dashboard_link(8787, "secret") == "https://hub/proxy/8787/secret/status"


# ---- text and HTML


JOBS = [
    Job("c-0", 0, "t", id="7", state=JobState.RUNNING, node="<n1>", workers={"c-0"}),
    Job("c-1", 1, "t", state=JobState.PENDING, reason="Priority"),
    Job("c-2", 2, "t", state=JobState.PENDING, reason="Priority"),
    Job("c-3", 3, "t", state=JobState.FAILED, exit_code=3),
]
NOW = ClusterStatus(
    state="running",
    problem=None,
    target=Target(3),
    waiting=0,
    job_counts={"running": 1, "pending": 2, "failed": 1},
    waiting_reason="Priority",
    resources=Resources(2, 3, 2**30),
    usage=Usage(),
    times=Times(),
)
SHOWN = display.Shown(
    class_name="SLURMCluster",
    name="c<1>",
    label="Slurm",
    processes=2,
    address="tls://10.0.0.1:8786",
    dashboard_link="http://127.0.0.1:8787/secret/status",
    now=NOW,
)


def test_resources_are_those_of_all_workers() -> None:
    workers = [{"memory_limit": 2**30, "nthreads": 2}, {"memory_limit": 0, "nthreads": 1}]
    assert Resources.of(workers) == Resources(2, 3, 2**30)
    assert Resources.of([]) == Resources(0, 0, 0)


def shown(**facts: Any) -> display.Shown:
    return replace(SHOWN, now=replace(NOW, **facts))


def test_the_summary_says_what_matters_and_nothing_empty() -> None:
    assert display.summary(SHOWN) == {
        "State": "running",
        "Scheduler": "tls://10.0.0.1:8786",
        "Dashboard": "http://127.0.0.1:8787/secret/status",
        "Jobs": "1 running, 2 pending, 1 failed (3 wanted; 2 workers a job)",
        "Waiting for": "Priority",
        "Workers": "2 (3 cores, 1.00 GiB)",
    }


@pytest.mark.parametrize(
    ("maximum", "told"),
    [(8, "adaptive between 1 and 8"), (None, "adaptive between 1 and any number")],
)
def test_the_summary_tells_the_bounds_of_adaptive_scaling(maximum: int | None, told: str) -> None:
    target = Target(3, AdaptivePolicy(minimum=1, maximum=maximum))
    assert told in display.summary(shown(target=target))["Jobs"]


def test_trouble_is_told_with_the_words_of_the_queue() -> None:
    problem = Problem("sbatch failed", "sbatch: error")
    assert display.summary(shown(problem=problem))["Problem"] == "sbatch failed sbatch: error"


def test_on_one_line() -> None:
    assert display.text(SHOWN) == (
        "SLURMCluster('c<1>', 'tls://10.0.0.1:8786', "
        "jobs: 1 running, 2 pending, 1 failed; workers=2, threads=3, memory=1.00 GiB)"
    )
    unstarted = replace(SHOWN, address="", now=replace(NOW, job_counts={}))
    assert "'not started', jobs: none;" in display.text(unstarted)


def test_html_escapes_what_others_wrote() -> None:
    problem = Problem("x", "<script>alert(1)</script>")
    html = display.html(shown(problem=problem), JOBS)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "c&lt;1&gt; <small>Slurm</small>" in html
    assert "<td>&lt;n1&gt;</td>" in html
    assert 'href="http://127.0.0.1:8787/secret/status"' in html


def test_html_without_jobs_has_no_table_of_jobs() -> None:
    assert "<details>" in display.html(SHOWN, JOBS)
    assert "<details>" not in display.html(SHOWN, [])


def test_the_widget_shows_the_jobs() -> None:
    assert "1 running, 2 pending" in display.scaling(SHOWN)
