"""How jobs get into the queue, each of them once, whatever the queue says or does not say."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distributed.core import Status

from jupyter_jobqueue.adapters.adapter import JobSpec, JobStatus
from jupyter_jobqueue.batch.queue import StatusReport
from jupyter_jobqueue.cluster.housekeeping import keep_script
from jupyter_jobqueue.errors import CommandMissing, CommandTimedOut, QueueDown, QueueError
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.table import JobTable

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster.cluster import JobQueueCluster

ARRAY = 1000
"""Elements of one array at the most; Slurm's default MaxArraySize is 1001."""


@dataclass
class Doubt:
    """A submission of which it is not known whether it happened.

    Parameters
    ----------
    jobs : list of Job
        What was to be submitted, in the order of the array.
    needed : int
        Good answers of the queue without these jobs after which they do not exist. A queue that
        hung may take in what it was sent only after its next answer.
    """

    jobs: list[Job]
    needed: int = 1
    since: float = math.inf
    """When the submission was given up; infinite while it goes on."""
    absent: int = 0


class Submitting(JobTable):
    """Submits, and asks the queue for the tag when it is not clear what a submission did.

    A command that failed or never answered can have submitted all the same: one `bsub` against a
    daemon that hung became six jobs. So nothing is submitted again before the queue has told.

    Parameters
    ----------
    cluster : JobQueueCluster
        The owner.
    """

    def __init__(self, cluster: JobQueueCluster) -> None:
        super().__init__(cluster)
        self.doubts: dict[str, Doubt] = {}
        self.count = 0
        """Jobs numbered so far; a number is never used again."""
        self._sizes: dict[str, int] = {}
        self._known_since: dict[str, float] = {}
        """When the command of a submission told the ids of its jobs."""

    @property
    def next_submission(self) -> dict[str, Any]:
        """First number and tag of what is submitted next."""
        return {"first": self.count, "tag": f"{self.tags}{self.count}"}

    @property
    def tags(self) -> str:
        """What the tags of all our submissions begin with."""
        return f"jobqueue-{self.cluster.id}-"

    async def submit(self, count: int) -> None:
        """Submit jobs, as one array where the system has arrays."""
        size = ARRAY if self.queue.adapter.array_index else 1
        while count > 0:
            await self._submit(min(size, count))
            count -= size
        self.cluster._changed()
        self.wake()

    async def _submit(self, count: int) -> None:
        submission = self.next_submission
        tag = submission["tag"]
        spec = self._spec(count=count, **submission)
        jobs = self._new_jobs(count, tag)
        doubt = self.doubts[tag] = Doubt(jobs)
        try:
            await self.cluster.remember()
            await asyncio.to_thread(
                keep_script, self.cluster.folder, tag, self.queue.adapter.script(spec)
            )
            if not self._is_open():
                self._forget(tag)
                return
            ids = await self.queue.submit(spec)
        except CommandMissing:
            self._forget(tag)
            raise
        except QueueError as error:
            doubt.needed = 2 if isinstance(error, CommandTimedOut | QueueDown) else 1
            doubt.since = time.time()
            await self._ask_after(tag, error)
            return
        except BaseException:  # the cluster closes; the command may have done it
            doubt.since = time.time()
            raise
        del self.doubts[tag]
        self._known_since[tag] = time.time()
        for job, job_id in zip(jobs, ids, strict=True):
            self._enter(job, job_id, spec)
        if not self._is_open():  # closed while the queue was thinking
            await self.cancel(ids)

    def _is_open(self) -> bool:
        return self.cluster.status is Status.running

    def _new_jobs(self, count: int, tag: str) -> list[Job]:
        numbers = range(self.count, self.count + count)
        self.count += count
        self._sizes[tag] = count
        walltime = self.cluster.plan_.walltime
        jobs = [Job(f"{self.cluster.name}-{n}", n, tag, walltime) for n in numbers]
        self.jobs.update({job.name: job for job in jobs})
        return jobs

    def _spec(self, *, count: int, first: int, tag: str) -> JobSpec:
        return self.cluster.plan_.job_spec(
            address=self.cluster.placement.address,
            tls=self.tls,
            logs=str(self.cluster.folder.logs),
            count=count,
            first=first,
            tag=tag,
        )

    def _enter(self, job: Job, job_id: str, spec: JobSpec) -> None:
        job.id, job.state = job_id, JobState.PENDING
        job.stdout, job.stderr = self.queue.adapter.log_paths(spec, job_id)

    def _forget(self, tag: str) -> None:
        for job in self.doubts.pop(tag).jobs:
            self.jobs.pop(job.name, None)

    # -- submissions that failed

    async def _ask_after(self, tag: str, error: QueueError) -> None:
        """Ask whether a failed submission happened; raises its error unless it did."""
        jobs, since = self.doubts[tag].jobs, self.doubts[tag].since
        try:
            answer = await self.queue.status([], everything=True)
            if answer.queried_at < since:  # somebody had asked before
                answer = await self.queue.status([], everything=True)
        except QueueError:
            raise error from None  # stays in doubt, and is asked after until the queue answers
        await self.cancel_extra(self.settle(answer))
        if not any(job.id for job in jobs):
            raise error

    def settle(self, answer: StatusReport) -> list[str]:
        """Take in jobs that carry our tags although their submission was reported as failed.

        What there is not is forgotten; returns the ids of what there is twice.
        """
        mine = {
            job_id: status
            for job_id, status in answer.jobs.items()
            if status.tag.startswith(self.tags) and self._is_told(status.tag, answer.queried_at)
        }
        for tag, doubt in list(self.doubts.items()):
            if answer.queried_at >= doubt.since and answer.queried_ids is None:
                self._settle_one(tag, doubt, any(each.tag == tag for each in mine.values()))
        return self._adopt(mine)

    def _is_told(self, tag: str, asked: float) -> bool:
        """Whether the ids of a submission were known, or given up, when the queue was asked.

        Until then the queue may list its jobs by other ids than the command is about to tell.
        """
        doubt = self.doubts.get(tag)
        return asked >= (doubt.since if doubt else self._known_since.get(tag, 0.0))

    def _settle_one(self, tag: str, doubt: Doubt, exists: bool) -> None:
        doubt.absent += not exists
        if exists:
            del self.doubts[tag]
        elif doubt.absent >= doubt.needed:
            self._forget(tag)

    def _adopt(self, mine: dict[str, JobStatus]) -> list[str]:
        known = {job.id for job in self.jobs.values()}
        new = {
            job_id: status
            for job_id, status in mine.items()
            if job_id not in known and not status.state.ended
        }
        extra = [job_id for job_id, status in new.items() if not self._take_in(job_id, status)]
        for job in [job for job in self.among({JobState.SUBMITTING}) if self._is_orphan(job)]:
            del self.jobs[job.name]
        return extra

    def _is_orphan(self, job: Job) -> bool:
        """Tell whether a job is of a submission that is settled and did not bring it."""
        return not job.id and job.tag not in self.doubts

    def _take_in(self, job_id: str, status: JobStatus) -> bool:
        """Give a job of the queue its place in the table; False if that is taken.

        One that ended leaves its place: OAR puts a job of a node that died back under a new id.
        """
        first = int(status.tag.rpartition("-")[2])
        number = first + status.element
        name = f"{self.cluster.name}-{number}"
        job = self.jobs.setdefault(name, Job(name, number, status.tag, self.cluster.plan_.walltime))
        self.count = max(self.count, number + 1)
        if job.in_queue:
            return False
        count = self._sizes.get(status.tag, 1)
        self._enter(job, job_id, self._spec(count=count, first=first, tag=status.tag))
        return True

    async def cancel_extra(self, ids: Sequence[str]) -> None:
        """Cancel jobs that exist once more than was asked for."""
        if ids:
            self.say(f"{len(ids)} jobs that the queue made twice are cancelled")
            with suppress(QueueError):
                await self.cancel(ids)


def ids_of(jobs: Iterable[Job]) -> list[str]:
    """Return the ids of the jobs that have one."""
    return [job.id for job in jobs if job.id]
