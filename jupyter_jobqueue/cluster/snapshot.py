"""What of a cluster is kept on disk, and how a cluster is made of that again."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distributed import Security
from pydantic import TypeAdapter

from jupyter_jobqueue.cluster.files import ClusterFolder
from jupyter_jobqueue.cluster.request import Plan
from jupyter_jobqueue.errors import QueueError, SchedulerFailed
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy, Decided
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.submitter import Doubt
from jupyter_jobqueue.options.check import check
from jupyter_jobqueue.options.common import options_of
from jupyter_jobqueue.placement import Attached
from jupyter_jobqueue.records.process import Process
from jupyter_jobqueue.records.record import Bounds, KeptJob, Record, Scheduler

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster.status import ClusterView

JOB = TypeAdapter(Job)
LOOK_PATIENCE = 5.0
"""Seconds for the queue to tell what is there; if it does not, it is asked again and again."""


def snapshot(cluster: ClusterView, owner: Process | None, *, closing: bool = False) -> Record:
    """Return what is to be kept of a cluster; changes of the cluster do not reach it."""
    table, plan = cluster._reconciler, cluster.plan_
    return Record.model_construct(
        id=cluster.id,
        kind=cluster.placement.kind,
        owner=owner,
        closing=closing,
        created=cluster.created,
        system=plan.system,
        profile=plan.profile,
        name=plan.name,
        options=dict(plan.options),
        scheduler_options=dict(plan.scheduler_options),
        protocol=plan.protocol,
        security=dict(table.tls),
        prefix=cluster.dashboard_path,
        folder=str(cluster.folder.path),
        scheduler=_scheduler(cluster),
        wanted=table.wanted,
        adaptive=_bounds(cluster.adaptive),
        count=table.count,
        sizes=dict(table._sizes),
        failures=table.failures,
        detail=table.detail,
        words=table.words,
        jobs=kept_jobs(table.jobs.values()),
        notes=list(cluster.notes),
    )


def _scheduler(cluster: ClusterView) -> Scheduler:
    placement = cluster.placement
    if placement.process_id is None:
        raise SchedulerFailed("a scheduler that was not started cannot be found again")
    return Scheduler(
        address=placement.address,
        dashboard_port=placement.dashboard_port,
        lease=placement.lease,
        process=placement.process_id,
    )


def kept_jobs(jobs: Iterable[Job]) -> Any:
    """Return what is kept of jobs: copies and no more, as it is done in the event loop."""
    return [
        {**vars(job), "workers": [*job.workers], "known_workers": [*job.known_workers]}
        for job in jobs
    ]


def _bounds(policy: AdaptivePolicy | None) -> Bounds | None:
    if policy is None:
        return None
    facts = {name: getattr(policy, name) for name in Bounds.model_fields}
    return Bounds.model_construct(**{**facts, "log": list(policy.log)})


# -- the way back


def plan_of(record: Record) -> Plan:
    """Return the plan of a record, with the defaults of options that are newer than it."""
    known = options_of(record.system)
    kept = {name: value for name, value in record.options.items() if name in known}
    return Plan(
        system=record.system,
        profile=record.profile,
        name=record.name,
        options=check(record.system, kept),
        scheduler_options=record.scheduler_options,
        protocol=record.protocol,
    )


def arguments_of(record: Record) -> dict[str, Any]:
    """Return with which keywords the cluster of a record is made."""
    return {
        "plan": plan_of(record),
        "placement": placement_of(record),
        "cluster_id": record.id,
        "security": Security(**record.security) if record.security else False,
    }


def placement_of(record: Record) -> Attached:
    """Return the scheduler of a record; its dashboard can be seen from its own machine only."""
    found = record.scheduler
    return Attached(
        address=found.address,
        dashboard_port=found.dashboard_port if found.process.here else 0,
        process_id=found.process,
        lease=found.lease,
        log=Path(record.folder) / "scheduler.log",
    )


def restore(cluster: ClusterView, record: Record) -> None:
    """Give a new cluster object, not yet started, what a record knows."""
    table = cluster._reconciler
    cluster.created = table.started = record.created
    cluster.notes.extend(record.notes)
    cluster.folder = ClusterFolder(record.id, cluster.plan_.options, Path(record.folder))
    cluster._prefix = record.prefix
    cluster._policy = _policy(record.adaptive)
    table.tls = dict(record.security)
    table.wanted, table.count = record.wanted, record.count
    table._sizes.update(record.sizes)
    table.failures = record.failures
    if record.failures:
        table.detail, table.words = record.detail, record.words
    table.since = time.time()
    table.jobs.update({kept.name: _job(kept) for kept in record.jobs})
    table.doubts.update(_doubts(table.tags, table.jobs))


def _policy(bounds: Bounds | None) -> AdaptivePolicy | None:
    if bounds is None:
        return None
    policy = AdaptivePolicy(**bounds.model_dump(exclude={"log"}))
    policy.log.extend(Decided(*each) for each in bounds.log)
    return policy


def _job(kept: KeptJob) -> Job:
    job = JOB.validate_python(kept.model_dump())
    job.workers.clear()
    if job.state is JobState.RUNNING:
        job.state = JobState.STARTING  # until its workers are seen
    return job


def _doubts(tags: str, jobs: Mapping[str, Job]) -> dict[str, Doubt]:
    """Return what the queue has to be asked: what was being submitted, and what else there is.

    The latter is what no record tells, as when the disk was full.
    """
    unsettled = defaultdict(list)
    for job in jobs.values():
        if job.state is JobState.SUBMITTING:
            unsettled[job.tag].append(job)
    now = time.time()
    doubts = {tag: Doubt(each, needed=2, since=now) for tag, each in unsettled.items()}
    return {**doubts, tags: Doubt([], since=now)}


async def resume(cluster: ClusterView) -> None:
    """See which workers and jobs are there, and go on with what was under way."""
    table = cluster._reconciler
    for info in cluster.scheduler_info["workers"].values():
        table.worker_changed(str(info["name"]), joined=True)
    for job in table.among({JobState.CLOSING}):
        table.spawn(table._retire(job))
    if table.doubts:
        # Before anybody asks for more: numbers that are not known of must not be used again.
        with suppress(QueueError, TimeoutError):
            await asyncio.wait_for(table._observe(), LOOK_PATIENCE)
