"""Finds, cancels and reports the remaining jobs of clusters whose owner was killed."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.adapter import JobStatus
from jupyter_jobqueue.batch.dialect import adapter_for
from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.batch.threads import RECORDS, SITE
from jupyter_jobqueue.cluster.cleanup import retire
from jupyter_jobqueue.cluster.request import cancel_words
from jupyter_jobqueue.errors import CommandTimedOut, QueueError
from jupyter_jobqueue.jobs.job import ENDED
from jupyter_jobqueue.jobs.observe import TAGS, is_of
from jupyter_jobqueue.records.process import Process, host
from jupyter_jobqueue.records.record import KeptJob, Record
from jupyter_jobqueue.records.store import Store

logger = logging.getLogger(__name__)


class NotSeenToEnd(QueueError):
    """Jobs of a cluster were cancelled by id, but the queue cannot list what remains.

    Parameters
    ----------
    jobs : int
        How many jobs were cancelled.
    error : QueueError
        Why the queue cannot list jobs.
    """

    def __init__(self, jobs: int, error: QueueError) -> None:
        super().__init__(error.message, details=error.details)
        self.jobs = jobs


def left_over(record: Record, listed: Mapping[str, JobStatus]) -> list[str]:
    """Return the ids of a cluster's jobs that are still in the queue.

    The tag identifies a job; if the queue shows no tag, id and time of submission do.

    Parameters
    ----------
    record : Record
        The cluster.
    listed : Mapping
        The jobs in the queue, by id.
    """
    mine = f"{TAGS}{record.id}-"
    known = {job.id: job for job in record.jobs if job.id}
    found = []
    for job_id, status in listed.items():
        if status.tag.startswith(TAGS):
            ours = status.tag.startswith(mine)
        else:
            job = known.get(job_id)
            ours = job is not None and status.submitted is not None and is_of(status, job)
        if ours and not status.state.ended:
            found.append(job_id)
    return found


async def cancel_left(record: Record) -> int:
    """Cancel the remaining jobs of a cluster.

    Parameters
    ----------
    record : Record
        The cluster.

    Returns
    -------
    int
        Number of cancelled jobs.

    Raises
    ------
    QueueError
        If the batch system fails.
    """
    await SITE.run(adapter_for, record.system)  # may run a command the first time
    queue = JobQueue.of(record.system)
    known = [job.id for job in record.jobs if job.id and _may_be_there(job)]
    try:
        answer = await queue.status(known, everything=True)
    except QueueError as error:
        # The queue cannot list jobs: cancelling the known ones is better than leaving all.
        with suppress(CommandTimedOut):  # the next listing shows its effect
            await queue.cancel(known, cancel_words(record.options))
        raise NotSeenToEnd(len(known), error) from error
    left = left_over(record, answer.jobs)
    await queue.cancel(left, cancel_words(record.options))
    return len(left)


def _may_be_there(job: KeptJob) -> bool:
    facts = job.model_extra or {}
    return facts.get("state") not in ENDED or bool(facts.get("vanished"))


async def cancel_and_forget(store: Store, record: Record) -> int:
    """Cancel the remaining jobs of a claimed cluster and remove its record.

    Parameters
    ----------
    store : Store
        The records of the user.
    record : Record
        The cluster, owned by this process; it is released if its jobs cannot be cancelled.

    Returns
    -------
    int
        Number of cancelled jobs.

    Raises
    ------
    QueueError
        If the batch system fails.
    """
    try:
        left = await cancel_left(record)
    except BaseException:
        await asyncio.shield(RECORDS.run(release, store, record))
        raise
    await RECORDS.run(_forget, store, record)
    return left


def release(store: Store, record: Record) -> None:
    """Give up a claimed cluster, so that another program can claim it.

    Parameters
    ----------
    store : Store
        The records of the user.
    record : Record
        The cluster.
    """
    with suppress(OSError):
        store.write(record.model_copy(update={"owner": None}), Process.of(os.getpid()))


def _forget(store: Store, record: Record) -> None:
    retire(Path(record.folder))
    store.remove(record.id, Process.of(os.getpid()))


def describe_cancelled(jobs: int) -> str:
    """Return a phrase with the number of cancelled jobs.

    Parameters
    ----------
    jobs : int
        Number of jobs.
    """
    if not jobs:
        return "no jobs were left"
    return "1 remaining job was cancelled" if jobs == 1 else f"{jobs} remaining jobs were cancelled"


async def cancel_leftovers(store: Store) -> list[str]:
    """Cancel the remaining jobs of programs on this machine that were killed.

    Parameters
    ----------
    store : Store
        The records of the user.

    Returns
    -------
    list of str
        A sentence about each file that is not a record, and each cluster with remaining jobs.
    """
    records, sentences = await RECORDS.run(store.read_all)
    for record in records:
        if record.kind == "program" and record.system in ADAPTERS:
            sentences += await _cancel_of_one(store, record)
    return sentences


async def _cancel_of_one(store: Store, record: Record) -> list[str]:
    process = record.scheduler.process
    if process.host != host():
        return []
    claimed = await RECORDS.run(store.claim, record.id, Process.of(os.getpid()))
    if claimed is None:
        return []
    try:
        left = await cancel_and_forget(store, claimed)
    except QueueError as error:
        logger.info("Jobs of %s: %s; the next start tries again", record.name, error)
        return []
    end = f"the program of cluster {record.name} (process {process.pid}) ended without closing it"
    if claimed.closing:
        end = f"cluster {record.name} was closed before the queue had ended its jobs"
    return [f"{end}: {describe_cancelled(left)}"] if left else []
