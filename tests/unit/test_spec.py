"""Options: every keyword of dask-jobqueue, what is refused and how, the form."""

from __future__ import annotations

import inspect
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from distributed.deploy.utils import nprocesses_nthreads

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.adapter import Queue
from jupyter_jobqueue.adapters.option import Kind
from jupyter_jobqueue.adapters.text import quote
from jupyter_jobqueue.cluster.files import ClusterFiles
from jupyter_jobqueue.cluster.request import build_spec
from jupyter_jobqueue.errors import InvalidOption
from jupyter_jobqueue.options.check import check
from jupyter_jobqueue.options.common import options_of, renamed_of
from jupyter_jobqueue.options.form import schema

SIZE = {"cores": 4, "memory": "4 GiB"}


def checked(system: str = "slurm", **options: Any) -> dict[str, Any]:
    return check(system, {**SIZE, **options})


# ---- every keyword


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({"cores": 6}, "#SBATCH --cpus-per-task=6"),
        ({"memory": "24 GB"}, "#SBATCH --mem=23G"),
        ({"memory": 2**31}, "#SBATCH --mem=2G"),
        ({"processes": 2}, "--nthreads 2 --memory-limit 2048MiB --nworkers 2"),
        ({"processes": 4}, "--nthreads 1 --memory-limit 1024MiB --nworkers 4"),
        ({"interface": "ib0"}, "--interface ib0"),
        ({"nanny": True}, "--nanny"),
        ({"nanny": False}, "--no-nanny"),
        ({"death_timeout": 30}, "--death-timeout 30"),
        ({"death_timeout": 0.5}, "--death-timeout 0.5"),
        ({"death_timeout": "90s"}, "--death-timeout 90"),
        ({"local_directory": "$TMPDIR"}, "--local-directory $TMPDIR"),
        ({"worker_command": "dask_cuda.cli"}, "-m dask_cuda.cli tls://"),
        ({"worker_extra_args": ["--lifetime", "55m"]}, "--lifetime 55m"),
        ({"worker_extra_args": "--lifetime 55m"}, "--lifetime 55m"),
        ({"job_script_prologue": ["module load a", "cd b"]}, "\nmodule load a\ncd b\n"),
        ({"job_script_prologue": "if true\nthen cd b\nfi"}, "\nif true\nthen cd b\nfi\n"),
        ({"job_script_epilogue": ["echo done"]}, "\necho done\n"),
        ({"job_extra_directives": ["--gres=gpu:1"]}, "\n#SBATCH --gres=gpu:1\n"),
        ({"log_directory": "/logs"}, "#SBATCH -o /logs/dask-worker-%j.out"),
        ({"shebang": "#!/bin/zsh"}, "#!/bin/zsh\n"),
        ({"python": "/opt/python"}, "\n/opt/python -m "),
        ({"job_name": "mine"}, "#SBATCH -J mine"),
        ({"queue": "debug"}, "#SBATCH -p debug"),
        ({"account": "project42"}, "#SBATCH -A project42"),
        ({"account": 1234}, "#SBATCH -A 1234"),
        ({"walltime": "1-00:00:00"}, "#SBATCH -t 1-00:00:00"),
        ({"job_cpu": 5}, "#SBATCH --cpus-per-task=5"),
        ({"job_mem": "5000M"}, "#SBATCH --mem=5000M"),
    ],
)
def test_keyword_has_its_place_in_the_job_script(options: dict[str, Any], shown: str) -> None:
    script, _ = build_spec("slurm", {**SIZE, "processes": 1, **options}).preview()
    without, _ = build_spec("slurm", {"cores": 3, "memory": "5 GiB", "nanny": None}).preview()
    assert shown in script
    assert shown not in without or options == {"nanny": True}


def test_skipped_directives_are_left_out() -> None:
    script, _ = build_spec("slurm", {**SIZE, "job_directives_skip": ["-t", "--mem"]}).preview()
    assert "\n#SBATCH -t" not in script
    assert "\n#SBATCH --mem" not in script


def test_the_shared_directory_holds_keys_and_logs() -> None:
    plan = build_spec("slurm", {**SIZE, "shared_temp_directory": "/shared/me"})
    folder = ClusterFiles("abc", plan.options)
    assert (str(folder.path), str(folder.logs)) == (
        "/shared/me/jobqueue-abc",
        "/shared/me/jobqueue-abc/logs",
    )


def test_no_keyword_of_dask_jobqueue_is_missing() -> None:
    theirs = pytest.importorskip("dask_jobqueue.slurm")
    core = pytest.importorskip("dask_jobqueue.core")
    names = {
        name
        for job in (theirs.SLURMJob, core.Job)
        for name in inspect.signature(job.__init__).parameters
    }
    of_the_cluster = {"scheduler", "name", "protocol", "security", "config_name"}
    names -= {"self", "base_class_kwargs", *of_the_cluster}
    assert len(names) > 20
    assert names <= {*options_of("slurm"), *renamed_of("slurm")}


@pytest.mark.parametrize("cores", [*range(1, 130), 192, 256, 1024])
def test_processes_are_about_the_square_root_of_the_cores(cores: int) -> None:
    assert checked(cores=cores)["processes"] == nprocesses_nthreads(cores)[0]


def test_none_is_not_set() -> None:
    assert checked(queue=None, processes=None, shebang=None) == checked()


def test_no_time_is_no_limit() -> None:
    found = checked(walltime=None, death_timeout=None)
    assert (found["walltime"], found["death_timeout"]) == (None, None)
    assert checked()["walltime"] == "00:30:00"


# ---- bad values


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("cores", True, "cores must be a whole number such as 8, not True"),
        ("cores", 4.0, "cores must be a whole number such as 8, not 4.0"),
        ("cores", float("nan"), "cores must be a whole number such as 8, not nan"),
        ("cores", "4", "cores must be a whole number such as 8, not '4'"),
        ("cores", [4], "cores must be a whole number such as 8, not [4]"),
        ("cores", 0, "cores must be at least 1, not 0"),
        ("cores", -1, "cores must be at least 1, not -1"),
        ("cores", 10**9, "cores must be at most 100000, not 1000000000"),
        ("processes", 0, "processes must be at least 1, not 0"),
        ("processes", 1.5, "processes must be a whole number such as 1, not 1.5"),
        ("job_cpu", 0, "job_cpu must be at least 1, not 0"),
        ("job_cpu", False, "job_cpu must be a whole number such as 4, not False"),
        ("memory", True, "memory must be an amount of memory such as '24 GB', not True"),
        ("memory", float("nan"), "memory must be an amount of memory such as '24 GB', not nan"),
        ("memory", float("inf"), "memory must be an amount of memory such as '24 GB', not inf"),
        ("memory", "lots", "memory must be an amount of memory such as '24 GB', not 'lots'"),
        ("memory", "4 GBB", "memory must be an amount of memory such as '24 GB', not '4 GBB'"),
        ("memory", -1, "memory must be greater than 0, not -1"),
        ("memory", "-4 GB", "memory must be greater than 0, not '-4 GB'"),
        ("memory", 0, "memory must be greater than 0, not 0"),
        ("memory", "", "memory must be an amount of memory such as '24 GB', not ''"),
        ("memory", ["4 GB"], "memory must be an amount of memory such as '24 GB', not ['4 GB']"),
        ("death_timeout", True, "death_timeout must be a time such as '60', not True"),
        ("death_timeout", float("nan"), "death_timeout must be a time such as '60', not nan"),
        ("death_timeout", float("inf"), "death_timeout must be a time such as '60', not inf"),
        ("death_timeout", "1e999", "death_timeout must be a time such as '60', not '1e999'"),
        ("death_timeout", -5, "death_timeout must be greater than 0, not -5"),
        ("death_timeout", ["60"], "death_timeout must be a time such as '60', not ['60']"),
        ("death_timeout", 0, "death_timeout must be greater than 0, not 0"),
        ("death_timeout", "", "death_timeout must be a time such as '60', not ''"),
        ("death_timeout", "soon", "death_timeout must be a time such as '60', not 'soon'"),
        ("budget", "much", "budget must be a number such as 100, not 'much'"),
        ("budget", 0, "budget must be greater than 0, not 0"),
        ("budget", -(10**400), f"budget must be greater than 0, not -1{'0' * 198}..."),
        ("budget", float("inf"), "budget must be a number such as 100, not inf"),
        ("memory_per", "core", "memory_per must be one of node, cpu, none, not 'core'"),
        ("nanny", 1, "nanny must be true or false, not 1"),
        ("nanny", "no", "nanny must be true or false, not 'no'"),
        ("queue", True, "queue must be text such as 'debug', not True"),
        ("queue", ["a"], "queue must be text such as 'debug', not ['a']"),
        ("queue", "a\nrm -rf x", r"queue must not contain a line break: 'a\nrm -rf x'"),
        ("account", "a\rb", r"account must not contain a line break: 'a\rb'"),
        ("walltime", {"h": 1}, "walltime must be text such as '01:00:00', not {'h': 1}"),
        ("walltime", "1:00\n2:00", r"walltime must not contain a line break: '1:00\n2:00'"),
        (
            "job_name",
            "a\n#SBATCH -p b",
            r"job_name must not contain a line break: 'a\n#SBATCH -p b'",
        ),
        ("shebang", "#!/bin/sh\nid", r"shebang must not contain a line break: '#!/bin/sh\nid'"),
        (
            "job_extra_directives",
            ["-q a\nid"],
            r"job_extra_directives must not contain a line break: ['-q a\nid']",
        ),
        (
            "job_extra_directives",
            {"-q": "a"},
            "job_extra_directives must be a list of texts, not {'-q': 'a'}",
        ),
        ("job_extra_directives", [1], "job_extra_directives must be a list of texts, not [1]"),
        (
            "worker_extra_args",
            ["--x\nid"],
            r"worker_extra_args must not contain a line break: ['--x\nid']",
        ),
        (
            "job_script_prologue",
            5,
            "job_script_prologue must be a list of texts such as 'module load python', not 5",
        ),
    ],
)
def test_refusal_names_field_value_and_what_would_do(field: str, value: Any, sentence: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        checked(**{field: value})
    assert caught.value.message == sentence
    assert caught.value.field == f"options.{field}"
    assert caught.value.status_code == 400


def test_settings_are_refused_with_an_example() -> None:
    with pytest.raises(InvalidOption) as caught:
        checked("htcondor", job_extra_directives=["x"])
    assert caught.value.message == (
        "job_extra_directives must be a mapping or lines of the form Key = value such as "
        """'+ProjectName = "physics"', not ['x']"""
    )


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("coers", "unknown option 'coers'; did you mean 'cores'"),
        ("wall_time", "did you mean 'walltime'"),
        ("job_extra_directive", "'job_extra_directives'"),
        ("zzz", "known are: account, allowed_failures, budget, cores"),
    ],
)
def test_an_unknown_option_is_refused_with_the_nearest(name: str, advice: str) -> None:
    with pytest.raises(InvalidOption, match=advice) as caught:
        check("slurm", {**SIZE, name: 1})
    assert caught.value.field == f"options.{name}"


def test_options_of_another_batch_system_are_unknown() -> None:
    with pytest.raises(InvalidOption, match="unknown option 'queue'"):
        checked("local", queue="debug")


@pytest.mark.parametrize(
    ("given", "sentence", "field"),
    [
        (
            {},
            "cores and memory of a job are required, .* SLURMCluster.cores=8, memory='24 GB'",
            "cores",
        ),
        (
            {"cores": 4},
            "^memory of a job is required, .* SLURMCluster.cores=4, memory='24 GB'",
            "memory",
        ),
        (
            {"memory": "2 GB"},
            "^cores of a job is required, .* SLURMCluster.cores=8, memory=",
            "cores",
        ),
    ],
)
def test_a_missing_size_is_named_with_an_example(
    given: dict[str, Any], sentence: str, field: str
) -> None:
    with pytest.raises(InvalidOption, match=sentence) as caught:
        check("slurm", given)
    assert caught.value.field == f"options.{field}"
    assert "jobqueue.slurm in the Dask configuration" in caught.value.message


def test_an_invalid_option_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="cores"):
        checked(cores=0)


# ---- the form


def form(system: str = "slurm", **values: Any) -> dict[str, Any]:
    # Through JSON, as it is sent.
    shown: dict[str, Any] = json.loads(json.dumps(schema(system, values, QUEUES)))
    return shown


QUEUES = [
    Queue("debug", default=True, max_cores=64),
    Queue("large", max_cores=128),
    Queue("closed", open=False, max_cores=4096),
    Queue("odd"),
]


@pytest.mark.parametrize("system", ["slurm", "local"])
def test_the_form_is_a_json_schema(system: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    shown = form(system, memory="2 GiB", cores=2)
    jsonschema.Draft202012Validator.check_schema(shown)
    validate = jsonschema.Draft202012Validator(shown).is_valid
    assert validate({"cores": 4, "memory": "4 GiB", "nanny": True, "worker_extra_args": ["-x"]})
    assert not validate({"cores": 4})
    assert not validate({"cores": 0, "memory": "4 GiB"})
    assert not validate({"cores": "4", "memory": "4 GiB"})


def test_the_form_has_every_option_in_order_and_the_important_ones_first() -> None:
    properties = form()["properties"]
    assert list(properties) == list(options_of("slurm"))
    assert list(properties)[:8] == [
        "cores", "memory", "processes", "queue", "account", "walltime", "job_cpu", "job_mem",
    ]  # fmt: skip
    main = [name for name, shown in properties.items() if shown["x-group"] == "main"]
    assert main == ["cores", "memory", "processes", "queue", "account", "walltime"]
    assert all(shown["title"] and shown["description"] for shown in properties.values())


def test_defaults_of_the_form_are_those_of_the_profile() -> None:
    properties = form(cores=16, walltime="02:00:00")["properties"]
    assert properties["cores"]["default"] == 16
    assert properties["walltime"]["default"] == "02:00:00"
    assert properties["death_timeout"]["default"] == "60"
    assert properties["nanny"]["default"] is True
    assert properties["worker_extra_args"]["default"] == []
    assert "default" not in properties["memory"]
    assert "default" not in properties["queue"]


def test_the_form_offers_the_queues_and_keeps_within_the_largest_open_one() -> None:
    properties = form()["properties"]
    assert properties["queue"]["enum"] == ["debug", "large", "closed", "odd"]
    assert properties["cores"]["maximum"] == 128
    assert properties["cores"]["minimum"] == 1


def test_without_queues_nothing_is_bounded() -> None:
    properties = schema("slurm", {})["properties"]
    assert "enum" not in properties["queue"]
    assert "maximum" not in properties["cores"]


def test_the_local_queue_has_no_partitions_to_choose_from() -> None:
    shown = schema("local", {}, [Queue("local", default=True, max_cores=2)])
    assert "queue" not in shown["properties"]
    assert shown["properties"]["cores"]["maximum"] == 2
    assert shown["title"] == "Local queue"
    assert shown["required"] == ["cores", "memory"]


# ---- values that would be more than a value


@pytest.mark.parametrize(
    "character", ["\x00", "\x0b", "\x1b", "\x85", "\u2028", "\u2029", "\ud800"]
)
def test_characters_that_end_lines_or_mean_nothing_are_refused(character: str) -> None:
    for options in ({"queue": f"a{character}b"}, {"job_script_prologue": [f"echo {character}"]}):
        with pytest.raises(InvalidOption, match=rf"contain the character U\+{ord(character):04X}"):
            checked(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"walltime": "00:10:00 --qos=evil"},
        {"job_mem": "1G --exclusive"},
        {"interface": "$(touch /tmp/x)"},
        {"walltime": "`id`"},
    ],
)
def test_an_option_that_is_one_word_adds_no_directive(options: dict[str, str]) -> None:
    (name,) = options
    with pytest.raises(InvalidOption, match=f"{name} must be one word"):
        checked(**options)


def test_no_command_in_a_folder_runs_on_the_node() -> None:
    assert quote("$(touch /tmp/x)/$USER") == '"\\$(touch /tmp/x)/$USER"'


def test_texts_and_lists_have_bounds_and_messages_are_short() -> None:
    with pytest.raises(InvalidOption, match="queue must not be longer than 4096") as caught:
        checked(queue="x" * 50_000_000)
    assert len(caught.value.message) < 400
    with pytest.raises(InvalidOption, match="must not have more than 2000 items"):
        checked(job_extra_directives=["-x"] * 300_000)
    with pytest.raises(InvalidOption, match="walltime must not be longer than 4096"):
        checked(walltime="9" * 5000)
    with pytest.raises(InvalidOption, match="walltime must be one word"):
        checked(walltime="9" * 300)
    with pytest.raises(InvalidOption, match="walltime must be at most a century"):
        checked(walltime="9" * 20)
    with pytest.raises(InvalidOption, match="cores must be at most 100000, not a int too long"):
        checked(cores=10**5000)
    with pytest.raises(InvalidOption, match="memory must be at most 1 EiB"):
        checked(memory="1e30 GB")
    with pytest.raises(InvalidOption, match="idle_timeout must be at most a century"):
        checked(idle_timeout=1e300)
    with pytest.raises(InvalidOption, match="job_name must not be longer than 200 bytes"):
        checked(job_name="\u00e9" * 101)
    with pytest.raises(InvalidOption, match="must not be longer than 200000 characters"):
        checked(job_script_prologue=["x" * 2000] * 101)


@pytest.mark.parametrize("system", ADAPTERS)
@pytest.mark.parametrize(
    "text", ["a --qos=evil", "a\t-q evil", 'a" -q evil', "a' \"-q evil", "a\\", "-x", "a \\-q x"]
)
def test_no_text_adds_an_option_or_joins_the_next_line(system: str, text: str) -> None:
    texts = [option for option in options_of(system).values() if option.kind is Kind.TEXT]
    for option in texts:
        if option.name not in {"job_name", "python", "worker_command", "shebang"}:
            with pytest.raises(InvalidOption, match=option.name):
                checked(system, **{option.name: text})


@pytest.mark.parametrize(
    "text",
    ["$(touch F)", "`touch F`", "a b$(touch F)", "$[a[$(touch F)]]", "${a[$(touch F)]}",
     "${a:-$(touch F)}", "x\";touch F;\"", "x;touch F", "x&touch F", "x|touch F", "${a@P}",
     "$'\\x60touch F\\x60'"],
)  # fmt: skip
def test_a_folder_is_one_word_of_the_shell_whatever_it_contains(text: str, tmp_path: Path) -> None:
    """The shell itself reads it: nothing runs, and the next word is still the next word."""
    program = f"a='$(touch F)'; printf '%s\\n' {quote(text)} next"
    done = subprocess.run(
        ["bash", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[1:] == ["next"]
    assert not (tmp_path / "F").exists()


@pytest.mark.parametrize("text", ["a${IFS}b", "$IFS", "{a,b}", "/x{1..3}", "*", "a b"])
def test_a_folder_stays_one_word(text: str) -> None:
    program = f"printf '%s.' {quote(text)} next"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.count(".") - text.count(".") == 2


def test_the_home_of_nobody_is_a_clear_error() -> None:
    with pytest.raises(InvalidOption, match="~nosuchuser"):
        ClusterFiles("0123456789ab", checked(log_directory="~nosuchuser/logs"))
