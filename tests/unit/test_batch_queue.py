"""The queue that clusters share: status queries, concurrency, submissions, cancels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from jupyter_jobqueue.adapters.adapter import (
    Adapter,
    BatchState,
    Call,
    JobSpec,
    JobStatus,
    Listing,
)
from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.errors import CancelRefused, CommandTimedOut, QueueError


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 (it waits for other processes)
            await asyncio.sleep(0.01)


class Fake(Adapter):
    """A queue whose commands are lines of shell; each notes that it ran."""

    system, label, class_name, directive = "fake", "Fake", "FakeCluster", "#FAKE"
    env_blocklist = "LEAK"

    def __init__(self, log: Path, answer: str = "sleep 0.2; echo 1 2") -> None:
        self.log = log
        self.answer = answer
        self.refuse = "true"

    def directives(self, spec: JobSpec) -> list[str]:
        return []

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        return Call(["sh", "-c", f"cat >>{self.log}; echo 7"], str.split, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[Listing]:
        def parse(text: str) -> Listing:
            return Listing({job: JobStatus(BatchState.RUNNING) for job in text.split()})

        return Call(["sh", "-c", f"echo status >>{self.log}; {self.answer}"], parse)

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        command = f"echo cancel {' '.join(ids)} >>{self.log}; {self.refuse}"
        return Call(["sh", "-c", command, "cancel", *ids], lambda text: None)

    def version(self) -> Call[str]:
        return Call(["sh", "-c", "echo $LEAK 1.0"], str)

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]] | None:
        return Call(["sh", "-c", "echo disabled >&2; exit 1"], lambda text: {})


def noted(log: Path) -> str:
    return log.read_text()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.touch()
    return path


async def test_queries_at_the_same_time_share_one_command(log: Path) -> None:
    queue = JobQueue(Fake(log))
    reports = await asyncio.gather(*(queue.status([str(job)]) for job in range(20)))
    assert noted(log) == "status\n"
    assert all(report is reports[0] for report in reports)
    assert set(reports[0].jobs) == {"1", "2"}


async def test_a_later_query_runs_again_unless_the_report_is_recent(log: Path) -> None:
    queue = JobQueue(Fake(log, "echo 1"))
    first = await queue.status([])
    assert await queue.status([], max_age=600) is first
    second = await queue.status([])
    assert second.queried_at > first.queried_at
    assert noted(log) == "status\nstatus\n"


async def test_a_cancelled_query_does_not_spoil_the_report_for_others(log: Path) -> None:
    queue = JobQueue(Fake(log))
    impatient = asyncio.create_task(queue.status([]))
    patient = asyncio.create_task(queue.status([]))
    await until(lambda: noted(log) == "status\n")
    impatient.cancel()
    assert set((await patient).jobs) == {"1", "2"}
    assert noted(log) == "status\n"


async def test_a_query_that_failed_is_repeated(log: Path) -> None:
    fake = Fake(log, "echo away >&2; exit 1")
    queue = JobQueue(fake)
    for _ in range(2):
        with pytest.raises(QueueError) as caught:
            await queue.status([])
        assert caught.value.details == "away"
    fake.answer = "echo 1"
    assert set((await queue.status([])).jobs) == {"1"}


async def test_a_failed_query_fails_for_everybody(log: Path) -> None:
    queue = JobQueue(Fake(log, "sleep 0.2; exit 1"))
    results = await asyncio.gather(queue.status([]), queue.status([]), return_exceptions=True)
    assert [type(result) for result in results] == [QueueError, QueueError]
    assert noted(log) == "status\n"


async def test_few_commands_run_at_once(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = log.parent / "running"
    running.mkdir()
    count = f"touch {running}/$$; ls {running} | wc -l; sleep 0.2; rm {running}/$$"
    monkeypatch.setattr(Fake, "version", lambda self: Call(["sh", "-c", count], str.strip))
    queue = JobQueue(Fake(log))
    counts = await asyncio.gather(*(queue.version() for _ in range(12)))
    assert max(map(int, counts)) <= 4


async def test_submit_passes_the_script_and_reads_the_ids(log: Path) -> None:
    assert await JobQueue(Fake(log)).submit(Fake(log).submit(JobSpec("echo hello"))) == ["7"]
    assert "echo hello" in noted(log)


async def test_nothing_to_cancel_starts_no_command(log: Path) -> None:
    queue = JobQueue(Fake(log))
    await queue.cancel([])
    assert noted(log) == ""
    await queue.cancel(["1", "2"])
    assert noted(log) == "cancel 1 2\n"


async def test_where_a_list_cannot_be_cancelled_each_job_is_tried(log: Path) -> None:
    fake = Fake(log)
    fake.refuse = 'for job; do [ $job != 3 ] || { echo "not 3" >&2; exit 1; }; done'
    with pytest.raises(CancelRefused) as caught:
        await JobQueue(fake).cancel(["1", "2", "3", "4"])
    assert (caught.value.ids, caught.value.details) == (["3"], "not 3")
    assert noted(log).split("\n")[:-1] == [
        "cancel 1 2 3 4", "cancel 1 2", "cancel 3 4", "cancel 3", "cancel 4",
    ]  # fmt: skip


async def test_extra_arguments_of_a_cancel_follow_the_name_of_the_command(log: Path) -> None:
    await JobQueue(Fake(log)).cancel(["7"], ["-c", f"echo more >>{log}"])
    assert noted(log) == "more\n"  # sh takes its first -c


async def test_no_accounting_is_no_history(log: Path) -> None:
    queue = JobQueue(Fake(log))
    assert await queue.history([]) == {}
    assert await queue.history(["1"]) == {}


async def test_a_queue_that_names_no_queues_has_none(log: Path) -> None:
    assert await JobQueue(Fake(log)).queues() == []


async def test_blocklist_and_time_out_hold_for_every_command(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAK", "leaked")
    assert await JobQueue(Fake(log)).version() == "1.0\n"
    with pytest.raises(CommandTimedOut, match=r"within 0.5 s"):
        await JobQueue(Fake(log, "sleep 300"), timeout=0.5).status([])


async def test_clusters_of_one_loop_share_a_queue() -> None:
    assert JobQueue.of("slurm") is JobQueue.of("slurm")
    assert JobQueue.of("slurm") is not JobQueue.of("local")


def test_each_loop_has_a_queue_of_its_own() -> None:
    async def of() -> JobQueue:
        return JobQueue.of("slurm")

    assert asyncio.run(of()) is not asyncio.run(of())
