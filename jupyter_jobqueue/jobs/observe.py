"""How a status report of the batch system changes a job. Pure."""

from __future__ import annotations

import math
from typing import Protocol

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus
from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.jobs.job import Job, JobState

TAGS = "jobqueue-"
"""The beginning of the tags of all clusters."""
CLOCK_SKEW = 600.0
"""Seconds by which the batch system's time of submission may differ from ours, as clocks differ
and commands take time."""
MISSES_BEFORE_LOST = 2
"""Reports in a row without a job after which it has left: a batch system may omit a job for a
moment while it moves it between lists."""
OBSERVED = {
    BatchState.PENDING: JobState.PENDING,
    BatchState.HELD: JobState.HELD,
    BatchState.STUCK: JobState.HELD,
    BatchState.DONE: JobState.DONE,
    BatchState.FAILED: JobState.FAILED,
    BatchState.CANCELLED: JobState.CANCELLED,
}


def observe(
    job: Job, status: JobStatus | None, requested_at: float, *, misses: int = MISSES_BEFORE_LOST
) -> bool:
    """Apply a successful status report to a job.

    Parameters
    ----------
    job : Job
        Changed in place.
    status : JobStatus or None
        None if the report did not list the job.
    requested_at : float
        When the report was requested; a report that is older than the job has no effect.
    misses : int
        Reports in a row that must lack the job before it counts as ended.

    Returns
    -------
    bool
        Whether anything changed that people see.
    """
    before = _visible(job)
    if status is not None and is_of(status, job):
        _update(job, status, requested_at)
    elif is_missing(job, status, requested_at):
        job.last_missed_at = requested_at
        _miss(job, misses)
    return before != _visible(job)


def is_missing(job: Job, status: JobStatus | None, requested_at: float) -> bool:
    """Return whether a status report indicates the end of a job by not listing it.

    It does not while a worker of the job is connected, as such a job still runs.

    Parameters
    ----------
    job : Job
        The job.
    status : JobStatus or None
        None if the report did not list the job.
    requested_at : float
        When the report was requested; seconds since the epoch.
    """
    there = job.workers or (status is not None and is_of(status, job))
    return not there and requested_at > max(job.submitted, job.last_missed_at)


def _visible(job: Job) -> tuple[object, ...]:
    return job.state, job.reason, job.node, job.estimated_start, job.exit_code


class Submitted(Protocol):
    """The attributes that distinguish a job from earlier and later ones with its id."""

    tag: str
    submitted: float
    submitted_per_queue: float | None


def is_of(status: JobStatus, job: Submitted) -> bool:
    """Return whether an id still belongs to our job.

    A controller that has crashed may have lost the newest jobs and assign their ids again. The tag
    identifies a job. If the batch system shows no tag, or a site has overwritten it, the time of
    submission does.

    Parameters
    ----------
    status : JobStatus
        The job that has the id now.
    job : Submitted
        Our job.
    """
    if status.tag.startswith(TAGS):
        return status.tag == job.tag
    if status.submitted is None:
        return True
    if job.submitted_per_queue is not None:
        return abs(status.submitted - job.submitted_per_queue) < 2
    return abs(status.submitted - job.submitted) < CLOCK_SKEW


def ahead(known: float, theirs: float, earliest: float, latest: float) -> float:
    """Return by how many seconds another clock is ahead of ours, after it was seen once more.

    Parameters
    ----------
    known : float
        What was thought so far; it changes by no more than what was seen requires.
    theirs : float
        What the other clock showed, without the fraction of a second.
    earliest, latest : float
        Between which moments of our clock that was.

    Examples
    --------
    >>> ahead(0, 1000, 999.2, 1000.4), ahead(0, 1060, 999, 1000), ahead(62, 1060, 999, 1000)
    (0, 60, 62)
    """
    return min(max(known, theirs - latest), theirs + 1 - earliest)


def _compare_clocks(job: Job, status: JobStatus, requested_at: float) -> None:
    """Find out how far the clock of the batch system is ahead: what it says is by its own clock.

    Where it does not say how long a job has run, the time of submission shows that.
    """
    now = steady.now()
    if job.submitted_per_queue is None and status.submitted is not None:
        job.submitted_per_queue = status.submitted
        job.ahead = ahead(job.ahead, status.submitted, job.submitted, now)
    if status.ran is not None and status.ran >= 0 and status.started is not None:
        shown = status.started + status.ran
        job.ahead = ahead(job.ahead, shown, min(requested_at, now), now)


def _by_our_clock(when: float | None, job: Job) -> float | None:
    return None if when is None else when - job.ahead


def _update(job: Job, status: JobStatus, requested_at: float) -> None:
    _compare_clocks(job, status, requested_at)
    job.absent, job.vanished, job.written_off = 0, False, False
    if status.state is BatchState.PENDING and job.state in (JobState.STARTING, JobState.RUNNING):
        # Requeued: it will start again.
        job.node, job.started, job.joined, job.joined_at = "", None, False, None
    job.reason, job.estimated_start = status.reason, _by_our_clock(status.estimated_start, job)
    job.node = status.node or job.node
    job.started = _by_our_clock(status.started, job) or job.started
    if status.limit is not None:
        job.walltime = None if math.isinf(status.limit) else status.limit
    job.stuck, job.ended_by_system = status.state is BatchState.STUCK, status.ended_by_system
    if status.state.ended:
        end(job, OBSERVED[status.state], status)
    elif job.state is not JobState.CLOSING:
        job.state = _live_state(job, status.state)


def _live_state(job: Job, state: BatchState) -> JobState:
    if state is BatchState.RUNNING:
        return JobState.RUNNING if job.workers else JobState.STARTING
    return OBSERVED.get(state, job.state)


def _miss(job: Job, misses: int) -> None:
    job.absent += 1
    if job.absent >= misses:
        job.vanished = True
        end(job, JobState.CANCELLED if job.state is JobState.CLOSING else JobState.LOST, None)


def end(job: Job, state: JobState, status: JobStatus | None) -> None:
    """Record the end of a job.

    Parameters
    ----------
    job : Job
        Changed in place. A job that was requested to end counts as cancelled, unless its workers
        have moved their data and left.
    state : JobState
        How it ended.
    status : JobStatus or None
        The batch system's report of the end, if there is one.
    """
    asked_to_leave = job.state is JobState.CLOSING
    left_as = JobState.DONE if job.handed_over else JobState.CANCELLED
    job.state = left_as if asked_to_leave and state is not JobState.DONE else state
    job.ended = (_by_our_clock(status.ended, job) if status else None) or steady.now()
    job.estimated_start = None
    if status is not None:
        job.exit_code, job.signal = status.exit_code, status.signal
    elif state is JobState.LOST:
        job.reason = "the queue no longer lists it"


def take_back(job: Job, status: JobStatus, *, asked_to_leave: bool) -> None:
    """Restore a job that counted as ended, as the batch system lists it again.

    Parameters
    ----------
    job : Job
        Changed in place.
    status : JobStatus
        Its current status in the batch system.
    asked_to_leave : bool
        Whether the cluster wanted it to end.
    """
    job.state = JobState.CLOSING if asked_to_leave else JobState.PENDING
    job.ended, job.reason = None, ""
    _update(job, status, steady.now())


def mark_never_started(jobs: list[Job]) -> None:
    """Mark lost jobs as never started: a job that ran would have left a trace."""
    for job in jobs:
        if job.started is None and not job.joined:
            job.state, job.reason = JobState.CANCELLED, "left the queue before it started"


def requeued(jobs: list[Job]) -> list[Job]:
    """Return the jobs that wait again although their workers had joined."""
    return [job for job in jobs if job.state is JobState.PENDING and job.known_workers]
