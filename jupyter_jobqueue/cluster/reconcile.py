"""Keeps the jobs of a cluster as many as wanted, and its table of jobs true."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from distributed.core import Status

from jupyter_jobqueue.cluster import display
from jupyter_jobqueue.cluster.actions import Actions
from jupyter_jobqueue.cluster.decide import decide, surplus_running
from jupyter_jobqueue.cluster.job import ENDED, LIVE, Job, JobState, observe
from jupyter_jobqueue.errors import JobQueueError, QueueError, SchedulerFailed
from jupyter_jobqueue.jobs import JobQueue

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster.core import JobQueueCluster

logger = logging.getLogger(__name__)
QUICK, SLOW = 1.0, 15.0
"""Seconds between two questions to the queue: while something changes, and when nothing has for
long."""


class Reconciler(Actions):
    """Compares the jobs there are with the number wanted, and acts on the difference.

    Parameters
    ----------
    cluster : JobQueueCluster
        Its owner.
    """

    def __init__(self, cluster: JobQueueCluster) -> None:
        super().__init__(cluster)
        self.wanted = 0
        self.detail = ""
        self.words = ""
        self.failures = 0
        self._not_before = 0.0
        self._period = QUICK

    def start(self) -> None:
        """Begin to watch; needs a running event loop."""
        self.queue = JobQueue.of(self.cluster.plan_.system)
        self._lock = asyncio.Lock()
        self._woken = asyncio.Event()
        self.spawn(self._watch())

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
        self._forget_failures()
        async with self._lock:
            before, self.wanted = self.wanted, jobs
            try:
                await self._act()
            except QueueError:
                self.wanted = min(before, len(self.among(LIVE)))
                raise
            finally:
                self.cluster._changed()
        self.say("")
        self.wake()

    async def retry(self) -> None:
        """Forget failures and try again; raises what the queue says against it."""
        self._forget_failures()
        self.say("")
        async with self._lock:
            await self._act()

    def _forget_failures(self) -> None:
        self.failures, self._not_before = 0, 0.0

    # -- the loop

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
            await self._look_at_scheduler()
            changed = await self._observe()
            self._period = QUICK if changed else min(SLOW, self._period * 1.3)
            await self._adapt()
            async with self._lock:
                await self._act()
        except JobQueueError as error:
            self.say(error.message, error.details)
        except OSError as error:
            self.say(f"the Dask scheduler does not answer: {error}")
        except Exception:
            logger.exception("reconcile of %s", self.cluster.name)

    async def _look_at_scheduler(self) -> None:
        failure, _, words = self.cluster.placement.failure().partition("\n")
        if failure:
            raise SchedulerFailed(failure, details=words)
        await self.cluster.placement.renew(self.scheduler)

    async def _observe(self) -> bool:
        known = [job for job in self.jobs.values() if job.id and job.state not in ENDED]
        if not known:
            return False
        answer = await self.queue.status([job.id for job in known], max_age=0.2)
        self.adopt(answer)
        changed = [job for job in known if observe(job, answer.jobs.get(job.id), answer.asked)]
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
            if job.failed_start:
                await self._count_failure(job)
            elif not job.joined:
                self._not_before = time.time() + QUICK

    async def _count_failure(self, job: Job) -> None:
        self.failures += 1
        self._not_before = time.time() + min(60.0, 2.0**self.failures)
        log = await asyncio.to_thread(display.tail, job.stderr or job.stdout, 20)
        how = str(job.reason or job.state)
        if job.exit_code is not None:
            how = f"exit code {job.exit_code}"
        where = f" on {job.node}" if job.node else ""
        self.say(f"{job.name} ended before a worker joined ({how}{where})", log or job.reason)

    async def _adapt(self) -> None:
        policy = self.cluster.adaptive
        if policy is None:
            return
        load = await self.scheduler.jobqueue_load(target_duration=policy.target_duration)
        needed = -(-load["target"] // self.cluster.plan_.processes)
        busy = {self._job_of(name) for name in load["busy"]}
        if self.cluster.adaptive is policy:
            self.wanted = policy.recommend(wanted=self.wanted, needed=needed, busy=len(busy))

    async def _act(self) -> None:
        """Submit or drop what the decision says; only ever called with the lock held."""
        if self.cluster.status is not Status.running:
            return
        offered: Sequence[str] = ()
        if surplus_running(self.jobs.values(), self.wanted):
            running = self.among({JobState.RUNNING})
            groups = {job.name: sorted(job.workers) for job in running}
            offered = await self.scheduler.jobqueue_spare(groups=groups)
        held_back = self.degraded or time.time() < self._not_before
        decision = decide(self.jobs.values(), self.wanted, offered=offered, degraded=held_back)
        if decision.submit:
            await self.submit(decision.submit)
        if decision.drop:
            await self.drop([self.jobs[name] for name in decision.drop])

    # -- workers

    def worker_changed(self, worker: str, *, joined: bool) -> None:
        """Note that a worker joined or left the Dask scheduler."""
        job = self.jobs.get(self._job_of(worker))
        if job is None:
            return
        if joined:
            job.workers.add(worker)
            job.joined = True
            self._forget_failures()
            self.say("")
        else:
            job.workers.discard(worker)
        if job.state in LIVE:
            job.state = JobState.RUNNING if job.workers else JobState.STARTING
        self.cluster._changed(job)
        self.wake()

    def _job_of(self, worker: str) -> str:
        """Return the job of a worker, named like it, with ``-0``, ``-1`` if one of several."""
        return worker if worker in self.jobs else worker.rpartition("-")[0]

    def say(self, detail: str, words: str = "") -> None:
        """Set what is wrong; an empty text says that all is well."""
        if (detail, words) != (self.detail, self.words):
            self.detail, self.words = detail, words
            self.cluster._changed()
