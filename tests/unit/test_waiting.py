"""Why jobs wait, where the listing says too little: who is asked about, and who gets the answer."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from jupyter_jobqueue.adapters.adapter import BatchState, Call, JobStatus, Listing
from jupyter_jobqueue.adapters.local import Local
from jupyter_jobqueue.batch import waiting
from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.batch.waiting import WaitingReasons


class Terse(Local):
    """A queue that lists no reasons worth the name."""

    vague_reason = "^no$"
    answer = "echo too large"

    def why_waiting(self, ids: Sequence[str]) -> Call[dict[str, str]]:
        return Call(["sh", "-c", self.answer], lambda text: dict.fromkeys(ids, text.strip()))

    def status(self, ids: Sequence[str]) -> Call[Listing]:
        return Call(["true"], lambda text: listing(a="no", b="no"))


def listing(**reasons: str) -> Listing:
    """List two waiting jobs of each submission, and one that runs."""
    jobs = {
        f"{tag}{number}": JobStatus(BatchState.PENDING, reason, tag=tag)
        for tag, reason in reasons.items()
        for number in (1, 2)
    }
    return Listing({**jobs, "r": JobStatus(BatchState.RUNNING, "no", tag="r")}, complete=False)


def asked(reasons: WaitingReasons, jobs: Listing) -> list[str]:
    call = reasons.question(jobs)
    return list(call.parse("")) if call else []


def test_one_job_of_each_submission_is_asked_about_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: now))
    reasons, jobs = WaitingReasons(Terse()), listing(a="no", b="others first", c="no")
    assert asked(reasons, jobs) == ["a2", "c2"]
    assert asked(reasons, jobs) == []
    assert asked(reasons, listing(d="no")) == ["d2"]
    now += waiting.ASK_AGAIN
    assert asked(reasons, jobs) == ["a2", "c2"]


def test_the_answer_is_for_all_jobs_of_the_submission_while_they_wait() -> None:
    reasons, jobs = WaitingReasons(Terse()), listing(a="no", b="others first", c="no")
    reasons.question(jobs)
    reasons.note({"a2": "too large", "gone": "x"}, jobs)
    told = reasons.complete(jobs)
    assert not told.complete
    assert {job_id: job.reason for job_id, job in told.items()} == {
        "a1": "too large",
        "a2": "too large",
        "b1": "others first",
        "b2": "others first",
        "c1": "no",
        "c2": "no",
        "r": "no",
    }
    later = reasons.complete(listing(a="held up"))
    assert later["a1"].reason == "held up"


def test_jobs_without_a_tag_are_not_asked_about() -> None:
    jobs = Listing({"1": JobStatus(BatchState.PENDING, "no")})
    assert WaitingReasons(Terse()).question(jobs) is None


@pytest.mark.parametrize(
    ("answer", "reason"), [("echo too large", "too large"), ("exit 1", "no"), ("sleep 9", "no")]
)
async def test_a_report_has_the_answer_and_does_without(
    answer: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_jobqueue.batch.queue.ANALYSIS_TIMEOUT", 1.0)
    adapter = Terse()
    adapter.answer = answer
    report = await JobQueue(adapter).status(["a1"])
    assert {job.reason for job_id, job in report.jobs.items() if job_id != "r"} == {reason}
