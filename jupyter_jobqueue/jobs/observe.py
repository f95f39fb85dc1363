"""How an answer of the batch system changes a job."""

from __future__ import annotations

import time
from typing import Protocol

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus
from jupyter_jobqueue.jobs.job import TAGS, Job, JobState

SKEW = 600.0
"""Seconds by which the queue's time of submission may differ from ours: clocks, slow commands."""


OBSERVED = {
    BatchState.PENDING: JobState.PENDING,
    BatchState.HELD: JobState.HELD,
    BatchState.STUCK: JobState.HELD,
    BatchState.DONE: JobState.DONE,
    BatchState.FAILED: JobState.FAILED,
    BatchState.CANCELLED: JobState.CANCELLED,
}


def observe(job: Job, status: JobStatus | None, asked: float) -> bool:
    """Take over what a good answer of the queue says of a job.

    Parameters
    ----------
    job : Job
        Changed in place.
    status : JobStatus or None
        None if the answer did not list the job.
    asked : float
        When the queue was asked; an answer older than the job says nothing of it.

    Returns
    -------
    bool
        Whether anything changed that a person would see.
    """
    before = (job.state, job.reason, job.node, job.estimated_start, job.exit_code)
    if status is not None and is_of(status, job):
        _update(job, status)
    elif asked > max(job.submitted, job.missed):
        job.missed = asked
        _miss(job)
    return before != (job.state, job.reason, job.node, job.estimated_start, job.exit_code)


class Submitted(Protocol):
    """What tells a job from others that had or will have its id."""

    tag: str
    submitted: float
    queued: float | None


def is_of(status: JobStatus, job: Submitted) -> bool:
    """Tell whether an id is that of our job still.

    A controller that crashed may have forgotten the newest jobs, and gives their ids out a second
    time. The tag tells whose job it is; where the queue shows none, or a site has written something
    else there, the time of submission does.
    """
    if status.tag.startswith(TAGS):
        return status.tag == job.tag
    if status.submitted is None:
        return True
    if job.queued is not None:
        return abs(status.submitted - job.queued) < 2
    return abs(status.submitted - job.submitted) < SKEW


def _update(job: Job, status: JobStatus) -> None:
    job.absent = 0
    if status.state is BatchState.PENDING and job.state in (JobState.STARTING, JobState.RUNNING):
        job.node, job.started, job.joined = "", None, False  # put back: it will start anew
    job.queued = status.submitted if job.queued is None else job.queued
    job.reason, job.estimated_start = status.reason, status.estimated_start
    job.node = status.node or job.node
    job.started = status.started or job.started
    job.stuck, job.by_system = status.state is BatchState.STUCK, status.ended_by_system
    if status.state.ended:
        end(job, OBSERVED[status.state], status)
    elif job.state is not JobState.CLOSING:
        job.state = _alive(job, status.state)


def _alive(job: Job, state: BatchState) -> JobState:
    if state is BatchState.RUNNING:
        return JobState.RUNNING if job.workers else JobState.STARTING
    return OBSERVED.get(state, job.state)


def _miss(job: Job) -> None:
    # Twice, as a queue may forget a job for a moment while it passes from one list to the next.
    job.absent += 1
    if job.absent >= 2:
        end(job, JobState.CANCELLED if job.state is JobState.CLOSING else JobState.LOST, None)


def end(job: Job, state: JobState, status: JobStatus | None) -> None:
    """Note the end of a job."""
    asked_to_end = job.state is JobState.CLOSING
    job.state = JobState.CANCELLED if asked_to_end and state is not JobState.DONE else state
    job.ended = (status.ended if status else None) or time.time()
    job.estimated_start = None
    if status is not None:
        job.exit_code, job.signal = status.exit_code, status.signal
    elif state is JobState.LOST:
        job.reason = "the queue no longer lists it"
