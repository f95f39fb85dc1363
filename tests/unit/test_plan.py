"""What a cluster asks for: sizes in jobs, names, protocol."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_jobqueue.cluster.request import build_spec
from jupyter_jobqueue.cluster.size import jobs_for
from jupyter_jobqueue.errors import InvalidOption
from tests.unit.conftest import Configure

SIZE = {"cores": 12, "memory": "24 GiB", "processes": 6}


@pytest.mark.parametrize(
    ("sizes", "jobs"),
    [
        ({"jobs": 0}, 0),
        ({"jobs": 2}, 2),
        ({"workers": 0}, 0),
        ({"workers": 1}, 1),
        ({"workers": 6}, 1),
        ({"workers": 7}, 2),
        ({"workers": 12}, 2),
        ({"cores": 24}, 2),
        ({"cores": 25}, 3),
        ({"memory": "24 GiB"}, 1),
        ({"memory": "25 GiB"}, 2),
        ({"memory": 48 * 2**30}, 2),
        ({"jobs": 1, "cores": 36}, 3),  # the largest counts
    ],
)
def test_sizes_are_rounded_up_to_whole_jobs(sizes: dict[str, Any], jobs: int) -> None:
    assert jobs_for(build_spec("slurm", SIZE), sizes) == jobs


@pytest.mark.parametrize(
    ("sizes", "jobs"),
    [({"workers": 11}, 1), ({"workers": 1}, 1), ({"workers": 0}, 0), ({"cores": 47}, 3)],
)
def test_a_maximum_is_rounded_down_but_to_one_job_at_least(
    sizes: dict[str, Any], jobs: int
) -> None:
    assert jobs_for(build_spec("slurm", SIZE), sizes, floor=True) == jobs


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"jobs": -1}, "jobs must be a whole number of 0 or more, not -1"),
        ({"jobs": True}, "jobs must be a whole number of 0 or more, not True"),
        ({"workers": 1.5}, "workers must be a whole number of 0 or more, not 1.5"),
        ({"cores": "4"}, "cores must be a whole number of 0 or more, not '4'"),
        ({"memory": "lots"}, "memory must be an amount of memory such as 24 GB, not 'lots'"),
        ({"memory": "-5 GB"}, "memory must be an amount of memory such as 24 GB, not '-5 GB'"),
        ({}, "scale needs a number of workers, jobs or cores, or a size of memory"),
    ],
)
def test_what_is_no_size_is_refused(sizes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        jobs_for(build_spec("slurm", SIZE), sizes)
    assert str(caught.value) == message


# ---- names


@pytest.mark.parametrize("name", ["a", "my-cluster_2.b", "x" * 64])
def test_good_names_are_taken(name: str) -> None:
    assert build_spec("slurm", SIZE, name=name).name == name


@pytest.mark.parametrize("name", ["-", "a b", "a/b", "a;b", "$(id)", "ä", "x" * 65, "a\n"])
def test_names_that_workers_cannot_have_are_refused(name: str) -> None:
    with pytest.raises(InvalidOption, match="must be 1 to 64 letters") as caught:
        build_spec("slurm", SIZE, name=name)
    assert caught.value.field == "name"


def test_clusters_are_called_after_their_class_unless_named() -> None:
    assert build_spec("slurm", SIZE).name == "SLURMCluster"
    assert build_spec("local", {}).name == "LocalCluster"


@pytest.mark.parametrize(
    ("system", "first", "count", "worker"),
    [
        ("slurm", 0, 1, "c-0"),
        ("slurm", 7, 1, "c-7"),
        ("slurm", 0, 3, "c-$SLURM_ARRAY_TASK_ID"),
        ("slurm", 7, 3, "c-$((7 + $SLURM_ARRAY_TASK_ID))"),
        ("local", 7, 3, "c-$((7 + $LOCALQ_ARRAY_TASK_ID))"),
    ],
)
def test_workers_are_numbered_on_through_arrays(
    system: str, first: int, count: int, worker: str
) -> None:
    spec = build_spec(system, SIZE, name="c").job_spec(first=first, count=count)
    assert f" --name {worker} " in spec.command


# ---- protocol, scheduler, preview


@pytest.mark.parametrize(
    ("protocol", "encrypted", "expected"),
    [
        (None, True, "tls://"),
        (None, False, "tcp://"),
        ("tls", True, "tls://"),
        ("wss://", True, "wss://"),
        ("ucx://", False, "ucx://"),
        ("tcp", False, "tcp://"),
    ],
)
def test_protocol(protocol: str | None, encrypted: bool, expected: str) -> None:
    assert build_spec("slurm", SIZE, protocol=protocol, encrypted=encrypted).protocol == expected


@pytest.mark.parametrize("protocol", ["tcp://", "ws", "ucx://", "inproc://", "nosuch"])
def test_encryption_is_not_given_up_by_accident(protocol: str) -> None:
    with pytest.raises(InvalidOption, match="add security=False if this is intended"):
        build_spec("slurm", SIZE, protocol=protocol)


def test_scheduler_options_join_those_of_the_profile(configure: Configure) -> None:
    configure("jobqueue: {slurm: {scheduler-options: {interface: eth0, port: 1}}}")
    plan = build_spec("slurm", SIZE, scheduler_options={"port": 2})
    assert plan.scheduler_options == {"interface": "eth0", "port": 2}


def test_the_preview_shows_the_command_and_where_the_address_will_be() -> None:
    plan = build_spec("slurm", SIZE)
    script, command = plan.preview(plan.job_spec(count=3, tag="t"))
    assert command == "sbatch --parsable --comment=t --array=0-2"
    assert " tls://<insert-scheduler-address-here>:8786 " in script


def test_logs_of_the_cluster_win_over_none_and_the_option_over_nothing() -> None:
    plan = build_spec("slurm", {**SIZE, "log_directory": "/mine"})
    assert plan.job_spec().logs == "/mine"
    assert plan.job_spec(logs="/cluster/logs").logs == "/cluster/logs"


@pytest.mark.parametrize(
    ("job_id", "paths"),
    [("23", ("/l/n-23.out", "/l/n-23.err")), ("23_4", ("/l/n-23_4.out", "/l/n-23_4.err"))],
)
def test_logs_are_found_where_the_script_puts_them(job_id: str, paths: tuple[str, str]) -> None:
    plan = build_spec("slurm", {**SIZE, "job_name": "n"})
    spec = plan.job_spec(logs="/l", count=2 if "_" in job_id else 1)
    assert plan.adapter.log_paths(spec, job_id) == paths
    pattern = "%A_%a" if "_" in job_id else "%j"
    assert f"#SBATCH -o /l/n-{pattern}.out" in plan.adapter.script(spec)


def test_without_a_folder_the_queue_decides_where_logs_go() -> None:
    plan = build_spec("slurm", SIZE)
    assert plan.adapter.log_paths(plan.job_spec(), "23") == ("", "")
