"""The Dask configuration: profiles, files, old names, and who wins."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, cast

import dask.config
import pytest

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.errors import InvalidOption, NotFound
from jupyter_jobqueue.options.check import check
from jupyter_jobqueue.options.common import options_of
from jupyter_jobqueue.options.defaults import load_defaults
from jupyter_jobqueue.options.profiles import profile, profiles, resolve
from tests.unit.conftest import Configure

SIZE = {"cores": 4, "memory": "4 GiB"}


def options(name: str | None = None, system: str = "slurm", **keywords: Any) -> dict[str, Any]:
    return resolve(system, name, keywords)[1]


# ---- profiles


def test_each_batch_system_is_a_profile_of_its_own() -> None:
    assert [(each.name, each.system, each.origin) for each in profiles()] == [
        (system, system, "built-in") for system in sorted(ADAPTERS)
    ]


def test_a_section_with_a_system_is_a_profile(configure: Configure) -> None:
    path = configure(
        "jobqueue:\n  gpu: {system: slurm, cores: 8, memory: 64GB, queue: gpu}\n"
        "  laptop: {system: local, cores: 1}\n  maui: {cores: 4}\n  broken: 5\n"
    )
    assert [each.name for each in profiles()] == [*sorted(ADAPTERS), "gpu", "laptop"]
    found = profile("gpu")
    assert (found.system, found.origin, found.problems) == ("slurm", str(path), ())
    assert found.options == {"cores": 8, "memory": "64GB", "queue": "gpu"}


def test_a_profile_is_used_through_config_name(configure: Configure) -> None:
    configure("jobqueue: {gpu: {system: slurm, cores: 8, queue: gpu}}")
    assert options("gpu", account="mine") == {"cores": 8, "queue": "gpu", "account": "mine"}


def test_a_section_without_a_system_is_for_whoever_asks(configure: Configure) -> None:
    configure("jobqueue: {old-style: {cores: 8}}")
    assert profile("old-style", "slurm").system == "slurm"
    with pytest.raises(InvalidOption, match=r"jobqueue.old-style.system=None"):
        profile("old-style")


def test_a_profile_of_another_system_is_refused(configure: Configure) -> None:
    configure("jobqueue: {laptop: {system: local}}")
    with pytest.raises(InvalidOption, match=r"jobqueue\.laptop is for local, not for slurm"):
        profile("laptop", "slurm")


def test_a_misspelt_system_is_refused_with_the_nearest(configure: Configure) -> None:
    configure("jobqueue: {mine: {system: slrum}}")
    with pytest.raises(InvalidOption, match="'slrum' is not a batch system; did you mean 'slurm'"):
        profile("mine")


@pytest.mark.parametrize("name", ["slrum", "nosuch"])
def test_an_unknown_profile_is_not_found(name: str) -> None:
    with pytest.raises(NotFound, match=f"no section jobqueue.{name} in the Dask configuration"):
        profile(name)


def test_options_of_the_scheduler_are_kept_apart(configure: Configure) -> None:
    configure("jobqueue: {slurm: {scheduler-options: {interface: eth0}}}")
    found = profile("slurm")
    assert found.scheduler_options == {"interface": "eth0"}
    assert "scheduler_options" not in found.options


# ---- who wins


def test_a_keyword_wins_over_the_configuration(configure: Configure) -> None:
    configure("jobqueue: {slurm: {cores: 8, queue: a, worker-extra-args: [--x]}}")
    found = options(cores=2, worker_extra_args=[], queue=None)
    assert (found["cores"], found["queue"], found["worker_extra_args"]) == (2, "a", [])


def test_the_configuration_wins_over_the_built_in_defaults(configure: Configure) -> None:
    configure("jobqueue: {slurm: {walltime: '02:00:00', death_timeout: 5}}")
    found = check("slurm", {**SIZE, **options()})
    assert (found["walltime"], found["death_timeout"]) == ("02:00:00", 5)
    assert found["nanny"] is True


def test_an_environment_variable_is_configuration(configure: Configure) -> None:
    configure(
        "jobqueue: {slurm: {cores: 8}}",
        env={"DASK_JOBQUEUE__SLURM__CORES": "3", "DASK_JOBQUEUE__SLURM__DEATH_TIMEOUT": "7"},
    )
    found = options()
    assert (found["cores"], found["death_timeout"]) == (3, 7)


@pytest.mark.parametrize("key", ["name", "job-name", "job_name"])
def test_the_name_of_the_jobs_has_two_keys(key: str, configure: Configure) -> None:
    configure(f"jobqueue: {{slurm: {{{key}: mine}}}}")
    assert options()["job_name"] == "mine"


def test_what_is_set_in_code_counts_at_once() -> None:
    with dask.config.set({"jobqueue.slurm.cores": 5}):
        assert options()["cores"] == 5


# ---- mistakes


def test_an_unknown_keyword_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidOption, match="unknown option 'quue'; did you mean 'queue'"):
        options(quue="debug")


def test_an_unknown_key_is_reported_with_its_file(configure: Configure) -> None:
    path = configure("jobqueue: {slurm: {coers: 8}}")
    sentence = f"unknown key 'coers' of jobqueue.slurm in {path}; did you mean 'cores'?"
    assert profile("slurm").problems == (sentence,)
    with pytest.warns(UserWarning, match="unknown key 'coers'"):
        assert "coers" not in options()


def test_an_unknown_key_is_looked_for_in_the_file_that_set_it_last(configure: Configure) -> None:
    configure("jobqueue: {slurm: {coers: 8}}", name="a.yaml")
    path = configure("jobqueue: {slurm: {coers: 9}}", name="b.yaml")
    assert f"in {path};" in profile("slurm").problems[0]


def test_an_unknown_key_of_the_environment_is_reported(configure: Configure) -> None:
    configure(env={"DASK_JOBQUEUE__SLURM__COERS": "8"})
    assert "'coers' of jobqueue.slurm in the environment" in profile("slurm").problems[0]


# ---- old names

OLD = [
    ("extra", "worker_extra_args", ["--x"]),
    ("env_extra", "job_script_prologue", ["module load a"]),
    ("job_extra", "job_extra_directives", ["-q a"]),
    ("header_skip", "job_directives_skip", ["-t"]),
    ("project", "account", "mine"),
]
each_old_name = pytest.mark.parametrize(("old", "new", "value"), OLD)


@each_old_name
def test_an_old_keyword_is_understood_with_a_warning(old: str, new: str, value: Any) -> None:
    with pytest.warns(FutureWarning, match=f"^{old} has been renamed to {new}$"):
        found = options(**{old: value})
    assert found[new] == value
    assert old not in found


@each_old_name
def test_an_old_key_is_understood_with_a_warning_that_names_the_file(
    old: str, new: str, value: Any, configure: Configure
) -> None:
    path = configure(f"jobqueue: {{slurm: {{{old.replace('_', '-')}: {value}}}}}")
    with pytest.warns(FutureWarning) as warned:
        found = options()
    assert found[new] == value
    assert [str(each.message) for each in warned] == [
        f"{old} has been renamed to {new} (jobqueue.slurm in {path})"
    ]


@each_old_name
def test_a_new_name_wins_over_its_old_one(
    old: str, new: str, value: Any, configure: Configure
) -> None:
    other = "other" if isinstance(value, str) else ["other"]
    with pytest.warns(FutureWarning):
        assert options(**{old: value, new: other})[new] == other
    configure(f"jobqueue: {{slurm: {{{old.replace('_', '-')}: {value}, {new}: {other}}}}}")
    with pytest.warns(FutureWarning):
        assert options()[new] == other


@each_old_name
def test_an_old_key_that_is_null_is_silent(
    old: str, new: str, value: Any, configure: Configure
) -> None:
    configure(f"jobqueue: {{slurm: {{{old.replace('_', '-')}: null}}}}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert old not in options(**{old: cast("Any", None)})


def test_the_configuration_of_dask_jobqueue_gives_no_warning(configure: Configure) -> None:
    theirs = pytest.importorskip("dask_jobqueue")
    text = Path(theirs.__file__).with_name("jobqueue.yaml").read_text()
    configure(text.replace("queue: null", "queue: regular"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chosen, found = resolve("slurm", None, SIZE)
    assert chosen.problems == ()
    assert [each.name for each in profiles()] == sorted(ADAPTERS)
    assert check("slurm", found)["queue"] == "regular"


# ---- defaults


def test_the_defaults_have_a_key_for_every_option() -> None:
    for system in ADAPTERS:
        section = dask.config.get("jobqueue")[system]
        names = {key.replace("-", "_") for key in section} - {"scheduler_options"}
        assert {"job_name" if name == "name" else name for name in names} == set(options_of(system))
        assert profile(system).problems == ()


@pytest.mark.parametrize("system", sorted(set(ADAPTERS) - {"local"}))
def test_defaults_in_dask_are_those_of_the_options(system: str) -> None:
    of_the_file = check(system, {**SIZE, **profile(system).options})
    of_the_options = check(system, SIZE)
    assert {key: of_the_file[key] or None for key in of_the_file} == {
        key: of_the_options[key] or None for key in of_the_options
    }


def test_a_local_cluster_needs_no_options() -> None:
    found = check("local", options(system="local"))
    assert (found["cores"], found["memory"]) == (1, 2 * 2**30)


def test_a_commented_file_is_written_once_for_the_user() -> None:
    path = Path(dask.config.PATH) / "jobqueue.yaml"
    assert path.exists(), "written when the defaults were loaded"
    lines = path.read_text().splitlines()
    assert "#   slurm:" in lines
    assert all(line.startswith("#") for line in lines if line.strip())
    path.write_text("mine: true\n")
    load_defaults()
    assert path.read_text() == "mine: true\n"


def test_no_file_is_written_where_the_user_does_not_want_it(configure: Configure) -> None:
    path = Path(dask.config.PATH) / "jobqueue.yaml"
    path.unlink()
    configure("jupyter-jobqueue: {write-user-config: false}")
    assert not path.exists()


def test_a_home_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(dask.config, "PATH", str(tmp_path / "file" / "dask"))
    load_defaults()
    assert [each.name for each in profiles()] == sorted(ADAPTERS)
