"""How jobs get into the queue, each of them once, whatever the queue reports or does not report."""

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
"""Single jobs that are submitted at once where arrays are refused; others follow at the next look,
as each costs the queue a request."""
ARRAY_SIZE = 1000
"""Elements of one array at the most; Slurm's default MaxArraySize is 1001."""


@dataclass
class Submitter:
    """Submits jobs, and takes in those of submissions whose outcome was unknown.

    Parameters
    ----------
    table : JobTable
        Gets the jobs.
    unconfirmed : Unconfirmed
        Finds out what became of submissions that failed.
    queue : SharedQueue
        The batch system.
    callbacks : Callbacks
        Functions of the cluster.
    cancel : callable
        Asks the queue to end jobs, by id: those that nobody wants.
    array_size : int
        Elements of one array at the most; 1 for single jobs. It is halved when the queue refuses.
    may_submit : callable
        Asked before each command: whether one more is within the rate that the user allows.
    """

    table: JobTable
    unconfirmed: Unconfirmed
    queue: SharedQueue
    callbacks: Callbacks
    cancel: Callable[[Sequence[str]], Awaitable[None]]
    array_size: int = ARRAY_SIZE
    may_submit: Callable[[], bool] = lambda: True

    async def submit(self, count: int) -> None:
        """Submit jobs, as one array where the system has arrays, or several smaller ones.

        Single jobs are submitted a few at a time, and no command beyond the rate that is allowed:
        what is missing then is missing at the next look too.

        Raises
        ------
        QueueError
            If the queue refuses; when it is not certain that nothing was submitted, the jobs stay
            in the table until the queue has reported.
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
        except BaseException:  # the cluster closes; the command may have done it
            self.unconfirmed.give_up(submission.tag)
            raise
        await self._confirm(submission, jobs, ids, spec)

    async def _confirm(
        self, submission: Submission, jobs: list[Job], ids: list[str], spec: JobSpec
    ) -> None:
        self.unconfirmed.confirm(submission.tag)
        for job, job_id in zip(jobs, ids, strict=True):
            self._enter(job, job_id, spec)
        if not self.callbacks.is_open():  # closed while the queue was thinking
            await self.cancel(ids)

    def _enter(self, job: Job, job_id: str, spec: JobSpec) -> None:
        job.id, job.state = job_id, JobState.PENDING
        job.stdout, job.stderr = self.queue.adapter.log_paths(spec, job_id)

    async def _ask_after(self, jobs: list[Job], given_up_at: float, error: QueueError) -> None:
        """Ask whether a failed submission happened; raises its error unless it did."""
        try:
            report = await self.queue.status([], everything=True)
            if report.queried_at < given_up_at:  # requested before, for somebody else
                report = await self.queue.status([], everything=True)
        except QueueError:
            raise error from None  # stays unconfirmed until the queue reports
        await self.take_in(report)
        if not any(job.id for job in jobs):
            raise error

    async def take_in(self, report: StatusReport) -> int:
        """Take in jobs of ours that a status report shows, and forget those that do not exist.

        Returns
        -------
        int
            How many jobs the queue has twice; they are cancelled.
        """
        resolved = self.unconfirmed.resolve(report)
        for job, job_id in resolved.found:
            self._enter(job, job_id, self.callbacks.make_spec(self.table.submissions[job.tag]))
        self.table.remove(resolved.gone)
        if resolved.duplicates:
            await self.cancel(resolved.duplicates)
        return len(resolved.duplicates)
