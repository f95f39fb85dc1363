"""Jobs that the queue does not list: whether they have left, or the listing is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.batch.queue import StatusReport
from jupyter_jobqueue.batch.shared import SharedQueue
from jupyter_jobqueue.errors import QueueError
from jupyter_jobqueue.jobs.job import Job
from jupyter_jobqueue.jobs.observe import (
    MISSES_BEFORE_LOST,
    is_missing,
    is_of,
    observe,
    take_back,
)
from jupyter_jobqueue.jobs.table import JobTable

ASKED_AT_ONCE = 10
"""Maximum of jobs that are queried one by one per poll; the others follow later."""
MISSES_IN_DOUBT = 6
"""Reports in a row that must lack a job before it counts as ended, if they lack most jobs."""
WRITTEN_OFF_AFTER = 300.0
"""Seconds after which a vanished job has surely ended, if no report has listed it."""


@dataclass
class Missing:
    """Applies status reports, but accepts missing jobs only if the report is plausible.

    A busy batch system, or a wrapper around its commands, may print nothing, only the first line or
    a part, and exit with 0. Therefore a missing job is queried alone, and a report is ignored for
    missing jobs if it lacks one whose worker is connected. A job that counts as ended by mistake is
    restored when it is listed again.

    Parameters
    ----------
    table : JobTable
        The jobs.
    queue : SharedQueue
        The batch system.
    was_asked_to_end : callable
        Returns whether this cluster wanted a job to end.
    """

    table: JobTable
    queue: SharedQueue
    was_asked_to_end: Callable[[Job], bool]
    _vanished_at: dict[str, float] = field(default_factory=dict)
    _next: int = 0

    async def apply(self, report: StatusReport, known: Sequence[Job]) -> list[Job]:
        """Apply a report.

        Parameters
        ----------
        report : StatusReport
            The report.
        known : sequence of Job
            The jobs that were in the queue when it was requested.

        Returns
        -------
        list of Job
            Jobs with a change that people see.
        """
        missing = [
            job for job in known if is_missing(job, report.jobs.get(job.id), report.queried_at)
        ]
        undecided = {job.name for job in missing} if _is_wrong(report, known) else set()
        if missing and not undecided:
            report, undecided = await self._ask_alone(report, missing)
        needed = MISSES_IN_DOUBT if _is_doubtful(missing, known) else MISSES_BEFORE_LOST
        changed = [
            job
            for job in known
            if job.name not in undecided
            and observe(job, report.jobs.get(job.id), report.queried_at, misses=needed)
        ]
        return changed + self._reconsider(report)

    async def _ask_alone(
        self, report: StatusReport, missing: Sequence[Job]
    ) -> tuple[StatusReport, set[str]]:
        """Query missing jobs one by one before they count as ended.

        Returns
        -------
        StatusReport, set of str
            The report with the jobs found, and names of jobs whose state is still unknown.
        """
        due = [
            job for job in missing if job.absent + 1 >= MISSES_BEFORE_LOST or not report.complete
        ]
        self._next = self._next + ASKED_AT_ONCE if self._next + ASKED_AT_ONCE < len(due) else 0
        chosen = due[self._next : self._next + ASKED_AT_ONCE]
        undecided = {job.name for job in due}
        found = dict(report.jobs)
        for job in chosen:
            with suppress(QueueError):
                alone = await self.queue.look_for(job.id)
                if job.id in alone:
                    found[job.id] = alone[job.id]
                if job.id in alone or alone.complete:
                    undecided.discard(job.name)
        return report._replace(jobs=found), undecided

    def _reconsider(self, report: StatusReport) -> list[Job]:
        """Restore jobs that are listed again, and write off those that vanished long ago."""
        back = []
        for job in self.table.vanished:
            status = report.jobs.get(job.id)
            if status is None or not is_of(status, job):
                self._write_off_in_time(job)
            elif status.state.ended:
                observe(job, status, report.queried_at)
            else:
                take_back(job, status, asked_to_leave=self.was_asked_to_end(job))
                self._vanished_at.pop(job.name, None)
                back.append(job)
        return back

    def _write_off_in_time(self, job: Job) -> None:
        since = self._vanished_at.setdefault(job.name, time.monotonic())
        over = (
            job.started is not None
            and job.walltime is not None
            and steady.now() > job.started + job.walltime
        )
        job.written_off = over or time.monotonic() - since > WRITTEN_OFF_AFTER


def _is_wrong(report: StatusReport, known: Sequence[Job]) -> bool:
    """Whether a report lacks a job that runs, as one of its workers is connected."""
    return any(
        job.workers and job.id not in report.jobs and report.queried_at > job.submitted
        for job in known
    )


def _is_doubtful(missing: Sequence[Job], known: Sequence[Job]) -> bool:
    return len(missing) > 1 and 2 * len(missing) > len(known)
