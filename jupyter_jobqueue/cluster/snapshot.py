"""What of a cluster is kept on disk, and how a cluster is made of that again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Security
from pydantic import TypeAdapter

from jupyter_jobqueue.cluster.files import ClusterFiles
from jupyter_jobqueue.cluster.request import ClusterSpec
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy, Decided
from jupyter_jobqueue.jobs.group import GroupState
from jupyter_jobqueue.jobs.health import Problem
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.jobs.scaler import Target
from jupyter_jobqueue.options.check import check
from jupyter_jobqueue.options.common import options_of
from jupyter_jobqueue.placement import Attached, Placement
from jupyter_jobqueue.records.process import Process
from jupyter_jobqueue.records.record import Bounds, KeptJob, Record, Scheduler

JOB = TypeAdapter(Job)
RECORD_NAMES = {
    "submitted_per_queue": "queued",
    "ended_by_system": "by_system",
    "last_missed_at": "missed",
}
"""Attributes of a job that have another name in a record, from its first version on."""


@dataclass(frozen=True)
class Kept:
    """What a record is made from.

    Parameters
    ----------
    id : str
        The cluster's.
    created : float
        When it was made; seconds since the epoch.
    spec : ClusterSpec
        What was asked for.
    files : ClusterFiles
        Where its keys are.
    placement : Placement
        Where its scheduler runs.
    notes : sequence of (float, str)
        What happened beyond the ordinary.
    """

    id: str
    created: float
    spec: ClusterSpec
    files: ClusterFiles
    placement: Placement
    notes: list[tuple[float, str]]


def make_record(
    kept: Kept, state: GroupState, owner: Process | None, closing: bool
) -> Record | None:
    """Return what is kept of a cluster; later changes of the cluster do not reach it.

    While the scheduler starts, it is not known where it will be: the record then says so with an
    empty address, and serves to tell that this cluster was wanted, and to cancel its jobs.

    Returns
    -------
    Record or None
        None for a program that has not started its scheduler.
    """
    if kept.placement.process_id is None and kept.placement.kind == "program":
        return None
    spec = kept.spec
    return Record.model_construct(
        id=kept.id,
        kind=kept.placement.kind,
        owner=owner,
        closing=closing,
        created=kept.created,
        system=spec.system,
        profile=spec.profile,
        name=spec.name,
        options=dict(spec.options),
        scheduler_options=dict(spec.scheduler_options),
        protocol=spec.protocol,
        security=dict(kept.files.tls),
        prefix=kept.placement.prefix,
        folder=str(kept.files.path),
        scheduler=_scheduler(kept.placement),
        notes=list(kept.notes),
        **_of_group(state),
    )


def _scheduler(placement: Placement) -> Scheduler:
    process = placement.process_id or Process.of(os.getpid())
    return Scheduler(
        address=placement.address,
        dashboard_port=placement.dashboard_port,
        lease=placement.lease,
        process=process,
    )


def _of_group(state: GroupState) -> dict[str, Any]:
    return {
        "wanted": state.target.jobs,
        "adaptive": _bounds(state.target.adapt),
        "count": state.count,
        "sizes": state.sizes,
        "failures": state.failures,
        "detail": state.problem.message if state.problem else "",
        "words": state.problem.details if state.problem else "",
        "jobs": kept_jobs(state.jobs),
    }


def kept_jobs(jobs: Iterable[Job]) -> Any:
    """Return what is kept of jobs: copies and no more, as it is done in the event loop."""
    return [
        {RECORD_NAMES.get(name, name): value for name, value in vars(job).items()}
        | {"workers": [*job.workers], "known_workers": [*job.known_workers]}
        for job in jobs
    ]


def _bounds(policy: AdaptivePolicy | None) -> Bounds | None:
    if policy is None:
        return None
    facts = {name: getattr(policy, name) for name in Bounds.model_fields}
    return Bounds.model_construct(**{**facts, "log": list(policy.log)})


# -- the way back


def arguments_of(record: Record) -> dict[str, Any]:
    """Return the keywords with which the cluster of a record is made."""
    spec = spec_of(record)
    files = ClusterFiles(record.id, spec.options, Path(record.folder))
    files.tls = dict(record.security)
    return {
        "spec": spec,
        "files": files,
        "placement": placement_of(record),
        "cluster_id": record.id,
        "created": record.created,
        "security": Security(**record.security) if record.security else False,
    }


def spec_of(record: Record) -> ClusterSpec:
    """Return the spec of a record, with the defaults of options that are newer than it."""
    known = options_of(record.system)
    kept = {name: value for name, value in record.options.items() if name in known}
    return ClusterSpec(
        system=record.system,
        profile=record.profile,
        name=record.name,
        options=check(record.system, kept),
        scheduler_options=record.scheduler_options,
        protocol=record.protocol,
    )


def placement_of(record: Record) -> Attached:
    """Return the scheduler of a record; its dashboard can be seen from its own machine only."""
    found = record.scheduler
    return Attached(
        address=found.address,
        dashboard_port=found.dashboard_port if found.process.here else 0,
        prefix=record.prefix,
        process_id=found.process,
        lease=found.lease,
        log=Path(record.folder) / "scheduler.log",
    )


def group_state_of(record: Record) -> GroupState:
    """Return the jobs of a record."""
    problem = Problem(record.detail, record.words, can_retry=True) if record.detail else None
    return GroupState(
        target=Target(record.wanted, _policy(record.adaptive)),
        jobs=[_job(kept) for kept in record.jobs],
        count=record.count,
        sizes=record.sizes,
        failures=record.failures,
        problem=problem,
    )


def age_of(record: Record) -> float:
    """Return for how many seconds the cluster of a record has been there."""
    return time.time() - record.created


def _policy(bounds: Bounds | None) -> AdaptivePolicy | None:
    if bounds is None:
        return None
    policy = AdaptivePolicy(**bounds.model_dump(exclude={"log"}))
    policy.log.extend(Decided(*entry) for entry in bounds.log)
    return policy


def _job(kept: KeptJob) -> Job:
    job = JOB.validate_python(_attributes(kept.model_dump(by_alias=True)))
    job.workers.clear()
    if job.state is JobState.RUNNING:
        job.state = JobState.STARTING  # until its workers are seen
    return job


def _attributes(kept: Mapping[str, Any]) -> dict[str, Any]:
    names = {name: attribute for attribute, name in RECORD_NAMES.items()}
    return {names.get(name, name): value for name, value in kept.items()}
