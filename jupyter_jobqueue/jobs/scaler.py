"""The target of a group of jobs, and how it is reached."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from jupyter_jobqueue.adapters.text import shown
from jupyter_jobqueue.batch import steady
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
from jupyter_jobqueue.jobs.walltime import expiring, has_heir
from jupyter_jobqueue.jobs.workers import Load, Workers

FIRST_RETRY = 2.0
"""Seconds until the first retry after the queue did not answer."""
REPLACED_UNSEEN = 3
"""Maximum of vanished jobs that are replaced; with more, submission waits for a person."""
OVERCOME = (Source.QUEUE, Source.JOBS, Source.SUBMISSION)
"""Problems that end once a request succeeds."""


@dataclass(frozen=True)
class Target:
    """The wanted size.

    Parameters
    ----------
    jobs : int
        Number of live jobs.
    adapt : AdaptivePolicy, optional
        The policy that adapts this number to the work; None for a fixed size.
    """

    jobs: int = 0
    adapt: AdaptivePolicy | None = None

    def adapted_by(self, policy: AdaptivePolicy) -> Target:
        """Return this size, limited by a policy that adapts it from now on.

        Parameters
        ----------
        policy : AdaptivePolicy
            The policy.
        """
        return Target(policy.bounded(self.jobs), policy)


class Scaler:
    """Holds the target, and submits and removes jobs to reach it.

    Parameters
    ----------
    table : JobTable
        The jobs.
    submitter : Submitter
        Submits jobs.
    retirer : Retirer
        Removes jobs.
    failures : FailureTracker
        Counts failed jobs.
    limits : Limits
        Limits of the user and of the site.
    health : Health
        Receives refusals, and limits that are reached.
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
        """Jobs that a limit keeps from being submitted."""
        self._requests = Requests()
        self._refusals = 0

    # -- the target

    def request(self, target: Target) -> asyncio.Task[None]:
        """Set the target and act on it as soon as the cluster is open.

        Returns
        -------
        asyncio.Task
            Raises `QueueError` if the queue refuses. The target remains, but nothing more is
            submitted until a retry, another request or `withdraw`. A queue that is down or accepts
            no more jobs now does not refuse: the target is reached later.
        """
        self.target = target
        self.failures.reset()
        self.limits.full_until = 0.0
        for job in self._unseen():
            job.written_off = True  # a person has decided
        self.health.report(Source.REFUSED, None)
        return self._requests.add(self._fulfil)

    def withdraw(self, target: Target, problem: Problem | None) -> None:
        """Restore target and problem after a refused request.

        Parameters
        ----------
        target : Target
            The target before the request.
        problem : Problem or None
            The refusal before the request.
        """
        self.target = target
        self.health.report(Source.REFUSED, problem)

    def open(self) -> None:
        """Begin to act on requests."""
        self._requests.opened.set()

    async def stop(self) -> None:
        """Cancel the requests in progress."""
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

    # -- reaching it

    async def follow_up(self) -> None:
        """Submit or remove jobs without a request; a refused submission is retried only later.

        Raises
        ------
        QueueDown, CommandTimedOut
            If the queue does not answer.
        SchedulerFailed
            If the Dask scheduler does not rank the jobs.
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
        """Submit or remove jobs according to the decision."""
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
        soon, overdue = expiring(jobs, steady.now())
        decision = decide(
            jobs,
            self.target.jobs,
            offered=await self._offered(soon),
            degraded=self._stopped or self.failures.paused,
            room=capacity.jobs,
            unseen=max(0, len(self._unseen()) - REPLACED_UNSEEN),
            expiring=soon,
            overdue=overdue if has_heir(jobs, overdue) else (),
        )
        return decision, soon

    @property
    def degraded(self) -> bool:
        """Whether vanished jobs are not replaced until a person retries."""
        return self._stopped or self.health.of(Source.VANISHED) is not None

    @property
    def _stopped(self) -> bool:
        return self.failures.degraded or self.health.of(Source.REFUSED) is not None

    def _unseen(self) -> list[Job]:
        """Return the jobs that have vanished although they were wanted."""
        return [job for job in self.table.vanished if not self.retirer.was_asked_to_end(job)]

    async def _offered(self, soon: set[str]) -> Sequence[str]:
        """Return the jobs with workers, idlest first, if one of them must be removed."""
        jobs = self.table.jobs.values()
        if not self.target.jobs or not surplus_running(jobs, self.target.jobs, soon):
            return ()  # all jobs stay, or all are removed
        running = self.table.among({JobState.RUNNING})
        return await self.workers.rank_by_idleness(
            {job.name: sorted(job.workers) for job in running}
        )

    def _capacity(self) -> Capacity:
        # Replacements for failed jobs must not become a flood, whatever the limits allow.
        most = SUBMISSIONS_AFTER_FAILURE
        if self.failures.recent and not self.limits.submissions.allows(most, time.monotonic()):
            return Capacity(0, f"at most {most} submissions per minute after a failure")
        return self.limits.capacity(self.table)

    async def _submit_up_to(self, count: int) -> Capacity | None:
        """Submit jobs, in smaller and smaller parts if the queue accepts fewer at once.

        Returns
        -------
        Capacity or None
            The limit that was reached, if not all were submitted.
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
    """Requests for a size, executed one after the other once the cluster is open.

    Attributes
    ----------
    opened : asyncio.Event
        Set when the cluster is open.
    lock : asyncio.Lock
        Held while jobs are submitted or removed.
    """

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.lock = asyncio.Lock()
        self._tasks = TaskSet()
        self._newest = 0

    def add(self, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Execute `work` in its turn, unless there is a newer request by then."""
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
        """Cancel all requests."""
        await self._tasks.cancel()


def _ignore_if_nobody_waits(task: asyncio.Task[None]) -> None:
    """Retrieve a refusal, so that asyncio does not warn; it is shown as a problem as well."""
    if not task.cancelled():
        task.exception()


def vanished(jobs: Sequence[Job]) -> Problem | None:
    """Return the problem of vanished jobs; None if they are few.

    Parameters
    ----------
    jobs : sequence of Job
        The jobs.
    """
    if len(jobs) <= REPLACED_UNSEEN:
        return None
    message = (
        f"The queue no longer lists {len(jobs)} jobs, and how they ended is unknown. They are "
        "replaced when the queue shows how they ended, or when you retry."
    )
    return Problem(message, f"Not listed: {shown(ids_of(jobs))}", can_retry=True)


def silence(error: QueueError, again_in: float = FIRST_RETRY) -> Problem:
    """Return the problem of a batch system that does not answer.

    Parameters
    ----------
    error : QueueError
        The error of the command.
    again_in : float
        Seconds between two attempts.
    """
    message = (
        f"The batch system is not responding; retrying every {again_in:g} s. "
        "Running jobs are not affected."
    )
    return Problem(message, str(error))
