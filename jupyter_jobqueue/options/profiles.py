"""Where options come from: Dask's configuration, with the sections and keys of dask-jobqueue.

Every section under ``jobqueue:`` is a profile. A section named like a batch system is for that
system; any other
names it with ``system:``.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import dask.config

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.errors import InvalidOption, NotFound, nearest, unknown
from jupyter_jobqueue.options.common import options_of, renamed_of

CLUSTER_KEYS = {"scheduler_options", "system"}
"""Keys of a section that are not options of a job."""


@dataclass(frozen=True)
class Profile:
    """A named preset.

    Parameters
    ----------
    name, system : str
        The section's name and its batch system.
    options : dict
        Option values that the section sets, by Python name; not yet checked.
    scheduler_options : dict
        Keywords for the Dask scheduler.
    origin : str
        The file that sets most of it, or ``"built-in"``.
    problems : tuple of str
        Sentences about keys that are not understood.
    """

    name: str
    system: str
    options: dict[str, Any] = field(default_factory=dict)
    scheduler_options: dict[str, Any] = field(default_factory=dict)
    origin: str = "built-in"
    problems: tuple[str, ...] = ()


def profiles() -> list[Profile]:
    """Return every profile whose batch system is known, the batch systems' own first."""
    names = [name for name in dask.config.get("jobqueue", {}) if _system(name) in ADAPTERS]
    return [profile(name) for name in sorted(names, key=lambda name: (name not in ADAPTERS, name))]


def profile(name: str, system: str | None = None) -> Profile:
    """Return one profile.

    Raises
    ------
    NotFound
        If the configuration has no such section.
    InvalidOption
        If the section is not for `system`, or for no batch system that is known.
    """
    sections = dask.config.get("jobqueue", {})
    key = dask.config.canonical_name(name, sections)
    section = sections.get(key)
    if not isinstance(section, Mapping):
        raise NotFound(
            f"no section jobqueue.{name} in the Dask configuration; {nearest(name, sections)}",
            field="profile",
        )
    own = section.get("system") or (key if key in ADAPTERS else system)
    if own not in ADAPTERS:
        raise InvalidOption(
            f"jobqueue.{name}.system={own!r} is not a batch system; {nearest(str(own), ADAPTERS)}",
            field="profile",
        )
    if system and own != system:
        raise InvalidOption(f"jobqueue.{name} is for {own}, not for {system}", field="profile")
    return _read(key, own, section)


def _system(name: str) -> str:
    section = dask.config.get("jobqueue", {}).get(name)
    own = section.get("system") if isinstance(section, Mapping) else None
    return str(own or name)


def _read(name: str, system: str, section: Mapping[str, Any]) -> Profile:
    # "name" comes first: our defaults have it, and whoever writes "job-name" means that.
    pairs = sorted(section.items(), key=lambda pair: pair[0] != "name")
    given = {_python_name(key): value for key, value in pairs if value is not None}
    files = _files(name)
    problems = [
        f"unknown key {key!r} of jobqueue.{name} in {files.get(key, 'the environment')}; "
        f"{nearest(key, options_of(system))}"
        for key in given
        if key not in _known(system)
    ]
    named = {key: value for key, value in given.items() if key in _known(system)}
    scheduler_options = named.pop("scheduler_options", {})
    if not isinstance(scheduler_options, Mapping):
        raise InvalidOption(f"jobqueue.{name}.scheduler-options must be a mapping", field="profile")
    named.pop("system", None)
    options, old = _modern(named, system)
    problems += [
        f"{each} (jobqueue.{name} in {files.get(each.split()[0], 'the environment')})"
        for each in old
    ]
    origin = next((file for key, file in files.items() if key in given), "built-in")
    return Profile(name, system, options, dict(scheduler_options), origin, tuple(problems))


def _python_name(key: str) -> str:
    name = key.replace("-", "_")
    return "job_name" if name == "name" else name


def _known(system: str) -> set[str]:
    return {*options_of(system), *renamed_of(system), *CLUSTER_KEYS}


def _files(name: str) -> dict[str, str]:
    """Return for each key of a section the last file that sets it, which is the one Dask obeys."""
    files: dict[str, str] = {}
    found: Any = dask.config.collect_yaml(dask.config.paths, return_paths=True)
    for path, config in found:
        section = (config.get("jobqueue") or {}).get(name)
        if isinstance(section, Mapping):
            files.update(
                {
                    _python_name(key): str(path)
                    for key, value in section.items()
                    if value is not None
                }
            )
    return files


def _modern(values: Mapping[str, Any], system: str) -> tuple[dict[str, Any], list[str]]:
    """Translate old option names; a new name that is also given wins."""
    renamed, current, said = renamed_of(system), dict(values), []
    for old, new in renamed.items():
        if old in current:
            value = current.pop(old)
            # As in dask-jobqueue: an empty list, such as the default of the new name, does not
            # count.
            current[new] = current.get(new) or value
            said.append(f"{old} has been renamed to {new}")
    return current, said


def resolve(
    system: str, name: str | None, keywords: Mapping[str, Any]
) -> tuple[Profile, dict[str, Any]]:
    """Join a profile and keywords; keywords win.

    Parameters
    ----------
    system : str
        A batch system.
    name : str, optional
        Profile; the batch system's own section if None.
    keywords : Mapping
        Option values by Python name, old names included; None means not given.

    Returns
    -------
    Profile, dict
        The profile and the option values, not yet checked (see `spec.check`).

    Raises
    ------
    InvalidOption
        If a keyword is unknown; the nearest known one is named.

    Warns
    -----
    FutureWarning
        For old names.
    UserWarning
        For keys of the configuration that are not understood, with their file.
    """
    chosen = profile(name or system, system)
    known = {*options_of(system), *renamed_of(system)}
    for key in keywords:
        if key not in known:
            raise unknown("option", key, known, field=f"options.{key}")
    given = {key: value for key, value in keywords.items() if value is not None}
    options, said = _modern(given, system)
    for sentence in (*said, *chosen.problems):
        kind = FutureWarning if "renamed" in sentence else UserWarning
        warnings.warn(sentence, kind, stacklevel=4)
    return chosen, {**chosen.options, **options}
