"""Fixtures of the unit tests: a Dask configuration of one's own, and a time zone."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import dask.config
import pytest

# Importing the cluster classes must not write into the home of whoever runs the tests.
dask.config.set({"jupyter-jobqueue.write-user-config": False})

from jupyter_jobqueue.options.defaults import load_defaults  # noqa: E402

Configure = Callable[..., Path]


@pytest.fixture(autouse=True)
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Return a function that makes a YAML text, and nothing else, the configuration of the user."""
    folder, home = tmp_path / "site", tmp_path / "home"
    folder.mkdir()
    monkeypatch.setattr(dask.config, "paths", [str(folder), str(home)])
    monkeypatch.setattr(dask.config, "PATH", str(home))
    config, defaults = dask.config.config, dask.config.defaults
    before = copy.deepcopy(config), list(defaults)
    of_others = [each for each in defaults if "jobqueue" not in each]

    def write(text: str = "", env: Mapping[str, str] | None = None, name: str = "a.yaml") -> Path:
        if text:
            (folder / name).write_text(text)
        config.clear()
        defaults.clear()
        # As in a real start: Dask reads the files when it is imported, then come the defaults.
        dask.config.update(config, dask.config.collect(dask.config.paths, env or {}))
        for each in of_others:
            dask.config.update_defaults(each)
        load_defaults()
        return folder / name

    write()
    yield write
    config.clear()
    config.update(before[0])
    defaults[:] = before[1]


@pytest.fixture
def time_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return a function that sets the time zone of this process; UTC until it is called."""

    def choose(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    choose("UTC")
    yield choose
    monkeypatch.undo()
    time.tzset()
