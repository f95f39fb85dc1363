"""A stand-in for each test, and a look at what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.standins.install import Standin, standin

pytest.register_assert_rewrite("tests.standins.replay")

from tests.standins.replay import Replay  # noqa: E402 (its asserts are rewritten)


@pytest.fixture
def install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, int], Standin]]:
    """Return a function that installs a system with so many cores; all is ended afterwards."""
    made: list[Standin] = []

    def make(system: str, cpus: int = 4) -> Standin:
        made.append(standin(system, tmp_path, monkeypatch, cpus))
        return made[-1]

    yield make
    for each in made:
        each.end_all()


@pytest.fixture
def replay(install: Callable[[str, int], Standin], tmp_path: Path) -> Callable[[str, int], Replay]:
    """Return a function that installs a system with so many cores, to run recorded commands."""

    def make(system: str, cpus: int = 4) -> Replay:
        return Replay(install(system, cpus), tmp_path / "work")

    return make
