"""The defaults that Dask's configuration gets, made from the declared options.

Dask gets them as a mapping (`load_defaults`), and the user gets them as a commented
``jobqueue.yaml`` in the folder of their Dask configuration, to start from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dask.config

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.option import Kind, Option
from jupyter_jobqueue.options.common import options_of

FILE = "jobqueue.yaml"
PACKAGE = "jupyter-jobqueue"
PACKAGE_OPTIONS = (
    Option(
        "write_user_config",
        Kind.FLAG,
        "Write user configuration",
        "Create a commented copy of this file in the user's Dask configuration folder.",
        default=True,
    ),
    Option(
        "log_limit",
        Kind.MEMORY,
        "Limit of logs",
        "Maximum size of the logs of one cluster; logs of the jobs that ended first are removed.",
        default="200MB",
    ),
    Option(
        "log_days",
        Kind.INTEGER,
        "Days of logs",
        "Days to keep the logs of a closed cluster.",
        default=7,
    ),
)
"""Keys of the section ``jupyter-jobqueue``: settings of this package, not of jobs."""
SCHEDULER_OPTIONS = Option(
    "scheduler_options",
    Kind.SETTINGS,
    "Scheduler options",
    "Keyword arguments of the Dask scheduler.",
    default=(),
    example="{interface: eth0}",
)
HEADER = """\
# Options of jupyter-jobqueue, with the keys of dask-jobqueue. Each section below "jobqueue" is a
# profile: the panel offers it, and SLURMCluster(config_name="...") uses it. A section of your own
# names its batch system:
#
#   jobqueue:
#     slurm-large:
#       system: slurm
#       cores: 64
#       memory: 256GB
#       queue: large
"""
COLUMN = 41
"""Where the comments of the file begin."""


def load_defaults() -> None:
    """Register the defaults with Dask and create the user's commented file if there is none.

    ``jupyter-jobqueue.write-user-config: false`` in the configuration prevents the file.
    """
    dask.config.update_defaults(defaults())
    if dask.config.get("jupyter-jobqueue.write-user-config", True):
        _write_user_file()


def defaults() -> dict[str, Any]:
    """Return the defaults: a section for this package, and one for each batch system.

    Examples
    --------
    >>> defaults()["jobqueue"]["local"]["memory"]
    '2GiB'
    """
    sections = {system: _section(_options(system), _preset(system)) for system in ADAPTERS}
    return {PACKAGE: _section(PACKAGE_OPTIONS), "jobqueue": sections}


def yaml_text() -> str:
    """Return the defaults as a YAML file in which a comment explains every key."""
    lines = [HEADER, f"{PACKAGE}:", *_lines(PACKAGE_OPTIONS, {}, "  "), "", "jobqueue:"]
    for system in ADAPTERS:
        lines += [f"  {system}:", *_lines(_options(system), _preset(system), "    "), ""]
    return "\n".join(lines)


def _options(system: str) -> list[Option]:
    return [*options_of(system).values(), SCHEDULER_OPTIONS]


def _preset(system: str) -> Mapping[str, Any]:
    return ADAPTERS[system].preset


def _section(options: Iterable[Option], preset: Mapping[str, Any] | None = None) -> dict[str, Any]:
    given = preset or {}
    return {_key(option): given.get(option.name, _default(option)) for option in options}


def _key(option: Option) -> str:
    """Return the key in the configuration; dask-jobqueue calls the name of the jobs ``name``."""
    return "name" if option.name == "job_name" else option.name.replace("_", "-")


def _default(option: Option) -> Any:
    """Return the default in the types of YAML."""
    if isinstance(option.default, tuple):
        return {} if option.kind is Kind.SETTINGS else list(option.default)
    return option.default


def _lines(options: Iterable[Option], preset: Mapping[str, Any], indent: str) -> Iterator[str]:
    for option in options:
        value = json.dumps(preset.get(option.name, _default(option)))  # YAML reads JSON
        setting = f"{indent}{_key(option)}: {value}"
        yield f"{setting:<{COLUMN - 1}} # {_comment(option)}"


def _comment(option: Option) -> str:
    if option.choices:
        return f"{option.help} One of: {', '.join(option.choices)}."
    return f"{option.help} Example: {option.example}" if option.example else option.help


def _write_user_file() -> None:
    """Create the file with Dask; a folder that is not writable is no error."""
    if Path(dask.config.PATH, FILE).exists():
        return
    with suppress(OSError), TemporaryDirectory() as folder:
        source = Path(folder, FILE)
        source.write_text(yaml_text())
        dask.config.ensure_file(source=str(source), comment=True)
