"""A short run of `make soak`, always the same, so that it does not rot."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.cluster.conftest import Queue
from tests.soak import FOLDER, soak


@pytest.mark.timeout(900)
def test_three_clusters_and_their_faults_leave_nothing_behind(local_queue: Queue) -> None:
    run = asyncio.run(soak(0, seed=7, folder=Path(os.environ[FOLDER])))
    assert len(run.quiet) == 3
    assert run.known
    assert sum(run.done.values()) >= 6
