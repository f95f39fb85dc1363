"""The time limit of a job is the one that its script really asks for."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_jobqueue.cluster.request import build_spec
from tests.unit.conftest import Configure

SIZE = {"cores": 1, "memory": "1 GB"}


@pytest.mark.parametrize(
    ("system", "extra", "seconds"),
    [
        ("slurm", "--time=00:20:00", 1200),
        ("slurm", "-t 20", 1200),
        ("slurm", "--time 1-0", 86_400),
        ("pbs", "-l walltime=00:20:00", 1200),
        ("pbs", "-l select=1:ncpus=2,walltime=00:20:00", 1200),
        ("moab", "-l walltime=1200", 1200),
        ("lsf", "-W 20", 1200),
        ("lsf", "-W 00:20", 1200),
        ("sge", "-l h_vmem=2G,h_rt=00:20:00", 1200),
        ("sge", "-l h_rt=1200", 1200),
        ("oar", "-l /core=1,walltime=0:20:0", 1200),
        ("local", "--time=00:20:00", 1200),
        ("htcondor", "allowed_job_duration = 1200", 1200),
    ],
)
def test_a_directive_of_the_user_wins(system: str, extra: str, seconds: int) -> None:
    options: dict[str, Any] = {"walltime": "01:00:00" if system != "lsf" else "01:00"}
    if system == "oar":
        options |= {"job_directives_skip": ["-l"], "memory_per": "none"}
    spec = build_spec(system, {**SIZE, **options, "job_extra_directives": [extra]})
    assert spec.walltime == seconds
    lifetime = {1200: 1173, 86_400: 86_333}[seconds]
    assert f"--lifetime {lifetime}s" in spec.job_spec().command


@pytest.mark.parametrize(
    ("system", "skip"),
    [("slurm", "-t"), ("pbs", "walltime"), ("lsf", "-W"), ("sge", "h_rt"), ("local", "--time")],
)
def test_without_our_directive_no_limit_is_known_and_workers_stay(system: str, skip: str) -> None:
    spec = build_spec(system, {**SIZE, "job_directives_skip": [skip]})
    assert spec.walltime is None
    assert "--lifetime" not in spec.job_spec().command


@pytest.mark.parametrize("system", ["slurm", "pbs", "lsf", "sge", "local", "htcondor"])
def test_null_in_a_profile_leaves_the_lines_out(system: str, configure: Configure) -> None:
    configure(
        f"jobqueue: {{mine: {{system: {system}, cores: 1, memory: 1GB, walltime: null, "
        "death-timeout: null, account: null}}"
    )
    spec = build_spec(system, {}, config_name="mine")
    job = spec.job_spec()
    assert spec.walltime is None
    assert "--lifetime" not in job.command
    assert "--death-timeout" not in job.command
    assert not any("walltime" in line or "-t 00" in line for line in spec.adapter.header(job))
