"""The life of a cluster on a real queue: what a person does, and what the queue then holds."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from distributed import Client

from jupyter_jobqueue import SLURMCluster
from jupyter_jobqueue.errors import InvalidOption
from tests.cluster.conftest import Queue, states, until
from tests.cluster.everywhere import Everywhere


class TestEverywhere(Everywhere):
    """On each queue of the fixture."""


def test_results_survive_scaling_down(queue: Queue) -> None:
    with queue.cluster(n_workers=3) as cluster, Client(cluster) as client:
        client.wait_for_workers(3, timeout=120)
        futures = client.map(lambda x: x**2, range(50))
        client.gather(futures)
        cluster.scale(1)
        until(lambda: len(cluster.scheduler_info["workers"]) == 1)
        assert client.gather(futures) == [x**2 for x in range(50)]
        until(lambda: "closing" not in states(cluster))


def test_adaptive_with_several_processes_a_job_does_not_flap(queue: Queue) -> None:
    """Small work on jobs of two workers made the older policy cancel and submit for ever."""
    with queue.cluster(cores=2, processes=2) as cluster, Client(cluster) as client:
        cluster.adapt(minimum_jobs=0, maximum_jobs=1, interval="100ms", idle_timeout="60s")
        client.gather(client.map(lambda x: x + 1, range(4), pure=False))
        assert len(cluster.jobs) == 1


@pytest.mark.parametrize(
    ("size", "jobs"),
    [
        ({"n": 12}, 2),
        ({"n": 7}, 2),
        ({"jobs": 2}, 2),
        ({"cores": 13}, 3),
        ({"memory": "7 GB"}, 2),
        ({"n": 1, "jobs": 3}, 3),
        ({"n": 0}, 0),
    ],
)
def test_sizes_are_whole_jobs(local_queue: Queue, size: dict[str, Any], jobs: int) -> None:
    with local_queue.cluster(cores=6, processes=6, memory="6 GB") as cluster:
        sizes = {"workers": size.pop("n", None), **size}
        assert cluster.jobs_for(**sizes) == jobs


@pytest.mark.parametrize("size", [-1, 1.5, True, "two", float("nan"), None])
def test_a_size_that_is_none_changes_nothing(local_queue: Queue, size: Any) -> None:
    with local_queue.cluster() as cluster:
        with pytest.raises(InvalidOption):
            cluster.scale(size)
        assert cluster.wanted == 0


def test_minimum_over_maximum_is_refused(local_queue: Queue) -> None:
    with local_queue.cluster() as cluster:
        with pytest.raises(InvalidOption, match="the minimum of 3 jobs is more than the maximum"):
            cluster.adapt(minimum=3, maximum=2)
        assert cluster.adaptive is None


def test_asynchronous_use(local_queue: Queue) -> None:
    async def use() -> int:
        async with local_queue.cluster(asynchronous=True) as cluster:
            await cluster.scale(1)
            async with Client(cluster, asynchronous=True) as client:
                return int(await client.submit(sum, [40, 2]))

    assert asyncio.run(use()) == 42


def test_jobs_that_are_being_submitted_while_the_cluster_closes_do_not_stay(
    local_queue: Queue,
) -> None:
    async def close_at_once() -> None:
        lines = ["sleep 600"]  # a worker would end by itself, without a scheduler
        cluster = await local_queue.cluster(asynchronous=True, job_script_prologue=lines)
        scaling = cluster.scale(jobs=2)
        while not cluster.jobs:  # noqa: ASYNC110 (it has begun then)
            await asyncio.sleep(0)
        await cluster.close()
        await asyncio.wait([scaling])

    asyncio.run(close_at_once())
    until(lambda: local_queue.listed() == [], timeout=120)


def test_text_and_html_show_jobs_and_workers(local_queue: Queue) -> None:
    with local_queue.cluster(n_workers=1, name="mine") as cluster:
        cluster.wait_for_workers(1, timeout=120)
        until(lambda: states(cluster) == ["running"])
        assert "jobs: 1 running; workers=1, threads=1" in repr(cluster)
        html = cluster._repr_html_()
        assert "mine-0" in html
        assert "1 running (1 wanted; 1 workers a job)" in html


def test_without_security_nothing_is_encrypted(local_queue: Queue) -> None:
    with local_queue.cluster(security=False) as cluster, Client(cluster) as client:
        assert cluster.scheduler_address.startswith("tcp://127.0.0.1:")
        assert "--tls" not in cluster.job_script()
        assert client.scheduler_info()["address"] == cluster.scheduler_address


def test_keys_are_private_and_go_with_the_cluster(local_queue: Queue) -> None:
    with local_queue.cluster() as cluster:
        keys = sorted(cluster.files.path.glob("tls-*.pem"))
        assert len(keys) == 2
        assert [key.stat().st_mode & 0o777 for key in keys] == [0o600, 0o600]
        assert cluster.files.path.stat().st_mode & 0o777 == 0o700
    assert not list(cluster.files.path.glob("tls-*.pem"))


@pytest.mark.parametrize(
    ("keyword", "advice"),
    [("cors", "'cores'"), ("n_worker", "'n_workers'"), ("config", "'config_name'")],
)
def test_an_unknown_keyword_is_refused_with_the_nearest(
    local_queue: Queue, keyword: str, advice: str
) -> None:
    with pytest.raises(InvalidOption, match=f"unknown keyword '{keyword}'; did you mean {advice}"):
        local_queue.cluster(**{keyword: 1})


def test_an_option_of_the_scheduler_is_refused_with_its_place(local_queue: Queue) -> None:
    with pytest.raises(InvalidOption, match=r"scheduler_options=\{'dashboard_address': ':1'\}"):
        local_queue.cluster(dashboard_address=":1")


def test_a_cluster_without_cores_says_so_with_an_example() -> None:
    with pytest.raises(InvalidOption, match="cores and memory of a job are required, as in SLURM"):
        SLURMCluster()


def test_logs_of_cluster_scheduler_and_workers(local_queue: Queue) -> None:
    with local_queue.cluster(n_workers=1) as cluster:
        cluster.wait_for_workers(1, timeout=120)
        logs = cluster.logs()
        (worker,) = cluster.scheduler_info["workers"]
        assert set(logs) == {"Cluster", "Scheduler", worker}
        assert "Scheduler at:" in logs["Scheduler"]


def test_the_dashboard_answers_behind_its_secret_only(local_queue: Queue) -> None:
    with local_queue.cluster() as cluster:
        link = cluster.dashboard_link
        assert link.startswith("http://127.0.0.1:")
        assert status_of(link) == 200
        server = link.split("/", 3)[:3]
        for path in ("", "status", "sitemap.json", f"{cluster.placement.prefix}/proxy/1/h/x"):
            assert status_of("/".join([*server, path])) == 404


def status_of(url: str) -> int:
    try:
        with urlopen(url, timeout=120) as answer:  # noqa: S310 (our own scheduler)
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code


def test_job_scripts_and_logs_are_in_the_folder_and_nothing_is_where_one_works(
    local_queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    with local_queue.cluster(n_workers=1) as cluster:
        cluster.wait_for_workers(1, timeout=120)
        (script,) = (cluster.files.path / "job-scripts").iterdir()
        assert "distributed.cli.dask_worker" in script.read_text()
        assert "Start worker at" in cluster.job_log(f"{cluster.name}-0")  # while it runs
    until(lambda: not local_queue.listed())
    assert "Start worker at" in cluster.job_log(f"{cluster.name}-0")
    assert list(here.iterdir()) == []


def test_two_clusters_without_names_are_two(local_queue: Queue) -> None:
    """`distributed` compares a cluster with that of the last client, and names were compared."""
    with local_queue.cluster() as a, local_queue.cluster() as b:
        assert a != b
        assert len({a, b}) == 2
        with Client(a), b.get_client() as client:
            assert client.cluster is b
            assert client.scheduler.address == b.scheduler_address
