"""Builds the answers of the REST interface from clusters and from what discovery found."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from jupyter_jobqueue.cluster import display
from jupyter_jobqueue.discovery import ProfileInfo, SystemInfo
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
    """Return what never changes."""
    plan = entry.cluster.plan_
    return ClusterModel(
        id=entry.id,
        name=entry.name,
        system=plan.system,
        profile=plan.profile,
        created=entry.created,
        processes=plan.processes,
        cores_per_job=plan.options["cores"],
        memory_per_job=plan.options["memory"],
        state="starting",
    )


def _cluster(entry: ManagedCluster) -> ClusterModel:
    cluster = entry.cluster
    detail, details = entry.trouble
    workers, cores, memory = display.resources(cluster)
    used, possible = cluster.core_hours
    closes_at, closes_why = cluster.closes
    low, high = entry.adapt or (0, None)
    changing = {
        "state": entry.state,
        "detail": detail,
        "details": details,
        "scheduler_address": cluster.placement.address,
        "dashboard": _dashboard(entry),
        "wanted": entry.wanted,
        "adapt": RangeModel(minimum=low, maximum=high) if entry.adapt else None,
        "jobs": JobCountsModel(**display.counts(cluster)),
        "reason": cluster.waiting_reason,
        "workers": workers,
        "cores": cores,
        "memory": memory,
        "decisions": cluster.adaptive.log if cluster.adaptive else (),
        "diagnosis": cluster.diagnosis,
        "waiting": cluster.waiting,
        "core_hours": round(used, 4),
        "core_hours_asked": None if possible is None else round(possible, 4),
        "budget": cluster.plan_.options["budget"],
        "closes_at": closes_at,
        "closes_why": closes_why,
        "next_end": cluster.next_end,
        "notes": [NoteModel(when=when, text=text) for when, text in cluster.notes],
    }
    return ClusterModel.model_validate({**vars(_identity(entry)), **changing})


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
