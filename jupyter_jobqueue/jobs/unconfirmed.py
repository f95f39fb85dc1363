"""Submissions of which it is not known whether they happened. Pure."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from jupyter_jobqueue.adapters.adapter import JobStatus
from jupyter_jobqueue.batch.queue import StatusReport
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.table import JobTable


@dataclass
class Attempt:
    """A submission that is under way, or that failed and may have happened all the same.

    Parameters
    ----------
    jobs : list of Job
        What was to be submitted, in the order of the array.
    reports_needed : int
        Status reports without these jobs after which they do not exist. A batch system that hung
        may take in what it was sent only after its next report.
    given_up_at : float
        When the submission was given up; infinite while it goes on.
    absent : int
        Reports so far that did not have these jobs.
    """

    jobs: list[Job]
    reports_needed: int = 1
    given_up_at: float = math.inf
    absent: int = 0


class Resolved(NamedTuple):
    """What a status report shows of submissions whose outcome was unknown.

    Parameters
    ----------
    found : list of (Job, str)
        Jobs that exist, with their ids.
    gone : list of Job
        Jobs that were never submitted.
    duplicates : list of str
        Ids of jobs that exist once more than was asked for.
    """

    found: list[tuple[Job, str]]
    gone: list[Job]
    duplicates: list[str]


@dataclass
class Unconfirmed:
    """Finds out what became of submissions, by the tag that the batch system shows.

    A command that failed or never returned can have submitted all the same: one `bsub` against a
    daemon that hung became six jobs. So nothing is submitted again before the queue has reported.

    Parameters
    ----------
    table : JobTable
        The jobs; those that were found under a tag of the table are added to it.
    """

    table: JobTable
    attempts: dict[str, Attempt] = field(default_factory=dict)

    @property
    def pending(self) -> bool:
        """Whether the queue has to be asked for everything of the user."""
        return bool(self.attempts)

    def begin(self, tag: str, jobs: list[Job]) -> None:
        """Note that a submission begins."""
        self.attempts[tag] = Attempt(jobs)

    def confirm(self, tag: str) -> None:
        """Note that the command of a submission has just reported its ids."""
        self.attempts.pop(tag, None)
        self.table.submissions[tag].ids_known_at = time.time()

    def give_up(self, tag: str, reports_needed: int = 1) -> float:
        """Note that it is not known whether a submission happened; returns the time of this."""
        attempt = self.attempts[tag]
        attempt.reports_needed, attempt.given_up_at = reports_needed, time.time()
        return attempt.given_up_at

    def discard(self, tag: str) -> None:
        """Forget a submission that surely has not happened, and its jobs."""
        self.table.remove(self.attempts.pop(tag).jobs)

    def search(self) -> None:
        """Look for jobs that no record knows: those being submitted, and others with our tags."""
        for job in self.table.among({JobState.SUBMITTING}):
            self.attempts.setdefault(job.tag, Attempt([], 2, time.time())).jobs.append(job)
        self.attempts[self.table.tags] = Attempt([], given_up_at=time.time())

    def resolve(self, report: StatusReport) -> Resolved:
        """Compare a status report with what is not known.

        Jobs that exist get a place in the table; their ids and states are for the caller to set.
        """
        mine = {
            job_id: status
            for job_id, status in report.jobs.items()
            if status.tag.startswith(self.table.tags)
            and self._is_due(status.tag, report.queried_at)
        }
        if report.queried_ids is None:
            tags = {status.tag for status in mine.values()}
            for tag, attempt in list(self.attempts.items()):
                if report.queried_at >= attempt.given_up_at:
                    self._settle(tag, attempt, tag in tags)
        found, duplicates = self._match(mine)
        return Resolved(found, self._orphans({job.name for job, _ in found}), duplicates)

    def _is_due(self, tag: str, requested_at: float) -> bool:
        """Whether the ids of a submission were known, or given up, when the report was requested.

        Until then the queue may list its jobs by other ids than the command is about to report.
        """
        attempt, known = self.attempts.get(tag), self.table.submissions.get(tag)
        since = attempt.given_up_at if attempt else known.ids_known_at if known else 0.0
        return requested_at >= since

    def _settle(self, tag: str, attempt: Attempt, exists: bool) -> None:
        attempt.absent += not exists
        if exists or attempt.absent >= attempt.reports_needed:
            del self.attempts[tag]

    def _match(self, mine: dict[str, JobStatus]) -> tuple[list[tuple[Job, str]], list[str]]:
        """Give jobs of the queue that are not known a place in the table.

        A job that ended leaves its place: OAR puts a job of a node that died back under a new id.
        """
        known = {job.id for job in self.table.jobs.values()}
        found: dict[str, tuple[Job, str]] = {}
        duplicates = []
        for job_id, status in mine.items():
            if job_id in known or status.state.ended:
                continue
            job = self.table.place_of(status.tag, status.element)
            if job.in_queue or job.name in found:
                duplicates.append(job_id)
            else:
                found[job.name] = job, job_id
        return list(found.values()), duplicates

    def _orphans(self, found: set[str]) -> list[Job]:
        """Return the jobs of submissions that are settled and did not bring them."""
        return [
            job
            for job in self.table.among({JobState.SUBMITTING})
            if not job.id and job.tag not in self.attempts and job.name not in found
        ]
