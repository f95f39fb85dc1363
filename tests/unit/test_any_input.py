"""No input whatever of an option gives anything but a job script or a sentence that names it."""

from __future__ import annotations

import json
import os
import re
import shlex
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.option import Kind, Option
from jupyter_jobqueue.cluster.files import ClusterFiles
from jupyter_jobqueue.cluster.request import ClusterSpec, build_spec
from jupyter_jobqueue.errors import InvalidOption
from jupyter_jobqueue.jobs.limits import Limits, core_hours
from jupyter_jobqueue.jobs.table import JobTable
from jupyter_jobqueue.options.common import options_of

EXAMPLES = int(os.environ.get("JOBQUEUE_EXAMPLES", "30"))
"""Inputs of each batch system; more of them for a deeper look."""
SIZE: dict[str, Any] = {"cores": 4, "memory": "4 GiB"}
TEXTS_TO_TRY = (
    "", " ", "-", "\\", "'", '"', "`id`", "$(id)", "${IFS}", "$((1))", "%j", "%", "%s", "~", "..",
    "\x00", "\n", "\r\n", "\x0b", "\x85", "\u2028", "\ud800", "\U0001f600", "e\u0301", "\u0663",
    "9" * 5000, "9" * 300, "1e999", "-1", "0", "nan", "inf", "00:00:00", "1:2:3:4:5", "x" * 300,
    "x" * 300_000, "~nosuchuser/x", "a --qos=evil", "1G --exclusive", "{a,b}", "|", ";", "&", "*",
    "None", "true", "#", "#!/bin/sh", "a=b", "==", "$", "$$(x)",
)  # fmt: skip
NUMBERS_TO_TRY = (0, -1, 2**63, 10**4000, -(10**4000), True, False, 1e300, 0.1)


def one_of(values: tuple[Any, ...]) -> some.SearchStrategy[Any]:
    """Return a strategy that is not described by its values, which are too long for that."""
    return some.integers(0, len(values) - 1).map(lambda index: values[index])


NASTY = one_of(TEXTS_TO_TRY)
NUMBERS = some.one_of(
    some.integers(),
    some.floats(),
    one_of(NUMBERS_TO_TRY),
)
TEXTS = some.one_of(NASTY, some.text(max_size=20), some.lists(NASTY, max_size=4).map("".join))
VALUES = some.recursive(
    some.one_of(some.none(), NUMBERS, TEXTS),
    lambda inner: some.one_of(
        some.lists(inner, max_size=4), some.dictionaries(TEXTS, inner, max_size=4)
    ),
    max_leaves=8,
)
BY_KIND: dict[Kind, some.SearchStrategy[Any]] = {
    Kind.INTEGER: some.integers(1, 200_000),
    Kind.NUMBER: some.floats(0, 1e15),
    Kind.TEXT: TEXTS,
    Kind.LINES: some.lists(TEXTS, max_size=4),
    Kind.SETTINGS: some.dictionaries(TEXTS, some.one_of(TEXTS, NUMBERS), max_size=4),
    Kind.MEMORY: some.one_of(
        some.integers(1, 2**70), some.sampled_from(["1 B", "1e17 GB", "9 EB"])
    ),
    Kind.DURATION: some.sampled_from(["1 s", "1e9 days", 1e300, "0.001"]),
    Kind.FLAG: some.booleans(),
}


def value_of(option: Option) -> some.SearchStrategy[Any]:
    """Return a strategy for values: most of the right kind, so that some are taken."""
    return some.one_of(BY_KIND[option.kind], BY_KIND[option.kind], VALUES)


def options_for(system: str) -> some.SearchStrategy[dict[str, Any]]:
    named = {name: value_of(option) for name, option in options_of(system).items()}
    few = some.lists(some.sampled_from(sorted(named)), min_size=1, max_size=4, unique=True)
    return few.flatmap(lambda names: some.fixed_dictionaries({name: named[name] for name in names}))


def spec_or_error(
    system: str, options: dict[str, Any]
) -> tuple[ClusterSpec | None, InvalidOption | None]:
    try:
        spec = build_spec(system, {**SIZE, **options})
        ClusterFiles("0123456789ab", spec.options)
    except InvalidOption as error:
        return None, error
    return spec, None


def use(spec: ClusterSpec) -> None:
    """Do what a cluster does with its options, none of which may fail."""
    script, command = spec.preview()
    spec.preview(spec.job_spec(count=3, logs="/logs", first=2))
    (script + command).encode()
    shlex.split(command)
    assert len(script) < 1_000_000
    assert not re.search("[\x00\x0b\x85\u2028\u2029]", script)
    json.dumps(spec.walltime)
    table = JobTable("c", "jobqueue-abc-", spec.shape)
    Limits.of(spec.options).capacity(table)
    core_hours(table, 0.0)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("system", ADAPTERS)
def test_any_value_makes_a_script_or_is_refused_by_name(system: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize="JOBQUEUE_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(options_for(system))
    def check(options: dict[str, Any]) -> None:
        spec, error = spec_or_error(system, options)
        if error is not None:
            assert error.field.removeprefix("options.") in {*options, "job_extra_directives"}
            assert len(error.message) < 800
        if spec is not None:
            use(spec)

    check()
