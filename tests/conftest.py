"""Fixtures that all tests share: a Jupyter server, real batch systems."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.beds import htcondor as real_htcondor
from tests.beds import oar as real_oar
from tests.beds import sge as real_sge
from tests.beds.htcondor import HTCondorBed
from tests.beds.oar import OarBed
from tests.beds.sge import SGEBed
from tests.beds.slurm import SlurmBed, missing_commands, new_bed, stop_abandoned

# Before any of this is imported here, and for the processes that the tests start.
LIGHT = str(Path(__file__).with_name("light"))
sys.path.insert(0, LIGHT)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [LIGHT, os.environ.get("PYTHONPATH")]))
# Else each of the thousand processes that the tests start would compile the package again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

pytest_plugins = ["pytest_jupyter.jupyter_server"]


class Bed(Protocol):
    """What is asked here of any real batch system."""

    def up(self) -> None:
        """Start it."""

    def down(self) -> None:
        """Stop it without a trace."""

    def jobs(self) -> list[str]:
        """Return the jobs that are there."""

    def jobs_left(self, timeout: float) -> list[str]:
        """Return the jobs that are still there after `timeout`."""

    def cancel_all(self, timeout: float) -> None:
        """Cancel every job, and wait until none is left."""


RUNNING_BEDS = pytest.StashKey[dict[str, Bed]]()
BEDS = {"slurm", "oar", "sge", "htcondor", "hub"}
"""Fixtures that are real batch systems, or a real Hub; their names are markers as well."""
SKIPPED_FILE = pytest.StashKey[str]()
TOGETHER = (
    "tests/cluster/test_htcondor.py",
    "tests/cluster/test_oar.py",
    "tests/hub/",
    "tests/test_package.py",
)
"""Files and folders whose tests run one after the other in one process: what they share is costly,
or there can be but one on a machine."""
FIRST = ("hub", "cluster", "server", "localqueue", "standins")
"""Folders whose tests wait much, the longest first: other tests run meanwhile and afterwards."""


def pytest_configure(config: pytest.Config) -> None:
    """Keep the variable for ourselves: a test may run pytest as well."""
    config.stash[SKIPPED_FILE] = os.environ.pop("SKIPPED_FILE", os.devnull)
    config.stash[RUNNING_BEDS] = {}


@pytest.fixture
def jp_server_config() -> dict[str, object]:
    """Load the extension, and answer nobody who has not logged in."""
    return {
        "ServerApp": {
            "jpserver_extensions": {"jupyter_jobqueue": True},
            "allow_unauthenticated_access": False,
        }
    }


PATIENT = {
    "batch.dialect.VERSION_TIMEOUT": 60.0,
    "placement.client.ANSWER_TIMEOUT": 60.0,
    "jobs.retirer.DRAIN_TIMEOUT": 60.0,
    "jobs.retirer.RETIRE_TIMEOUT": 120.0,
    "jobs.retirer.LEAVE_TIMEOUT": 60.0,
    "jobs.retirer.CANCEL_TIMEOUT": 60.0,
    "jobs.retirer.GONE_TIMEOUT": 60.0,
}
"""Seconds for which the package waits in tests. Its own limits suit a person; what a busy machine
does not do within them has another end, which is another case than the tested one."""


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the time limits of the package to what a busy machine can keep."""
    for name, seconds in PATIENT.items():
        monkeypatch.setattr(f"jupyter_jobqueue.{name}", seconds)


@contextmanager
def running(bed: Bed, request: pytest.FixtureRequest) -> Iterator[None]:
    """Start a bed, look after each test for jobs that it left there, and stop it at the end.

    Each process of tests has beds of its own: they are up in a moment, and idle for nothing.
    """
    beds, name = request.config.stash[RUNNING_BEDS], str(request.fixturename)
    try:
        bed.up()
        beds[name] = bed
        yield
        del beds[name]
        assert bed.jobs() == [], "left by tests that are not marked as users of this queue"
    finally:
        bed.down()


@pytest.fixture(scope="session")
def slurm(request: pytest.FixtureRequest) -> Iterator[SlurmBed]:
    """Real Slurm for the whole run: SLURM_CONF points at it, and it is stopped at the end."""
    if missing := missing_commands():
        pytest.skip(f"real Slurm: not installed: {' '.join(missing)}")
    stop_abandoned()
    bed = new_bed()
    with running(bed, request), pytest.MonkeyPatch.context() as environment:
        environment.setenv("SLURM_CONF", str(bed.conf))
        yield bed


@contextmanager
def first_on_path(bed: Any, request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a bed whose commands come first on PATH."""
    with running(bed, request), pytest.MonkeyPatch.context() as environment:
        environment.setenv("PATH", str(bed.bin), prepend=os.pathsep)
        yield


@pytest.fixture(scope="session")
def sge(request: pytest.FixtureRequest) -> Iterator[SGEBed]:
    """Real Grid Engine for the whole run: its commands come first on PATH."""
    if missing := real_sge.missing_commands():
        pytest.skip(f"real Grid Engine: not installed: {' '.join(missing)}")
    real_sge.stop_abandoned()
    bed = real_sge.new_bed()
    with first_on_path(bed, request):
        yield bed


@pytest.fixture(scope="module")
def htcondor(request: pytest.FixtureRequest) -> Iterator[HTCondorBed]:
    """Real HTCondor for one file of tests, as it is never idle: its commands come first on PATH."""
    if missing := real_htcondor.missing_commands():
        pytest.skip(f"real HTCondor: not here: {', '.join(missing)}")
    real_htcondor.stop_abandoned()
    bed = real_htcondor.new_bed()
    with first_on_path(bed, request):
        yield bed


@pytest.fixture(scope="module")
def oar(request: pytest.FixtureRequest) -> Iterator[OarBed]:
    """Real OAR for one file of tests, as there can be but one on a machine.

    Nor has any other test to wait until it has told that its queue is empty.
    """
    with real_oar.claimed() as why_not:
        if why_not:
            pytest.skip(f"real OAR: {why_not}")
        bed = real_oar.new_bed()
        with running(bed, request):
            yield bed


@pytest.fixture(autouse=True)
def _queues_are_left_empty(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves jobs in a real queue, after cancelling them.

    Jobs that end by themselves within 40 s are not left: cancelled ones are COMPLETING for a
    while.
    """
    yield
    for name, bed in request.config.stash[RUNNING_BEDS].items():
        if request.node.get_closest_marker(name) and (left := bed.jobs_left(timeout=40)):
            bed.cancel_all(timeout=60)
            pytest.fail(f"jobs left in the queue: {', '.join(left)}")


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each test to a process that is free, and those of `TOGETHER` to the same one."""

    def _split_scope(self, nodeid: str) -> str:
        return next((each for each in TOGETHER if nodeid.startswith(each)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """Take the place of ``--dist loadscope``; ``loadgroup`` of xdist 3.8 groups nothing here."""
    return Together(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that need a real queue, so that `-m "not slurm"` leaves them out.

    Where several processes share the tests, the longest begin first.
    """
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        for name in BEDS & fixtures:
            item.add_marker(name)
    if hasattr(config, "workerinput"):
        items.sort(key=_place)


def _place(item: pytest.Item) -> tuple[bool, bool, int]:
    """Return where a test stands: those that need OAR or much time, then by folder."""
    folders = [*FIRST, item.path.parent.name]
    patient = item.get_closest_marker("timeout") is not None
    return not item.get_closest_marker("oar"), not patient, folders.index(item.path.parent.name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell `make test` what was skipped, for the last line that it prints."""
    reports = terminalreporter.stats.get("skipped", [])
    reasons = {report.longrepr[2].removeprefix("Skipped: ") for report in reports}
    with Path(terminalreporter.config.stash[SKIPPED_FILE]).open("a") as skipped:
        skipped.writelines(f"{reason}\n" for reason in sorted(reasons))
