"""How a status report of the batch system changes a job. Pure."""

from __future__ import annotations

import time
from typing import Protocol

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus
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
        _update(job, status)
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


def _update(job: Job, status: JobStatus) -> None:
    job.absent, job.vanished, job.written_off = 0, False, False
    if status.state is BatchState.PENDING and job.state in (JobState.STARTING, JobState.RUNNING):
        job.node, job.started, job.joined = "", None, False  # requeued: it will start again
    if job.submitted_per_queue is None:
        job.submitted_per_queue = status.submitted
    job.reason, job.estimated_start = status.reason, status.estimated_start
    job.node = status.node or job.node
    job.started = status.started or job.started
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
    job.ended = (status.ended if status else None) or time.time()
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
    _update(job, status)


def mark_never_started(jobs: list[Job]) -> None:
    """Mark lost jobs as never started: a job that ran would have left a trace."""
    for job in jobs:
        if job.started is None and not job.joined:
            job.state, job.reason = JobState.CANCELLED, "left the queue before it started"


def requeued(jobs: list[Job]) -> list[Job]:
    """Return the jobs that wait again although their workers had joined."""
    return [job for job in jobs if job.state is JobState.PENDING and job.known_workers]
