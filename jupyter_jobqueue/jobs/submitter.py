"""Submits each job exactly once, whatever the queue reports or does not report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from jupyter_jobqueue.adapters.adapter import JobSpec
from jupyter_jobqueue.batch.queue import StatusReport
from jupyter_jobqueue.batch.shared import SharedQueue
from jupyter_jobqueue.errors import (
    ArrayRefused,
    CommandMissing,
    CommandTimedOut,
    QueueDown,
    QueueError,
)
from jupyter_jobqueue.jobs.callbacks import Callbacks
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.table import JobTable, Submission
from jupyter_jobqueue.jobs.unconfirmed import Unconfirmed

MOST_SINGLE = 10
"""Maximum of single jobs per poll if the queue refuses arrays; others follow at the next poll, as
each costs the queue a request."""
ARRAY_SIZE = 1000
"""Maximum of elements of one array; Slurm's default MaxArraySize is 1001."""


@dataclass
class Submitter:
    """Submits jobs, and finds the jobs of submissions whose outcome was unknown.

    Parameters
    ----------
    table : JobTable
        Receives the jobs.
    unconfirmed : Unconfirmed
        Finds the outcome of submissions that failed.
    queue : SharedQueue
        The batch system.
    callbacks : Callbacks
        Functions of the cluster.
    cancel : callable
        Cancels jobs by their ids; called for duplicates.
    array_size : int
        Maximum of elements of one array; 1 for single jobs. It is halved when the queue refuses.
    may_submit : callable
        Called before each command: whether one more is within the rate that the user allows.
    """

    table: JobTable
    unconfirmed: Unconfirmed
    queue: SharedQueue
    callbacks: Callbacks
    cancel: Callable[[Sequence[str]], Awaitable[None]]
    array_size: int = ARRAY_SIZE
    may_submit: Callable[[], bool] = lambda: True

    async def submit(self, count: int) -> None:
        """Submit jobs, as one array, several smaller ones, or single jobs.

        Parameters
        ----------
        count : int
            Number of jobs. Of single jobs some are submitted at once, and no command beyond the
            rate that is allowed: the next look finds the others missing too.

        Raises
        ------
        QueueError
            If the queue refuses. If the jobs may have been submitted nevertheless, they stay in the
            table until the queue has reported.
        """
        if not self.queue.adapter.array_index:
            self.array_size = 1
        done = 0
        while done < count and (done < MOST_SINGLE or self.array_size > 1) and self.may_submit():
            part = min(self.array_size, count - done)
            try:
                await self._submit(part)
                done += part
            except ArrayRefused:
                if part == 1:
                    raise
                self.array_size = part // 2
            self.callbacks.on_change(None)

    async def _submit(self, count: int) -> None:
        submission, jobs = self.table.new(count)
        spec = self.callbacks.make_spec(submission)
        self.unconfirmed.begin(submission.tag, jobs)
        try:
            call = self.queue.adapter.submit(spec)
            script = call.stdin or self.queue.adapter.script(spec)
            await self.callbacks.save_record(submission.tag, script)
            if not self.callbacks.is_open():
                self.unconfirmed.discard(submission.tag)
                return
            ids = await self.queue.submit(call)
        except (CommandMissing, ArrayRefused):
            self.unconfirmed.discard(submission.tag)
            raise
        except QueueError as error:
            reports = 2 if isinstance(error, CommandTimedOut | QueueDown) else 1
            given_up_at = self.unconfirmed.give_up(submission.tag, reports)
            await self._ask_after(jobs, given_up_at, error)
            return
        except BaseException:  # the cluster closes; the command may have succeeded
            self.unconfirmed.give_up(submission.tag)
            raise
        await self._confirm(submission, jobs, ids, spec)

    async def _confirm(
        self, submission: Submission, jobs: list[Job], ids: list[str], spec: JobSpec
    ) -> None:
        self.unconfirmed.confirm(submission.tag)
        for job, job_id in zip(jobs, ids, strict=True):
            self._enter(job, job_id, spec)
        if not self.callbacks.is_open():  # the cluster was closed meanwhile
            await self.cancel(ids)

    def _enter(self, job: Job, job_id: str, spec: JobSpec) -> None:
        job.id, job.state = job_id, JobState.PENDING
        job.stdout, job.stderr = self.queue.adapter.log_paths(spec, job_id)

    async def _ask_after(self, jobs: list[Job], given_up_at: float, error: QueueError) -> None:
        """Check whether a failed submission succeeded nevertheless; raise its error if not."""
        try:
            report = await self.queue.status([], everything=True)
            if report.queried_at < given_up_at:  # an earlier report, requested by another group
                report = await self.queue.status([], everything=True)
        except QueueError:
            raise error from None  # stays unconfirmed until the queue reports
        await self.take_in(report)
        if not any(job.id for job in jobs):
            raise error

    async def take_in(self, report: StatusReport) -> int:
        """Add our jobs in a status report to the table, and remove those that do not exist.

        Parameters
        ----------
        report : StatusReport
            A report of all jobs of the user.

        Returns
        -------
        int
            Number of duplicate jobs, which are cancelled.
        """
        resolved = self.unconfirmed.resolve(report)
        for job, job_id in resolved.found:
            self._enter(job, job_id, self.callbacks.make_spec(self.table.submissions[job.tag]))
        self.table.remove(resolved.gone)
        if resolved.duplicates:
            await self.cancel(resolved.duplicates)
        return len(resolved.duplicates)
