"""Makes the record of a cluster, and the parts of a cluster from a record."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from distributed import Security
from pydantic import TypeAdapter

from jupyter_jobqueue.batch import steady
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
from jupyter_jobqueue.records.record import Bounds, Clock, KeptJob, Record, Scheduler

JOB = TypeAdapter(Job)
TIMES = ("submitted", "started", "ended", "estimated_start", "last_missed_at", "joined_at")
"""Attributes of a job that are times of our clock."""
SMALLEST_STEP = 1.0
"""Seconds; clocks that differ by less may have been read at different moments."""
RECORD_NAMES = {
    "submitted_per_queue": "queued",
    "ended_by_system": "by_system",
    "last_missed_at": "missed",
}
"""Attributes of a job that have another name in records since the first version."""


@dataclass(frozen=True)
class Kept:
    """The facts about a cluster that do not change, and its notes.

    Parameters
    ----------
    id : str
        Id of the cluster.
    created : float
        When it was created; seconds since the epoch.
    spec : ClusterSpec
        The request for it.
    files : ClusterFiles
        Its files, with the keys.
    placement : Placement
        Where its scheduler runs.
    notes : list of (float, str)
        Time and sentence of each unusual event.
    """

    id: str
    created: float
    spec: ClusterSpec
    files: ClusterFiles
    placement: Placement
    notes: list[tuple[float, str]]

    @classmethod
    def new(cls, spec: ClusterSpec, placement: Placement) -> Self:
        """Return the facts about a new cluster.

        Parameters
        ----------
        spec : ClusterSpec
            The request for it.
        placement : Placement
            Where its scheduler will run.
        """
        cluster_id = secrets.token_hex(6)
        files = ClusterFiles(cluster_id, spec.options)
        return cls(cluster_id, steady.now(), spec, files, placement, [])


def make_record(
    kept: Kept, state: GroupState, owner: Process | None, closing: bool
) -> Record | None:
    """Return the record of a cluster; later changes of the cluster do not change it.

    While the scheduler starts, its address is unknown and empty in the record. Such a record shows
    that the cluster existed, and lets another program cancel its jobs.

    Parameters
    ----------
    kept : Kept
        The constant facts.
    state : GroupState
        The state of its jobs.
    owner : Process or None
        The process that manages the cluster; None to leave it to others.
    closing : bool
        Whether the cluster is closing.

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
        clock=Clock(boot=Process.of(os.getpid()).boot, offset=steady.OFFSET),
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
    """Return copies of the jobs' data, quickly, as this runs in the event loop."""
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


# -- from a record to a cluster


def arguments_of(record: Record) -> dict[str, Any]:
    """Return the keywords that create the cluster of a record."""
    spec = spec_of(record)
    files = ClusterFiles(record.id, spec.options, Path(record.folder))
    files.tls = dict(record.security)
    placement, notes = placement_of(record), list(record.notes)
    return {
        "_kept": Kept(record.id, record.created, spec, files, placement, notes),
        "security": Security(**record.security) if record.security else False,
    }


def spec_of(record: Record) -> ClusterSpec:
    """Return the spec of a record; options that the record lacks have their defaults."""
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
    """Return the scheduler of a record; its dashboard is visible only on its own machine."""
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
        jobs=[_job(kept, set_by(record)) for kept in record.jobs],
        count=record.count,
        sizes=record.sizes,
        failures=record.failures,
        problem=problem,
    )


def age_of(record: Record) -> float:
    """Return the age of the cluster of a record in seconds."""
    return steady.now() - record.created - set_by(record)


def set_by(record: Record) -> float:
    """Return by how many seconds somebody has set the clock forward since a record was written.

    It is known on the same machine until it boots anew.
    """
    written = record.clock
    if written is None or written.boot != Process.of(os.getpid()).boot:
        return 0.0
    step = steady.OFFSET - written.offset
    return step if abs(step) > SMALLEST_STEP else 0.0


def _policy(bounds: Bounds | None) -> AdaptivePolicy | None:
    if bounds is None:
        return None
    policy = AdaptivePolicy(**bounds.model_dump(exclude={"log"}))
    policy.log.extend(Decided(*entry) for entry in bounds.log)
    return policy


def _job(kept: KeptJob, step: float) -> Job:
    job = JOB.validate_python(_attributes(kept.model_dump(by_alias=True)))
    for name in TIMES:
        if (when := getattr(job, name)) is not None:
            setattr(job, name, when + step)
    job.ahead -= step
    job.workers.clear()
    if job.state is JobState.RUNNING:
        job.state = JobState.STARTING  # until its workers connect
    return job


def _attributes(kept: Mapping[str, Any]) -> dict[str, Any]:
    names = {name: attribute for attribute, name in RECORD_NAMES.items()}
    return {names.get(name, name): value for name, value in kept.items()}
