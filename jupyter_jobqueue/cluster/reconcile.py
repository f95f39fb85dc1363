"""The working half of a cluster: keeps the table of jobs true and acts on the decision."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from distributed.core import Status

from jupyter_jobqueue.adapters.base import JobStatus
from jupyter_jobqueue.cluster import display
from jupyter_jobqueue.cluster.decide import decide, surplus_running
from jupyter_jobqueue.cluster.job import ENDED, LIVE, Job, JobState, end, observe
from jupyter_jobqueue.errors import CommandTimedOut, JobQueueError, QueueError
from jupyter_jobqueue.jobs import Answer, JobQueue

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster.core import JobQueueCluster

logger = logging.getLogger(__name__)
QUICK, SLOW = 1.0, 15.0
"""Seconds between two questions to the queue: while something changes, and when nothing does for long."""
RETIRE_PATIENCE = 30.0
"""Seconds for the data of a worker to move before its job is cancelled."""
LEAVE_PATIENCE = 5.0
"""Seconds for a retired worker to end its job by itself, so that accounting calls the job completed; a nanny takes 2.4
to leave."""
CLOSE_PATIENCE = 4.0
"""Seconds that closing waits for the queue."""
ARRAY = 1000
"""Elements of one array at the most; Slurm's default MaxArraySize is 1001."""


class Reconciler:
    """Keeps the jobs of one cluster as many as wanted.

    Parameters
    ----------
    cluster : JobQueueCluster
        Its owner.
    """

    def __init__(self, cluster: JobQueueCluster) -> None:
        self.cluster = cluster
        self.jobs: dict[str, Job] = {}
        self.wanted = 0
        self.detail = ""
        self.words = ""
        self.tls: dict[str, Any] = {}
        self.failures = 0
        self._count = 0
        self._not_before = 0.0
        self._period = QUICK
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self) -> None:
        """Begin to watch; needs a running event loop."""
        self.queue = JobQueue.of(self.cluster.plan_.system)
        self._lock = asyncio.Lock()
        self._woken = asyncio.Event()
        self._spawn(self._watch())

    @property
    def state(self) -> str:
        """``running`` or ``degraded``."""
        return "degraded" if self.degraded else "running"

    @property
    def degraded(self) -> bool:
        """Whether too many jobs in a row ended before a worker of them joined."""
        return self.failures >= self.cluster.allowed_failures

    def wake(self) -> None:
        """Look at once, and often for a while."""
        self._period = QUICK
        if hasattr(self, "_woken"):
            self._woken.set()

    async def scale(self, jobs: int) -> None:
        """Want `jobs` jobs; raises what the queue says against it."""
        self.failures, self._not_before = 0, 0.0
        async with self._lock:
            before, self.wanted = self.wanted, jobs
            try:
                await self._act()
            except QueueError:
                self.wanted = min(before, len(self._in(LIVE)))
                raise
            finally:
                self.cluster._changed()
        self._say("")
        self.wake()

    async def retry(self) -> None:
        """Forget failures and try again; raises what the queue says against it."""
        self.failures, self._not_before = 0, 0.0
        self._say("")
        async with self._lock:
            await self._act()

    # -- the loop -----------------------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while self.cluster.status is not Status.closed:
            policy = self.cluster.adaptive
            with suppress(TimeoutError):
                period = min(self._period, policy.interval) if policy else self._period
                await asyncio.wait_for(self._woken.wait(), period)
            self._woken.clear()
            await self._tick()

    async def _tick(self) -> None:
        try:
            await self._renew_lease()
            changed = await self._observe()
            self._period = QUICK if changed else min(SLOW, self._period * 1.3)
            await self._adapt()
            async with self._lock:
                await self._act()
        except JobQueueError as error:
            self._say(error.message, error.details)
        except OSError as error:
            self._say(self.cluster.placement.failure() or f"the Dask scheduler does not answer: {error}")
        except Exception:
            logger.exception("reconcile of %s", self.cluster.name)

    async def _renew_lease(self) -> None:
        failure = self.cluster.placement.failure()
        if failure:
            raise JobQueueError(*failure.split("\n", 1)[:1], details="".join(failure.split("\n", 1)[1:]))
        await self.cluster.placement.renew(self.cluster.scheduler_comm)

    async def _observe(self) -> bool:
        waiting_for = [job for job in self.jobs.values() if job.id and job.state not in ENDED]
        if not waiting_for:
            return False
        answer = await self.queue.status([job.id for job in waiting_for], max_age=0.2)
        self._adopt(answer)
        changed = [job for job in waiting_for if observe(job, answer.jobs.get(job.id), answer.asked)]
        await self._learn_ends([job for job in changed if job.state in ENDED])
        for job in changed:
            self.cluster._changed(job)
        return bool(changed)

    async def _learn_ends(self, ended: Sequence[Job]) -> None:
        lost = [job for job in ended if job.state is JobState.LOST]
        told = await self.queue.history([job.id for job in lost])
        for job in lost:
            if job.id in told and told[job.id].state.ended:
                observe(job, told[job.id], time.time())
            elif self.queue.adapter.remembers and job.started is None:
                job.state, job.reason = JobState.CANCELLED, "left the queue before it started"
        for job in ended:
            if not job.joined and job.state is not JobState.CANCELLED:
                await self._failed_start(job)
            elif not job.joined:
                self._not_before = time.time() + QUICK

    async def _failed_start(self, job: Job) -> None:
        self.failures += 1
        self._not_before = time.time() + min(60.0, 2.0**self.failures)
        log = await asyncio.to_thread(display.tail, job.stderr or job.stdout, 20)
        how = f"exit code {job.exit_code}" if job.exit_code is not None else job.reason or str(job.state)
        where = f" on {job.node}" if job.node else ""
        self._say(f"{job.name} ended before a worker joined ({how}{where})", log or job.reason)

    async def _adapt(self) -> None:
        policy = self.cluster.adaptive
        if policy is None:
            return
        load = await self.cluster.scheduler_comm.jobqueue_load()
        needed = -(-load["target"] // self.cluster.plan_.processes)
        busy = {self._job_of(name) for name in load["busy"]}
        if self.cluster.adaptive is policy:
            self.wanted = policy.recommend(wanted=self.wanted, needed=needed, busy=len(busy))

    # -- acting -------------------------------------------------------------------------------------------------------

    async def _act(self) -> None:
        """Submit or drop what the decision says; only ever called with the lock held."""
        if self.cluster.status is not Status.running:
            return
        offered: Sequence[str] = ()
        if surplus_running(self.jobs.values(), self.wanted):
            groups = {job.name: sorted(job.workers) for job in self._in({JobState.RUNNING})}
            offered = await self.cluster.scheduler_comm.jobqueue_spare(groups=groups)
        held_back = self.degraded or time.time() < self._not_before
        decision = decide(self.jobs.values(), self.wanted, offered=offered, degraded=held_back)
        while decision.submit:
            count = min(ARRAY, decision.submit)
            await self._submit(count)
            decision = decision._replace(submit=decision.submit - count)
        if decision.drop:
            await self._drop([self.jobs[name] for name in decision.drop])

    async def _submit(self, count: int) -> None:
        first = self._count
        self._count += count
        tag = f"jobqueue-{self.cluster.id}-{first}"
        jobs = [Job(f"{self.cluster.name}-{first + i}", first + i, tag) for i in range(count)]
        self.jobs.update({job.name: job for job in jobs})
        spec = self.cluster.plan_.job_spec(
            address=self.cluster.placement.address,
            tls=self.tls,
            logs=str(self.cluster.folder.logs),
            first=first,
            count=count,
            tag=tag,
        )
        try:
            ids = await self.queue.submit(spec)
        except BaseException:
            for job in jobs:
                del self.jobs[job.name]
            raise
        for job, job_id in zip(jobs, ids, strict=True):
            job.id, job.state = job_id, JobState.PENDING
            job.stdout, job.stderr = self.queue.adapter.log_paths(spec, job_id)
        self.cluster._changed()
        self.wake()

    def _adopt(self, answer: Answer) -> None:
        """Take in jobs that carry our tag although their submission was reported as failed.

        `sbatch` can time out and yet have submitted. Such jobs count, so what is too many is dropped.
        """
        known = {job.id for job in self.jobs.values()}
        ours = f"jobqueue-{self.cluster.id}-"
        for job_id, status in answer.jobs.items():
            if status.tag.startswith(ours) and job_id not in known and not status.state.ended:
                self._take_in(job_id, status)

    def _take_in(self, job_id: str, status: JobStatus) -> None:
        number = int(status.tag.rpartition("-")[2]) + _index(job_id)
        name = f"{self.cluster.name}-{number}"
        if name not in self.jobs:
            self.jobs[name] = Job(name, number, status.tag, id=job_id, state=JobState.PENDING)

    async def _drop(self, jobs: Sequence[Job]) -> None:
        running = [job for job in jobs if job.state is JobState.RUNNING]
        others = [job for job in jobs if job.state is not JobState.RUNNING]
        for job in jobs:
            job.state = JobState.CLOSING
            self.cluster._changed(job)
        for job in running:
            self._spawn(self._retire(job))
        await self.queue.cancel([job.id for job in others])
        self.wake()

    async def _retire(self, job: Job) -> None:
        """Let the workers of a job hand over their data and leave; then end the job if it has not ended itself."""
        with suppress(TimeoutError, OSError):
            retired = self.cluster.scheduler_comm.retire_workers(
                names=sorted(job.workers), close_workers=True, remove=True
            )
            await asyncio.wait_for(retired, RETIRE_PATIENCE)
        self.wake()
        await asyncio.sleep(LEAVE_PATIENCE)
        if job.state not in ENDED:
            with suppress(QueueError):
                await self.queue.cancel([job.id])
            self.wake()

    def worker_changed(self, worker: str, *, joined: bool) -> None:
        """Note that a worker joined or left the Dask scheduler."""
        job = self.jobs.get(self._job_of(worker))
        if job is None:
            return
        if joined:
            job.workers.add(worker)
            job.joined, self.failures, self._not_before = True, 0, 0.0
            self._say("")
        else:
            job.workers.discard(worker)
        if job.state in LIVE:
            job.state = JobState.RUNNING if job.workers else JobState.STARTING
        self.cluster._changed(job)
        self.wake()

    def _job_of(self, worker: str) -> str:
        """Return the job of a worker: a worker has its job's name, with ``-0``, ``-1`` if it is one of several."""
        return worker if worker in self.jobs else worker.rpartition("-")[0]

    # -- the end ------------------------------------------------------------------------------------------------------

    async def close(self) -> list[str]:
        """Cancel every job and see that they go; returns the ids that could not be cancelled."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not hasattr(self, "queue"):
            return []
        try:
            return await asyncio.wait_for(self._cancel_all(), CLOSE_PATIENCE)
        except (QueueError, TimeoutError):
            return [job.id for job in self.jobs.values() if job.id and job.state not in ENDED]

    async def _cancel_all(self) -> list[str]:
        left = [job for job in self.jobs.values() if job.state not in ENDED]
        for job in left:
            job.state = JobState.CLOSING
        await self.queue.cancel([job.id for job in left if job.id])
        while left:
            answer = await self.queue.status([job.id for job in left])
            listed = {id for id, status in answer.jobs.items() if not status.state.ended}
            for job in left:
                if job.id not in listed:
                    end(job, JobState.CANCELLED, answer.jobs.get(job.id))
            left = [job for job in left if job.state not in ENDED]
            await asyncio.sleep(0.05 if left else 0)
        return []

    # -- small things -------------------------------------------------------------------------------------------------

    def _in(self, states: Iterable[JobState]) -> list[Job]:
        return [job for job in self.jobs.values() if job.state in states]

    def _say(self, detail: str, words: str = "") -> None:
        if (detail, words) != (self.detail, self.words):
            self.detail, self.words = detail, words
            self.cluster._changed()

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _index(job_id: str) -> int:
    """Return an array element's index from its id, 0 for a single job."""
    digits = job_id.rstrip("]").rpartition("_")[2] if "_" in job_id else "0"
    return int(digits)
