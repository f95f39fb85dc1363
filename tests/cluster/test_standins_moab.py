"""A cluster on Moab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.conftest import Queue
from tests.cluster.everywhere import Everywhere
from tests.standins.queues import any_queue


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    yield from any_queue("moab", tmp_path, monkeypatch)


class TestEverywhere(Everywhere):
    """What every queue must do."""
