"""The loop that polls the queue, and acts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.batch.queue import StatusReport
from jupyter_jobqueue.batch.shared import SharedQueue
from jupyter_jobqueue.errors import (
    CommandTimedOut,
    JobQueueError,
    QueueDown,
    QueueError,
    SchedulerFailed,
)
from jupyter_jobqueue.jobs.endings import Endings
from jupyter_jobqueue.jobs.health import Health, Problem, Source
from jupyter_jobqueue.jobs.job import Job
from jupyter_jobqueue.jobs.missing import Missing
from jupyter_jobqueue.jobs.scaler import Scaler, silence
from jupyter_jobqueue.jobs.table import JobTable, ids_of
from jupyter_jobqueue.jobs.walltime import next_date

logger = logging.getLogger(__name__)
POLL_FAST, POLL_SLOW = 1.0, 15.0
"""Seconds between two status reports: while something changes, and after a long quiet time."""
POLL_UNREACHABLE = 60.0
"""Seconds between two attempts to reach a queue that has not answered for long."""
SHORTEST_PAUSE = 0.1
"""Minimum of seconds between two polls."""
SHARED_ANSWER_AGE = 0.2
"""Seconds for which groups that poll at the same time share a status report."""


class Controller:
    """Keeps the table of jobs up to date, and lets the scaler reach the target.

    Parameters
    ----------
    table : JobTable
        The jobs.
    queue : SharedQueue
        The batch system.
    endings : Endings
        Finds out how jobs ended.
    scaler : Scaler
        Submits and removes jobs.
    health : Health
        Receives the problems of polling and acting.
    on_change : callable
        Called with each job that has changed.
    """

    def __init__(
        self,
        table: JobTable,
        queue: SharedQueue,
        endings: Endings,
        scaler: Scaler,
        health: Health,
        on_change: Callable[[Job], None],
    ) -> None:
        self.table = table
        self.queue = queue
        self.endings = endings
        self.scaler = scaler
        self.health = health
        self._on_change = on_change
        self._woken = asyncio.Event()
        self._missing = Missing(table, queue, scaler.retirer.was_asked_to_end)
        self._polling = Polling()

    def wake(self) -> None:
        """Poll at once, and often for a while."""
        self._polling.speed_up()
        self._woken.set()

    async def run(self) -> None:
        """Poll and act until cancelled."""
        while True:
            with suppress(TimeoutError):
                # Not wait_for, which in Python 3.11 can swallow a cancellation.
                async with asyncio.timeout(self._pause()):
                    await self._woken.wait()
            self._woken.clear()
            await self._look_and_act()

    def _pause(self) -> float:
        """Return the seconds until the next poll or action."""
        date = next_date(self.table.jobs.values(), steady.now())
        period = self._polling.period
        return max(SHORTEST_PAUSE, period if date is None else min(period, date))

    async def _look_and_act(self) -> None:
        try:
            self._polling.note(changed=await self.look_at_queue())
            await self.scaler.follow_up()
            # Only by an answer to a query that began after the queue was found silent.
            if self._polling.heard_at >= self.health.seen_at(Source.QUEUE):
                self.health.report(Source.QUEUE, None)
        except (QueueDown, CommandTimedOut) as error:
            self.health.report(Source.QUEUE, silence(error, self._polling.slow_down()))
        except SchedulerFailed as error:
            self.health.report(Source.SCHEDULER, Problem.of(error))
        except JobQueueError as error:
            self.health.report(Source.QUEUE, Problem.of(error))
        except Exception:
            logger.exception("the jobs of %s", self.table.name)

    async def look_at_queue(self) -> bool:
        """Request a status report and apply it; return whether a job has changed."""
        for job in await self.endings.recheck_lost():
            self._on_change(job)
        known = self.table.in_queue
        asked_for = [*known, *self.table.vanished]
        unconfirmed = self.scaler.submitter.unconfirmed
        if not asked_for and not unconfirmed.pending:
            self._polling.heard()  # there is nothing to report
            return False
        report = await self.queue.status(
            ids_of(asked_for), max_age=SHARED_ANSWER_AGE, everything=unconfirmed.pending
        )
        self._polling.heard(report.queried_at)
        await self._take_in(report)
        changed = await self._missing.apply(report, known)
        await self.endings.record(changed)
        for job in changed:
            self._on_change(job)
        return bool(changed)

    async def _take_in(self, report: StatusReport) -> None:
        with suppress(QueueError):  # the next report shows duplicates that could not be cancelled
            if count := await self.scaler.submitter.take_in(report):
                jobs = "1 duplicate job" if count == 1 else f"{count} duplicate jobs"
                self.health.report(Source.JOBS, Problem(f"Cancelling {jobs}."))


class Polling:
    """How often the queue is polled: often while something changes, rarely while it is down.

    Attributes
    ----------
    heard_at : float
        When the last query with an answer began; seconds since the epoch.
    """

    def __init__(self) -> None:
        self.period = POLL_FAST
        self._unanswered = 0
        self._silent_since = self.heard_at = 0.0

    @property
    def answered(self) -> bool:
        """Whether the queue has answered a query that began after it fell silent."""
        return self.heard_at >= self._silent_since

    def heard(self, requested_at: float | None = None) -> None:
        """Record an answer to a query that began at `requested_at`, or now.

        Parameters
        ----------
        requested_at : float, optional
            Seconds since the epoch.
        """
        self.heard_at = steady.now() if requested_at is None else requested_at
        if self.answered:
            self._unanswered = 0

    def note(self, *, changed: bool) -> None:
        """Choose the next period: short after a change, longer without."""
        self.period = POLL_FAST if changed else min(POLL_SLOW, self.period * 1.3)

    def speed_up(self) -> None:
        """Poll often for a while."""
        self.period = POLL_FAST

    def slow_down(self) -> float:
        """Poll less often, as there was no answer; return the seconds until the next attempt."""
        self._unanswered += 1
        self._silent_since = steady.now()
        self.period = min(POLL_UNREACHABLE, POLL_FAST * 2.0**self._unanswered)
        return self.period
