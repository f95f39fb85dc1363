"""Fixtures that all tests share: a Jupyter server, a real Slurm."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.beds.slurm import SlurmBed, missing_commands, new_bed, stop_abandoned

pytest_plugins = ["pytest_jupyter.jupyter_server"]

RUNNING_BED = pytest.StashKey[SlurmBed]()
SKIPPED_FILE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep the variable for ourselves: a test may run pytest as well."""
    config.stash[SKIPPED_FILE] = os.environ.pop("SKIPPED_FILE", os.devnull)


@pytest.fixture
def jp_server_config() -> dict[str, object]:
    """Load the extension, and answer nobody who has not logged in."""
    return {
        "ServerApp": {
            "jpserver_extensions": {"jupyter_jobqueue": True},
            "allow_unauthenticated_access": False,
        }
    }


@pytest.fixture(scope="session")
def slurm(request: pytest.FixtureRequest) -> Iterator[SlurmBed]:
    """Real Slurm for the whole run: SLURM_CONF points at it, and it is stopped at the end."""
    if missing := missing_commands():
        pytest.skip(f"real Slurm: not installed: {' '.join(missing)}")
    stop_abandoned()
    bed = new_bed()
    try:
        bed.up()
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("SLURM_CONF", str(bed.conf))
            request.config.stash[RUNNING_BED] = bed
            yield bed
            del request.config.stash[RUNNING_BED]
    finally:
        bed.down()


@pytest.fixture(autouse=True)
def _slurm_is_left_empty(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves jobs in the real queue, after cancelling them.

    Jobs that end by themselves within 15 s are not left: cancelled ones are COMPLETING for a while.
    """
    yield
    bed = request.config.stash.get(RUNNING_BED, None)  # also of tests that get `slurm` indirectly
    if bed and (left := bed.jobs_left(timeout=15)):
        bed.cancel_all(timeout=20)
        pytest.fail(f"jobs left in the queue: {', '.join(left)}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need the real Slurm, so that `-m "not slurm"` leaves them out."""
    for item in items:
        if "slurm" in getattr(item, "fixturenames", ()):
            item.add_marker("slurm")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell `make test` what was skipped, for the last line that it prints."""
    reports = terminalreporter.stats.get("skipped", [])
    reasons = {report.longrepr[2].removeprefix("Skipped: ") for report in reports}
    with Path(terminalreporter.config.stash[SKIPPED_FILE]).open("a") as skipped:
        skipped.writelines(f"{reason}\n" for reason in sorted(reasons))
