"""Keeps the jobs of a cluster as many as wanted, and its table of jobs true."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from distributed.core import Status

from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.cluster import housekeeping
from jupyter_jobqueue.errors import (
    CommandTimedOut,
    JobQueueError,
    LimitReached,
    QueueDown,
    QueueError,
    SchedulerFailed,
)
from jupyter_jobqueue.jobs import limits, walltime
from jupyter_jobqueue.jobs.decide import Decision, decide, surplus_running
from jupyter_jobqueue.jobs.diagnosis import diagnose
from jupyter_jobqueue.jobs.endings import Ends
from jupyter_jobqueue.jobs.job import LIVE, JobState
from jupyter_jobqueue.jobs.observe import observe
from jupyter_jobqueue.jobs.submitter import ids_of

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster.cluster import JobQueueCluster

logger = logging.getLogger(__name__)
QUICK, SLOW = 1.0, 15.0
"""Seconds between two questions to the queue: while something changes, and when nothing has for
long."""
AWAY = 60.0
"""Seconds between two questions to a queue that has not answered for long."""
LIMIT_PATIENCE = 15.0
"""Seconds after which a queue that had no room is asked for room again."""


class Reconciler(Ends):
    """Compares the jobs there are with the number wanted, and acts on the difference.

    Parameters
    ----------
    cluster : JobQueueCluster
        Its owner.
    """

    def __init__(self, cluster: JobQueueCluster) -> None:
        super().__init__(cluster)
        self.care = limits.Care.of(cluster.plan_.options)
        self.pace = limits.Pace()
        self.wanted = 0
        self.waiting = 0
        self.detail = ""
        self.words = ""
        self.hitch = ("", "")
        """What kept us from looking or acting the last time, and the words for it."""
        self.refusals = 0
        """How often in a row the queue refused a job with nobody there to tell but `detail`."""
        self.limit = ("", "")
        """What stands in the way of more jobs, and the queue's words for it."""
        self.idle_since = self.started = time.time()
        self._limit_until = 0.0
        self._unanswered = 0
        self._silent_since = self._heard = 0.0
        self._period = QUICK

    def prepare(self) -> None:
        """Know the queue; needs a running event loop."""
        self.queue = JobQueue.of(self.cluster.plan_.system)
        self._lock = asyncio.Lock()
        self._woken = asyncio.Event()

    def start(self) -> None:
        """Begin to watch."""
        self.spawn(self._watch())
        self.spawn(self._keep_house())

    @property
    def state(self) -> str:
        """``running`` or ``degraded``."""
        return "degraded" if self.degraded else "running"

    def wake(self) -> None:
        """Look at once, and often for a while."""
        self._period = QUICK
        if hasattr(self, "_woken"):
            self._woken.set()

    async def scale(self, jobs: int) -> None:
        """Want `jobs` jobs; raises what the queue says against it.

        A queue that is away or has no room says nothing against it: the wish stays.
        """
        self.forget_failures()
        async with self._lock:
            before, self.wanted = self.wanted, jobs
            try:
                await self._act()
                self.say("")
                self.stumble("")
            except (QueueDown, CommandTimedOut) as error:
                self._note_silence(error)
            except QueueError:
                self.wanted = min(before, len(self.among(LIVE)))
                raise
            finally:
                self.cluster._changed()
        self.wake()

    async def retry(self) -> None:
        """Forget failures and try again; raises what the queue says against it."""
        self.forget_failures()
        self._limit_until = 0.0
        self.say("")
        async with self._lock:
            try:
                await self._act()
            except (QueueDown, CommandTimedOut) as error:
                self._note_silence(error)

    # -- the loop

    async def _watch(self) -> None:
        while self.cluster.status is not Status.closed:
            policy = self.cluster.adaptive
            with suppress(TimeoutError):
                period = min(self._period, policy.interval) if policy else self._period
                # Not wait_for, which in Python 3.11 can swallow a cancellation.
                async with asyncio.timeout(period):
                    await self._woken.wait()
            self._woken.clear()
            await self._tick()

    async def _keep_house(self) -> None:
        while self.cluster.status is not Status.closed:
            jobs = list(self.jobs.values())
            await asyncio.to_thread(housekeeping.trim_logs, jobs, housekeeping.log_limit())
            await asyncio.sleep(housekeeping.PERIOD)

    async def _tick(self) -> None:
        try:
            load = await self._look_at_scheduler()
            if self._close_when_over():
                return
            changed = await self._observe()
            self._period = QUICK if changed else min(SLOW, self._period * 1.3)
            self._adapt(load)
            async with self._lock:
                await self._follow_up()
            self._end_silence()
        except (QueueDown, CommandTimedOut) as error:
            self._note_silence(error)
        except JobQueueError as error:
            self.stumble(error.message, error.details)
        except OSError as error:
            self.stumble(f"the Dask scheduler does not answer: {error}")
        except Exception:
            logger.exception("reconcile of %s", self.cluster.name)

    def _end_silence(self) -> None:
        """Go on as before once the queue has answered a question that came after its silence."""
        if self._heard >= self._silent_since:
            self._unanswered = 0
            self.stumble("")

    def _note_silence(self, error: QueueError) -> None:
        """Ask more and more seldom while the queue is away; what is known of the jobs stays."""
        self._unanswered += 1
        self._silent_since = time.time()
        self._period = min(AWAY, QUICK * 2.0**self._unanswered)
        self.stumble(
            f"the queue does not answer; it is asked again every {self._period:g} s, "
            "and nothing is lost meanwhile",
            str(error),
        )

    async def _look_at_scheduler(self) -> dict[str, Any]:
        failure, _, words = self.cluster.placement.failure().partition("\n")
        if failure:
            raise SchedulerFailed(failure, details=words)
        policy, options = self.cluster.adaptive, self.cluster.plan_.options
        load: dict[str, Any] = await self.scheduler.jobqueue_load(
            target_duration=policy.target_duration if policy else None,
            threads=max(1, options["cores"] // options["processes"]),
        )
        if load["working"]:
            self.idle_since = time.time()
        return load

    @property
    def closes(self) -> tuple[float | None, str]:
        """When the cluster closes by itself, and why: ``idle`` or ``age``."""
        ends = {
            "idle": self.idle_since + self.care.idle_timeout if self.care.idle_timeout else None,
            "age": self.started + self.care.max_age if self.care.max_age else None,
        }
        known = [(when, why) for why, when in ends.items() if when is not None]
        return min(known) if known else (None, "")

    def _close_when_over(self) -> bool:
        when, why = self.closes
        if when is None or time.time() < when:
            return False
        self.cluster.expire(self.care.reached(why))
        return True

    async def _observe(self) -> bool:
        await self.learn_late_ends()
        known = [job for job in self.jobs.values() if job.in_queue]
        if not known and not self.doubts:
            self._heard = time.time()  # there is nothing to hear
            return False
        answer = await self.queue.status(ids_of(known), max_age=0.2, everything=bool(self.doubts))
        self._heard = answer.asked
        await self.cancel_extra(self.settle(answer))
        changed = [job for job in known if observe(job, answer.jobs.get(job.id), answer.asked)]
        await self.learn_ends(changed)
        for job in changed:
            self.cluster._changed(job)
        return bool(changed)

    def _adapt(self, load: dict[str, Any]) -> None:
        policy = self.cluster.adaptive
        if policy is not None:
            needed = -(-load["target"] // self.cluster.plan_.processes)
            busy = {self.job_of(name) for name in load["busy"]}
            self.wanted = policy.recommend(wanted=self.wanted, needed=needed, busy=len(busy))

    # -- the decision

    async def _act(self) -> None:
        """Submit or drop what the decision says; only ever called with the lock held."""
        if self.cluster.status is not Status.running:
            return
        decision = await self._decision()
        if decision.drop:
            await self.drop([self.jobs[name] for name in decision.drop])
        await self.cancel_closing()
        await self._submit_up_to(decision.submit)
        live = [job for job in self.among(LIVE) if job.name not in self.expiring[0]]
        waiting = max(0, self.wanted - len(live)) if self.limit[0] else 0
        if waiting != self.waiting:
            self.waiting = waiting
            self.cluster._changed()

    async def _follow_up(self) -> None:
        """Act, with nobody there to tell of a refusal; what was refused is not repeated at once."""
        try:
            await self._act()
        except (QueueDown, CommandTimedOut):
            raise
        except QueueError as error:
            refusals = self.refusals + 1
            self.slow_down(refusals)
            self.say(error.message, error.details)
            self.refusals = refusals

    async def _decision(self) -> Decision:
        jobs, now = self.jobs.values(), time.time()
        self.expiring = walltime.expiring(jobs, now)
        soon, overdue = self.expiring
        offered: Sequence[str] = ()
        if surplus_running(jobs, self.wanted, soon):
            groups = {job.name: sorted(job.workers) for job in self.among({JobState.RUNNING})}
            offered = await self.scheduler.jobqueue_spare(groups=groups)
        return decide(
            jobs,
            self.wanted,
            offered=offered,
            degraded=self.degraded or now < self.not_before,
            room=self._room(),
            expiring=soon,
            overdue=overdue,
        )

    def _room(self) -> float:
        """Return how many jobs may be submitted now, and note what stands in the way of more."""
        now = time.monotonic()
        if now < self._limit_until:
            return 0
        plan, jobs = self.cluster.plan_, self.jobs.values()
        used, asked = limits.core_hours(jobs, plan.cores, time.time())
        room, why = self.care.room(
            jobs,
            job_hours=plan.cores * (plan.walltime or 0) / 3600,
            asked=used if asked is None else asked,
        )
        most = self.care.max_submissions
        if not self.pace.allows(most, now):
            room, why = 0, f"max_submissions is {most} a minute"
        self.limit = (why, "")
        # Replacing what fails must not become a flood, whatever is allowed otherwise.
        if self.failing and not self.pace.allows(limits.AFTER_FAILURE, now):
            self.limit = (f"after a failure it is {limits.AFTER_FAILURE} submissions a minute", "")
            return 0
        return room

    async def _submit_up_to(self, count: int) -> None:
        """Submit; in ever smaller parts when the queue has no room for so many at once."""
        part = count
        while part and count:
            self.pace.note(time.monotonic())
            try:
                await self.submit(min(part, count))
                count -= min(part, count)
                if self.refusals:
                    self.say("")
            except LimitReached as error:
                self.limit = ("the queue takes no more now", error.details)
                part = min(part, count) // 2
        if self.limit[1]:
            self._limit_until = time.monotonic() + LIMIT_PATIENCE

    # -- what a person is told

    def say(self, detail: str, words: str = "") -> None:
        """Set what is wrong; an empty text says that all is well."""
        self.refusals = 0
        if (detail, words) != (self.detail, self.words):
            self.detail, self.words = detail, words
            self.cluster._changed()

    def stumble(self, detail: str, words: str = "") -> None:
        """Set what keeps us from looking or acting now; what is wrong with jobs is kept."""
        if (detail, words) != self.hitch:
            self.hitch = detail, words
            self.cluster._changed()

    @property
    def told(self) -> tuple[str, str]:
        """What is wrong or waits in a sentence, and the words of the queue or a log for it."""
        if self.hitch[0]:
            return self.hitch
        if self.detail or not self.waiting:
            return self.detail, self.words
        jobs = "1 job" if self.waiting == 1 else f"{self.waiting} jobs"
        return f"limit reached, {jobs} waiting: {self.limit[0]}", self.limit[1]

    @property
    def diagnosis(self) -> str:
        """What the words mean, where that is known."""
        return diagnose(self.words) if self.detail and not self.hitch[0] else ""
