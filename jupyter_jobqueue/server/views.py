"""Builds the answers of the REST interface from clusters and from what discovery found."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from jupyter_jobqueue.cluster.status import ClusterStatus
from jupyter_jobqueue.discovery import ProfileInfo, SystemInfo
from jupyter_jobqueue.jobs.health import Problem
from jupyter_jobqueue.server.managed_cluster import ManagedCluster
from jupyter_jobqueue.server.responses import (
    ClusterModel,
    JobCountsModel,
    JobModel,
    NoteModel,
    ProfileModel,
    RangeModel,
    SystemModel,
)

logger = logging.getLogger(__name__)


def cluster(entry: ManagedCluster) -> ClusterModel:
    """Return the answer for one cluster.

    Parameters
    ----------
    entry : ManagedCluster
        The cluster.

    Returns
    -------
    ClusterModel
        The cluster; if it cannot be read, it has failed and the list of clusters stays readable.
    """
    try:
        return _cluster(entry)
    except Exception as error:
        logger.exception("cannot describe %s", entry.name)
        sentence = f"cannot describe the cluster: {type(error).__name__}: {error}"
        return _identity(entry).model_copy(update={"state": "failed", "detail": sentence})


def _identity(entry: ManagedCluster) -> ClusterModel:
    """Return the fields that never change."""
    spec = entry.cluster.spec
    return ClusterModel(
        id=entry.id,
        name=entry.name,
        system=spec.system,
        profile=spec.profile,
        created=entry.created,
        processes=spec.processes,
        cores_per_job=spec.options["cores"],
        memory_per_job=spec.options["memory"],
        state="starting",
    )


def _cluster(entry: ManagedCluster) -> ClusterModel:
    now, policy = entry.status, entry.status.target.adapt
    problem, possible = now.problem or Problem(""), now.usage.core_hours_asked
    changing = {
        "state": _state(now),
        "detail": problem.message,
        "details": problem.details,
        "diagnosis": problem.diagnosis,
        "scheduler_address": entry.cluster.placement.address,
        "dashboard": _dashboard(entry),
        "wanted": now.target.jobs,
        "adapt": RangeModel(minimum=policy.minimum, maximum=policy.maximum) if policy else None,
        "jobs": JobCountsModel(**now.job_counts),
        "reason": now.waiting_reason,
        "workers": now.resources.workers,
        "cores": now.resources.cores,
        "memory": now.resources.memory,
        "decisions": policy.log if policy else (),
        "waiting": now.waiting,
        "core_hours": round(now.usage.core_hours, 4),
        "core_hours_asked": None if possible is None else round(possible, 4),
        "budget": entry.cluster.spec.options["budget"],
        "closes_at": now.times.closes_at,
        "closes_why": now.times.closes_why,
        "next_end": now.times.next_end,
        "notes": [NoteModel(when=when, text=text) for when, text in entry.cluster.notes],
    }
    return ClusterModel.model_validate({**vars(_identity(entry)), **changing})


def _state(now: ClusterStatus) -> str:
    """Return the state; a cluster in the list is never `closed`."""
    return "closing" if now.state == "closed" else now.state


def _dashboard(entry: ManagedCluster) -> str:
    alive = entry.state in ("running", "degraded")
    there = alive and entry.cluster.placement.dashboard_port
    return f"jobqueue/clusters/{entry.id}/dashboard/status" if there else ""


def jobs(entry: ManagedCluster) -> list[JobModel]:
    """Return the answer for the jobs of a cluster.

    Parameters
    ----------
    entry : ManagedCluster
        The cluster.

    Returns
    -------
    list of JobModel
        All jobs, ended ones included.
    """
    return [JobModel.model_validate(job) for job in entry.cluster.jobs.values()]


def systems(found: Iterable[SystemInfo]) -> list[SystemModel]:
    """Return the answer for batch systems.

    Parameters
    ----------
    found : iterable of SystemInfo
        Batch systems.

    Returns
    -------
    list of SystemModel
        The same.
    """
    return [SystemModel.model_validate(each) for each in found]


def profiles(found: Iterable[ProfileInfo]) -> list[ProfileModel]:
    """Return the answer for profiles.

    Parameters
    ----------
    found : iterable of ProfileInfo
        Profiles.

    Returns
    -------
    list of ProfileModel
        The same.
    """
    return [ProfileModel.model_validate(each) for each in found]
