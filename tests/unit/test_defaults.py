"""The defaults are those of the file `jobqueue.yaml` that earlier versions shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dask.config
import pytest
import yaml

from jupyter_jobqueue.options.defaults import defaults, yaml_text

BEFORE: dict[str, Any] = {
    "jupyter-jobqueue": {"write-user-config": True, "log-limit": "200MB", "log-days": 7},
    "jobqueue": {
        "slurm": {
            "name": "dask-worker",
            "cores": None,
            "memory": None,
            "processes": None,
            "python": None,
            "interface": None,
            "nanny": True,
            "death-timeout": 60,
            "local-directory": None,
            "shared-temp-directory": None,
            "worker-command": "distributed.cli.dask_worker",
            "worker-extra-args": [],
            "shebang": "#!/usr/bin/env bash",
            "queue": None,
            "account": None,
            "walltime": "00:30:00",
            "job-cpu": None,
            "job-mem": None,
            "memory-per": "node",
            "job-script-prologue": [],
            "job-script-epilogue": [],
            "job-extra-directives": [],
            "job-directives-skip": [],
            "log-directory": None,
            "job-arrays": True,
            "allowed-failures": 3,
            "max-jobs": None,
            "max-pending": None,
            "max-submissions": None,
            "budget": None,
            "idle-timeout": None,
            "max-age": None,
            "scheduler-options": {},
        },
        "pbs": {
            "name": "dask-worker",
            "cores": None,
            "memory": None,
            "processes": None,
            "python": None,
            "interface": None,
            "nanny": True,
            "death-timeout": 60,
            "local-directory": None,
            "shared-temp-directory": None,
            "worker-command": "distributed.cli.dask_worker",
            "worker-extra-args": [],
            "shebang": "#!/usr/bin/env bash",
            "queue": None,
            "account": None,
            "walltime": "00:30:00",
            "resource-spec": None,
            "job-cpu": None,
            "job-mem": None,
            "memory-per": "job",
            "job-script-prologue": [],
            "job-script-epilogue": [],
            "job-extra-directives": [],
            "job-directives-skip": [],
            "log-directory": None,
            "job-arrays": True,
            "allowed-failures": 3,
            "max-jobs": None,
            "max-pending": None,
            "max-submissions": None,
            "budget": None,
            "idle-timeout": None,
            "max-age": None,
            "scheduler-options": {},
        },
        "sge": {
            "name": "dask-worker",
            "cores": None,
            "memory": None,
            "processes": None,
            "python": None,
            "interface": None,
            "nanny": True,
            "death-timeout": 60,
            "local-directory": None,
            "shared-temp-directory": None,
            "worker-command": "distributed.cli.dask_worker",
            "worker-extra-args": [],
            "shebang": "#!/usr/bin/env bash",
            "queue": None,
            "project": None,
            "walltime": "00:30:00",
            "resource-spec": None,
            "parallel-environment": None,
            "job-cpu": None,
            "job-mem": None,
            "memory-per": "none",
            "memory-resource": "h_vmem",
            "job-script-prologue": [],
            "job-script-epilogue": [],
            "job-extra-directives": [],
            "job-directives-skip": [],
            "log-directory": None,
            "job-arrays": True,
            "allowed-failures": 3,
            "max-jobs": None,
            "max-pending": None,
            "max-submissions": None,
            "budget": None,
            "idle-timeout": None,
            "max-age": None,
            "scheduler-options": {},
        },
        "moab": {
            "name": "dask-worker",
            "cores": None,
            "memory": None,
            "processes": None,
            "python": None,
            "interface": None,
            "nanny": True,
            "death-timeout": 60,
            "local-directory": None,
            "shared-temp-directory": None,
            "worker-command": "distributed.cli.dask_worker",
            "worker-extra-args": [],
            "shebang": "#!/usr/bin/env bash",
            "queue": None,
            "account": None,
            "walltime": "00:30:00",
            "resource-spec": None,
            "job-cpu": None,
            "job-mem": None,
            "memory-per": "job",
            "job-script-prologue": [],
            "job-script-epilogue": [],
            "job-extra-directives": [],
            "job-directives-skip": [],
            "log-directory": None,
            "job-arrays": True,
            "allowed-failures": 3,
            "max-jobs": None,
            "max-pending": None,
            "max-submissions": None,
            "budget": None,
            "idle-timeout": None,
            "max-age": None,
            "scheduler-options": {},
        },
        "oar": {
            "name": "dask-worker",
            "cores": None,
            "memory": None,
            "processes": None,
            "python": None,
            "interface": None,
            "nanny": True,
            "death-timeout": 60,
            "local-directory": None,
            "shared-temp-directory": None,
            "worker-command": "distributed.cli.dask_worker",
            "worker-extra-args": [],
            "shebang": "#!/usr/bin/env bash",
            "queue": None,
            "project": None,
            "walltime": "00:30:00",
            "resource-spec": None,
            "memory-per-core-property-name": None,
            "job-cpu": None,
            "job-mem": None,
            "memory-per": "core",
            "job-script-prologue": [],
            "job-script-epilogue": [],
            "job-extra-directives": [],
            "job-directives-skip": [],
            "log-directory": None,
            "job-arrays": True,
            "allowed-failures": 3,
            "max-jobs": None,
            "max-pending": None,
            "max-submissions": None,
            "budget": None,
            "idle-timeout": None,
            "max-age": None,
            "scheduler-options": {},
        },
        "lsf": {
            "name": "dask-worker",
            "cores": None,
            "memory": None,
            "processes": None,
            "python": None,
            "interface": None,
            "nanny": True,
            "death-timeout": 60,
            "local-directory": None,
            "shared-temp-directory": None,
            "worker-command": "distributed.cli.dask_worker",
            "worker-extra-args": [],
            "shebang": "#!/usr/bin/env bash",
            "queue": None,
            "project": None,
            "walltime": "00:30",
            "ncpus": None,
            "mem": None,
            "memory-per": "job",
            "lsf-units": None,
            "use-stdin": True,
            "job-script-prologue": [],
            "job-script-epilogue": [],
            "job-extra-directives": [],
            "job-directives-skip": [],
            "log-directory": None,
            "job-arrays": True,
            "allowed-failures": 3,
            "max-jobs": None,
            "max-pending": None,
            "max-submissions": None,
            "budget": None,
            "idle-timeout": None,
            "max-age": None,
            "scheduler-options": {},
        },
        "htcondor": {
            "name": "dask-worker",
            "cores": None,
            "memory": None,
            "processes": None,
            "python": None,
            "interface": None,
            "nanny": True,
            "death-timeout": 60,
            "local-directory": None,
            "shared-temp-directory": None,
            "worker-command": "distributed.cli.dask_worker",
            "worker-extra-args": [],
            "shebang": "#!/usr/bin/env condor_submit",
            "disk": None,
            "walltime": None,
            "job-cpu": None,
            "job-mem": None,
            "memory-per": "job",
            "submit-command-extra": [],
            "cancel-command-extra": [],
            "job-script-prologue": [],
            "job-script-epilogue": [],
            "job-extra-directives": {},
            "job-directives-skip": [],
            "log-directory": None,
            "job-arrays": True,
            "allowed-failures": 3,
            "max-jobs": None,
            "max-pending": None,
            "max-submissions": None,
            "budget": None,
            "idle-timeout": None,
            "max-age": None,
            "scheduler-options": {},
        },
        "local": {
            "name": "dask-worker",
            "cores": 1,
            "memory": "2GiB",
            "processes": None,
            "python": None,
            "interface": None,
            "nanny": True,
            "death-timeout": 60,
            "local-directory": None,
            "shared-temp-directory": None,
            "worker-command": "distributed.cli.dask_worker",
            "worker-extra-args": [],
            "shebang": "#!/usr/bin/env bash",
            "walltime": "08:00:00",
            "job-script-prologue": [],
            "job-script-epilogue": [],
            "job-extra-directives": [],
            "job-directives-skip": [],
            "log-directory": None,
            "job-arrays": True,
            "allowed-failures": 3,
            "max-jobs": None,
            "max-pending": None,
            "max-submissions": None,
            "budget": None,
            "idle-timeout": None,
            "max-age": None,
            "scheduler-options": {},
        },
    },
}


def test_defaults_are_the_same_as_before() -> None:
    assert defaults() == BEFORE
    # 1 == True and 2 == 2.0, so the types are compared too.
    assert repr_of(defaults()) == repr_of(BEFORE)


def repr_of(value: Any) -> Any:
    """Return a value with its type, whatever the order of its keys."""
    if isinstance(value, dict):
        return {key: repr_of(each) for key, each in value.items()}
    return repr(value)


def test_the_file_has_the_same_values() -> None:
    assert yaml.safe_load(yaml_text()) == BEFORE


def test_each_call_returns_new_objects() -> None:
    defaults()["jobqueue"]["slurm"]["worker-extra-args"].append("--x")
    assert defaults() == BEFORE


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("jobqueue.slurm.name", "dask-worker"),
        ("jobqueue.slurm.walltime", "00:30:00"),
        ("jobqueue.lsf.walltime", "00:30"),
        ("jobqueue.htcondor.job-extra-directives", {}),
        ("jobqueue.pbs.job-extra-directives", []),
        ("jobqueue.local.cores", 1),
        ("jobqueue.oar.scheduler-options", {}),
        ("jupyter-jobqueue.log-limit", "200MB"),
    ],
)
def test_dask_knows_the_defaults(key: str, value: Any) -> None:
    assert dask.config.get(key) == value


def test_every_key_of_the_file_has_a_comment() -> None:
    lines = [line for line in yaml_text().splitlines() if line.startswith("    ")]
    assert len(lines) == sum(len(section) for section in BEFORE["jobqueue"].values())
    assert all(" # " in line and len(line.partition(" # ")[2]) > 10 for line in lines)
    assert (
        '    walltime: "00:30:00"                 '
        "# Time limit of a job, as HH:MM:SS or D-HH:MM:SS. Example: 01:00:00"
    ) in lines


def test_no_leftover_of_the_temporary_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jupyter_jobqueue.options.defaults import load_defaults

    monkeypatch.setattr(dask.config, "PATH", str(tmp_path / "new"))
    load_defaults()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["jobqueue.yaml"]
