"""Profiles: option values from Dask's configuration, with the sections and keys of dask-jobqueue.

Every section under ``jobqueue:`` is a profile. A section with the name of a batch system belongs to
that system; any other section names its system with the key ``system``.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import dask.config

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.errors import SHOWN, InvalidOption, NotFound, nearest, shortened
from jupyter_jobqueue.options.check import refuse_unknown
from jupyter_jobqueue.options.common import options_of, renamed_of

CLUSTER_KEYS = {"scheduler_options", "system"}
"""Keys of a section that are not options of a job."""


@dataclass(frozen=True)
class Profile:
    """A named set of option values.

    Parameters
    ----------
    name, system : str
        Name of the section and its batch system.
    options : dict
        Option values of the section by Python name, not checked yet.
    scheduler_options : dict
        Keyword arguments of the Dask scheduler.
    origin : str
        The file that sets the section, or ``"built-in"``.
    problems : tuple of str
        Sentences about unknown and renamed keys.
    """

    name: str
    system: str
    options: dict[str, Any] = field(default_factory=dict)
    scheduler_options: dict[str, Any] = field(default_factory=dict)
    origin: str = "built-in"
    problems: tuple[str, ...] = ()


def profiles() -> list[Profile]:
    """Return every profile of a known batch system.

    Returns
    -------
    list of Profile
        First the batch systems' own profiles, then the others, both by name.
    """
    names = [name for name in dask.config.get("jobqueue", {}) if _system(name) in ADAPTERS]
    return [profile(name) for name in sorted(names, key=lambda name: (name not in ADAPTERS, name))]


def profile(name: str, system: str | None = None) -> Profile:
    """Return one profile.

    Parameters
    ----------
    name : str
        Name of the section.
    system : str, optional
        Batch system that the profile must belong to.

    Returns
    -------
    Profile
        The profile, with the sentences about its unknown keys.

    Raises
    ------
    NotFound
        If the configuration has no such section.
    InvalidOption
        If the section belongs to another batch system or to an unknown one.
    """
    sections = dask.config.get("jobqueue", {})
    key = dask.config.canonical_name(name, sections)
    section = sections.get(key)
    if not isinstance(section, Mapping):
        raise NotFound(
            f"no section jobqueue.{name[:SHOWN]} in the Dask configuration; "
            f"{nearest(name, sections)}",
            field="profile",
        )
    own = section.get("system") or (key if key in ADAPTERS else system)
    if own not in ADAPTERS:
        raise InvalidOption(
            f"jobqueue.{name}.system={shortened(own)} is not a batch system; "
            f"{nearest(str(own), ADAPTERS)}",
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
    # The defaults contain "name". A user's "job-name" is the same option and must override it.
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
    options |= {key: None for key in _nulls(name, section) if key in options_of(system)}
    problems += [
        f"{each} (jobqueue.{name} in {files.get(each.split()[0], 'the environment')})"
        for each in old
    ]
    origin = next((file for key, file in files.items() if key in given), "built-in")
    return Profile(name, system, options, dict(scheduler_options), origin, tuple(problems))


def _nulls(name: str, section: Mapping[str, Any]) -> set[str]:
    """Return the keys that a file of the user sets to null, which means no line and no default."""
    nulls = {_python_name(key) for key, value in section.items() if value is None}
    sections = [(config.get("jobqueue") or {}).get(name) for _, config in _config_files()]
    written = {_python_name(key) for each in sections if isinstance(each, Mapping) for key in each}
    return nulls & written


def _python_name(key: str) -> str:
    name = key.replace("-", "_")
    return "job_name" if name == "name" else name


def _known(system: str) -> set[str]:
    return {*options_of(system), *renamed_of(system), *CLUSTER_KEYS}


def _files(name: str) -> dict[str, str]:
    """Return the file that sets each key of a section; the last file has priority in Dask."""
    files: dict[str, str] = {}
    for path, config in _config_files():
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


def _config_files() -> Sequence[tuple[Path, Mapping[str, Any]]]:
    """Return the files of Dask's configuration and what they say; those with less priority first.

    They are parsed again only when one has changed: that takes a quarter of a second.
    """
    folders = map(Path, dask.config.paths)
    files = [file for each in folders for file in (each.iterdir() if each.is_dir() else [each])]
    return _parsed(tuple(dask.config.paths), frozenset(map(_stamp, files)))


def _stamp(file: Path) -> tuple[Path, int, int]:
    try:
        found = file.stat()
    except OSError:
        return file, 0, 0
    return file, found.st_mtime_ns, found.st_size


@lru_cache(maxsize=1)
def _parsed(
    paths: tuple[str, ...], stamps: frozenset[tuple[Path, int, int]]
) -> Sequence[tuple[Path, Mapping[str, Any]]]:
    return list(dask.config.collect_yaml(list(paths), return_paths=True))


def _modern(values: Mapping[str, Any], system: str) -> tuple[dict[str, Any], list[str]]:
    """Translate old option names; if both names have a value, the new name's value is used."""
    renamed, current, warned = renamed_of(system), dict(values), []
    for old, new in renamed.items():
        if old in current:
            value = current.pop(old)
            # As in dask-jobqueue, an empty value of the new name does not override the old one.
            current[new] = current.get(new) or value
            warned.append(f"{old} has been renamed to {new}")
    return current, warned


def resolve(
    system: str, name: str | None, keywords: Mapping[str, Any]
) -> tuple[Profile, dict[str, Any]]:
    """Combine a profile with keywords, which override it.

    Parameters
    ----------
    system : str
        A batch system.
    name : str, optional
        Profile; the batch system's own profile if None.
    keywords : Mapping
        Option values by Python name; old names are valid, and None means not given.

    Returns
    -------
    Profile
        The profile.
    dict
        The option values; `jupyter_jobqueue.options.check.check` checks them.

    Raises
    ------
    InvalidOption
        If a keyword is unknown; the message suggests the nearest known ones.

    Warns
    -----
    FutureWarning
        For old names.
    UserWarning
        For unknown keys of the configuration, with their file.
    """
    chosen = profile(name or system, system)
    refuse_unknown(keywords, {*options_of(system), *renamed_of(system)})
    given = {key: value for key, value in keywords.items() if value is not None}
    options, warned = _modern(given, system)
    for sentence in (*warned, *chosen.problems):
        kind = FutureWarning if "renamed" in sentence else UserWarning
        warnings.warn(sentence, kind, stacklevel=4)
    return chosen, {**chosen.options, **options}
