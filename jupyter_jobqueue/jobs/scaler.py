"""The wanted size of a group of jobs, and what is done to reach it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from jupyter_jobqueue.adapters.text import shown
from jupyter_jobqueue.errors import CommandTimedOut, LimitReached, QueueDown, QueueError
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy
from jupyter_jobqueue.jobs.decide import Decision, decide, surplus_running
from jupyter_jobqueue.jobs.failures import FailureTracker
from jupyter_jobqueue.jobs.health import Health, Problem, Source
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.limits import SUBMISSIONS_AFTER_FAILURE, Capacity, Limits
from jupyter_jobqueue.jobs.retirer import Retirer
from jupyter_jobqueue.jobs.submitter import Submitter
from jupyter_jobqueue.jobs.table import JobTable, ids_of
from jupyter_jobqueue.jobs.tasks import TaskSet
from jupyter_jobqueue.jobs.walltime import expiring
from jupyter_jobqueue.jobs.workers import Load, Workers

FIRST_RETRY = 2.0
"""Seconds until a queue that did not answer is asked again for the first time."""
REPLACED_UNSEEN = 3
"""Jobs that are replaced although nobody saw them end, before a person has to look."""
OVERCOME = (Source.QUEUE, Source.JOBS, Source.SUBMISSION)
"""Problems that are over once a requested size is on its way."""


@dataclass(frozen=True)
class Target:
    """The wanted size.

    Parameters
    ----------
    jobs : int
        Live jobs wanted.
    adapt : AdaptivePolicy, optional
        What changes that number as the work needs; None for a fixed size.
    """

    jobs: int = 0
    adapt: AdaptivePolicy | None = None

    def adapted_by(self, policy: AdaptivePolicy) -> Target:
        """Return this size within the bounds of a policy, which changes it from now on."""
        return Target(policy.bounded(self.jobs), policy)


class Scaler:
    """Holds the target, and submits and removes jobs until there are as many.

    Parameters
    ----------
    table : JobTable
        The jobs.
    submitter : Submitter
        Brings jobs into the queue.
    retirer : Retirer
        Takes jobs out of the queue.
    failures : FailureTracker
        Knows how the last jobs fared.
    limits : Limits
        Bounds of the user and of the site.
    health : Health
        Gets refusals, and limits that are reached.
    workers : Workers
        The Dask workers of the jobs.
    """

    def __init__(
        self,
        table: JobTable,
        submitter: Submitter,
        retirer: Retirer,
        failures: FailureTracker,
        limits: Limits,
        health: Health,
        workers: Workers,
    ) -> None:
        self.table = table
        self.submitter = submitter
        self.retirer = retirer
        self.failures = failures
        self.limits = limits
        self.health = health
        self.workers = workers
        self.target = Target()
        self.waiting = 0
        """Jobs wanted that a limit holds back."""
        self._requests = Requests()
        self._refusals = 0

    # -- the target

    def request(self, target: Target) -> asyncio.Task[None]:
        """Set the target and act on it as soon as the cluster is open.

        Returns
        -------
        asyncio.Task
            Raises `QueueError` if the queue refuses. The target stays then, but nothing more is
            submitted until somebody retries, requests another one or calls `withdraw`. A queue
            that is away or has no room does not refuse: the target is reached later.
        """
        self.target = target
        self.failures.reset()
        self.limits.full_until = 0.0
        for job in self._unseen():
            job.written_off = True  # a person has decided
        self.health.report(Source.REFUSED, None)
        return self._requests.add(self._fulfil)

    def withdraw(self, target: Target, problem: Problem | None) -> None:
        """Return to the target and the refusal that there were before a request was refused."""
        self.target = target
        self.health.report(Source.REFUSED, problem)

    def open(self) -> None:
        """Let requests be acted on."""
        self._requests.opened.set()

    async def stop(self) -> None:
        """Give up the requests that have not been fulfilled."""
        await self._requests.stop()

    async def _fulfil(self) -> None:
        try:
            await self._act()
            self.health.clear(*OVERCOME)
        except (QueueDown, CommandTimedOut) as error:
            self.health.report(Source.QUEUE, silence(error))
        except QueueError as error:
            self.health.report(Source.REFUSED, Problem.of(error, can_retry=True))
            raise

    def adapt(self, load: Load) -> None:
        """Let the adaptive policy, if there is one, change the target."""
        policy = self.target.adapt
        if policy is None:
            return
        owners = (self.table.owner_of(worker) for worker in load.busy)
        busy = {job.name for job in owners if job is not None}
        needed = -(-load.target // self.table.shape.processes)
        jobs = policy.recommend(wanted=self.target.jobs, needed=needed, busy=len(busy))
        self.target = replace(self.target, jobs=jobs)

    # -- acting on it

    async def follow_up(self) -> None:
        """Act, with nobody there to get a refusal; what was refused is not repeated at once.

        Raises
        ------
        QueueDown, CommandTimedOut
            If the queue does not answer.
        SchedulerFailed
            If the Dask scheduler does not tell which jobs can be spared.
        """
        async with self._requests.lock:
            try:
                await self._act()
            except (QueueDown, CommandTimedOut):
                raise
            except QueueError as error:
                self._refusals += 1
                self.failures.back_off(self._refusals)
                self.health.report(Source.SUBMISSION, Problem.of(error, can_retry=True))

    async def _act(self) -> None:
        """Submit or remove what the decision says."""
        if not self.submitter.callbacks.is_open():
            return
        capacity = self._capacity()
        decision, expiring_jobs = await self._decide(capacity)
        if decision.drop:
            await self.retirer.remove([self.table.jobs[name] for name in decision.drop])
        await self.retirer.cancel_due()
        if decision.submit:
            capacity = await self._submit_up_to(decision.submit) or capacity
        self._report_limit(capacity, expiring_jobs)
        self.health.report(Source.VANISHED, vanished(self._unseen()))

    async def _decide(self, capacity: Capacity) -> tuple[Decision, set[str]]:
        jobs = self.table.jobs.values()
        soon, overdue = expiring(jobs, time.time())
        decision = decide(
            jobs,
            self.target.jobs,
            offered=await self._offered(soon),
            degraded=self._stopped or self.failures.paused,
            room=capacity.jobs,
            unseen=max(0, len(self._unseen()) - REPLACED_UNSEEN),
            expiring=soon,
            overdue=overdue,
        )
        return decision, soon

    @property
    def degraded(self) -> bool:
        """Whether jobs are missing until a person has looked at what is wrong."""
        return self._stopped or self.health.of(Source.VANISHED) is not None

    @property
    def _stopped(self) -> bool:
        return self.failures.degraded or self.health.of(Source.REFUSED) is not None

    def _unseen(self) -> list[Job]:
        """Return the jobs that were wanted and have vanished."""
        return [job for job in self.table.vanished if not self.retirer.was_asked_to_end(job)]

    async def _offered(self, soon: set[str]) -> Sequence[str]:
        """Return the jobs with workers that can best be spared, if one of these must go."""
        jobs = self.table.jobs.values()
        if not self.target.jobs or not surplus_running(jobs, self.target.jobs, soon):
            return ()  # nobody stays, or nobody has to go
        running = self.table.among({JobState.RUNNING})
        return await self.workers.rank_by_idleness(
            {job.name: sorted(job.workers) for job in running}
        )

    def _capacity(self) -> Capacity:
        # Replacing what fails must not become a flood, whatever is allowed otherwise.
        most = SUBMISSIONS_AFTER_FAILURE
        if self.failures.recent and not self.limits.submissions.allows(most, time.monotonic()):
            return Capacity(0, f"after a failure it is {most} submissions a minute")
        return self.limits.capacity(self.table)

    async def _submit_up_to(self, count: int) -> Capacity | None:
        """Submit, in ever smaller parts when the queue has no room for so many at once.

        Returns
        -------
        Capacity or None
            What stands in the way, if not all were submitted.
        """
        part, full = count, None
        while part and count:
            before = len(self.table.jobs)
            try:
                await self.submitter.submit(min(part, count))
                count -= min(part, count)
                self._refusals = 0
                self.health.report(Source.SUBMISSION, None)
            except LimitReached as error:
                self.limits.note_full(error.details)
                full = self.limits.capacity(self.table)
                part = min(part, count) // 2
                count -= len(self.table.jobs) - before  # those that there was room for
        return full

    def _report_limit(self, capacity: Capacity, expiring_jobs: set[str]) -> None:
        live = sum(job.name not in expiring_jobs for job in self.table.live)
        self.waiting = max(0, self.target.jobs - live) if capacity.reason else 0
        if not self.waiting:
            self.health.report(Source.LIMIT, None)
            return
        jobs = "1 job" if self.waiting == 1 else f"{self.waiting} jobs"
        sentence = f"limit reached, {jobs} waiting: {capacity.reason}"
        self.health.report(Source.LIMIT, Problem(sentence, capacity.details))


class Requests:
    """Requests for a size, carried out one after the other once the cluster is open.

    Attributes
    ----------
    opened : asyncio.Event
        Set when the cluster is open.
    lock : asyncio.Lock
        Held by whoever submits or removes jobs.
    """

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.lock = asyncio.Lock()
        self._tasks = TaskSet()
        self._newest = 0

    def add(self, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Carry out `work` in its turn, unless a newer request has come by then."""
        self._newest += 1
        task = self._tasks.spawn(self._run(work, self._newest))
        task.add_done_callback(_ignore_if_nobody_waits)
        return task

    async def _run(self, work: Callable[[], Awaitable[None]], number: int) -> None:
        await self.opened.wait()
        async with self.lock:
            if number == self._newest:
                await work()

    async def stop(self) -> None:
        """Give up what is not done."""
        await self._tasks.cancel()


def _ignore_if_nobody_waits(task: asyncio.Task[None]) -> None:
    """Keep asyncio from warning of a refusal; it is shown as a problem as well."""
    if not task.cancelled():
        task.exception()


def vanished(jobs: Sequence[Job]) -> Problem | None:
    """Return the problem of jobs that nobody saw end; None if they are few.

    Parameters
    ----------
    jobs : sequence of Job
        The jobs.
    """
    if len(jobs) <= REPLACED_UNSEEN:
        return None
    message = (
        f"The queue no longer lists {len(jobs)} jobs, and nobody saw them end. They are replaced "
        "when it shows how they ended, or when somebody retries."
    )
    return Problem(message, f"Not listed: {shown(ids_of(jobs))}", can_retry=True)


def silence(error: QueueError, again_in: float = FIRST_RETRY) -> Problem:
    """Return the problem of a batch system that does not answer.

    Parameters
    ----------
    error : QueueError
        What was noticed of it.
    again_in : float
        Seconds between two attempts.
    """
    message = (
        f"The batch system is not responding; retrying every {again_in:g} s. "
        "Running jobs are not affected."
    )
    return Problem(message, str(error))
