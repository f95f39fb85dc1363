"""Submissions whose outcome is unknown. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from jupyter_jobqueue.adapters.adapter import JobStatus
from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.batch.queue import StatusReport
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.table import JobTable


@dataclass
class Attempt:
    """A submission in progress, or one that failed but may have succeeded nevertheless.

    Parameters
    ----------
    jobs : list of Job
        The jobs to submit, in the order of the array.
    reports_needed : int
        Status reports without these jobs after which they do not exist. A batch system that hung
        may execute a submission only after its next report.
    given_up_at : float
        When the submission was given up; infinite while it is in progress.
    absent : int
        Reports so far without these jobs.
    """

    jobs: list[Job]
    reports_needed: int = 1
    given_up_at: float = math.inf
    absent: int = 0


class Resolved(NamedTuple):
    """The outcome of unconfirmed submissions, according to a status report.

    Parameters
    ----------
    found : list of (Job, str)
        Jobs that exist, with their ids.
    gone : list of Job
        Jobs that were never submitted.
    duplicates : list of str
        Ids of jobs beyond the requested number.
    """

    found: list[tuple[Job, str]]
    gone: list[Job]
    duplicates: list[str]


@dataclass
class Unconfirmed:
    """Finds the outcome of submissions by the tag that the batch system shows.

    A command that failed or never returned may have submitted its jobs nevertheless: one `bsub`
    became six jobs while the daemon hung. Nothing is submitted again before the queue has reported.

    Parameters
    ----------
    table : JobTable
        The jobs; jobs that are found by a tag of the table are added to it.
    attempts : dict of str to Attempt
        The unconfirmed submissions by tag.
    """

    table: JobTable
    attempts: dict[str, Attempt] = field(default_factory=dict)

    @property
    def pending(self) -> bool:
        """Whether a report of all jobs of the user is needed."""
        return bool(self.attempts)

    def begin(self, tag: str, jobs: list[Job]) -> None:
        """Record the begin of a submission.

        Parameters
        ----------
        tag : str
            Its tag.
        jobs : list of Job
            Its jobs.
        """
        self.attempts[tag] = Attempt(jobs)

    def confirm(self, tag: str) -> None:
        """Record that the command of a submission has just reported its ids."""
        self.attempts.pop(tag, None)
        self.table.submissions[tag].ids_known_at = steady.now()

    def give_up(self, tag: str, reports_needed: int = 1) -> float:
        """Record that the outcome of a submission is unknown.

        Parameters
        ----------
        tag : str
            Its tag.
        reports_needed : int
            Status reports without its jobs after which they do not exist.

        Returns
        -------
        float
            The current time, in seconds since the epoch.
        """
        attempt = self.attempts[tag]
        attempt.reports_needed, attempt.given_up_at = reports_needed, steady.now()
        return attempt.given_up_at

    def discard(self, tag: str) -> None:
        """Remove a submission that certainly failed, and its jobs."""
        self.table.remove(self.attempts.pop(tag).jobs)

    def search(self) -> None:
        """Search for jobs that the record lacks: those being submitted, others with our tags."""
        for job in self.table.among({JobState.SUBMITTING}):
            self.attempts.setdefault(job.tag, Attempt([], 2, steady.now())).jobs.append(job)
        self.attempts[self.table.tags] = Attempt([], given_up_at=steady.now())

    def resolve(self, report: StatusReport) -> Resolved:
        """Find the outcome of submissions in a status report.

        Existing jobs are added to the table; the caller sets their ids and states.
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
        """Whether a submission had ended when the report was requested.

        Before that, the queue may list its jobs by other ids than the command will report.
        """
        attempt, known = self.attempts.get(tag), self.table.submissions.get(tag)
        since = attempt.given_up_at if attempt else known.ids_known_at if known else 0.0
        return requested_at >= since

    def _settle(self, tag: str, attempt: Attempt, exists: bool) -> None:
        attempt.absent += not exists
        if exists or attempt.absent >= attempt.reports_needed:
            del self.attempts[tag]

    def _match(self, mine: dict[str, JobStatus]) -> tuple[list[tuple[Job, str]], list[str]]:
        """Add unknown jobs of the queue to the table.

        A job may replace an ended one: OAR requeues the job of a failed node with a new id.
        """
        known = {job.id for job in self.table.jobs.values()}
        found: dict[str, tuple[Job, str]] = {}
        duplicates = []
        for job_id, status in mine.items():
            if job_id in known or status.state.ended:
                continue
            job = self.table.place_of(status.tag, status.element, status.submitted)
            if job.in_queue or job.name in found:
                duplicates.append(job_id)
            else:
                found[job.name] = job, job_id
        return list(found.values()), duplicates

    def _orphans(self, found: set[str]) -> list[Job]:
        """Return the jobs that settled submissions did not submit."""
        return [
            job
            for job in self.table.among({JobState.SUBMITTING})
            if not job.id and job.tag not in self.attempts and job.name not in found
        ]
