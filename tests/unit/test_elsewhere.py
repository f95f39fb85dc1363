"""Jobs that would go where they can neither be seen nor cancelled are refused before."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_jobqueue.cluster.request import build_spec
from jupyter_jobqueue.errors import InvalidOption

SIZE = {"cores": 1, "memory": "1 GB"}


def extra(*lines: str) -> dict[str, Any]:
    return {"job_extra_directives": list(lines)}


@pytest.mark.parametrize(
    ("system", "options", "advice"),
    [
        ("slurm", extra("--clusters=serial"), "set SLURM_CLUSTERS"),
        ("slurm", extra("--partition=x", "-M serial"), "set SLURM_CLUSTERS"),
        ("slurm", extra("--cluster=a,b"), "set SLURM_CLUSTERS"),
        ("pbs", {"queue": "workq@other"}, "set PBS_SERVER"),
        ("pbs", extra("-q workq@other"), "set PBS_SERVER"),
        ("htcondor", {"submit_command_extra": ["-name", "other"]}, "_CONDOR_SCHEDD_HOST"),
        ("htcondor", {"submit_command_extra": ["-pool other"]}, "_CONDOR_COLLECTOR_HOST"),
        ("htcondor", {"submit_command_extra": ["-remote", "other"]}, "_CONDOR_SCHEDD_HOST"),
    ],
)
def test_refused_with_words(system: str, options: dict[str, Any], advice: str) -> None:
    with pytest.raises(InvalidOption, match=advice):
        build_spec(system, {**SIZE, **options})


@pytest.mark.parametrize(
    ("system", "options"),
    [
        ("slurm", extra("--mail-user=me@site.org", "--mem-bind=local")),
        ("pbs", {"queue": "workq"}),
        ("pbs", extra("-M me@site.org")),
        ("htcondor", {"submit_command_extra": ["-verbose"]}),
    ],
)
def test_what_looks_alike_is_taken(system: str, options: dict[str, Any]) -> None:
    assert build_spec(system, {**SIZE, **options}).system == system


def test_the_environment_of_sbatch_alone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SBATCH_CLUSTERS", "serial")
    with pytest.raises(InvalidOption, match="SBATCH_CLUSTERS sends jobs to another cluster"):
        build_spec("slurm", SIZE)
    monkeypatch.setenv("SLURM_CLUSTERS", "serial")
    assert build_spec("slurm", SIZE).system == "slurm"
