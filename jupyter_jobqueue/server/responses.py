"""Clusters and jobs as the REST interface shows them."""

from __future__ import annotations

import logging
import os
from typing import Any

from jupyter_jobqueue.cluster import JobQueueCluster, display
from jupyter_jobqueue.jobs import log as job_log
from jupyter_jobqueue.jobs.job import Job, JobState
from jupyter_jobqueue.server.managed_cluster import ManagedCluster

logger = logging.getLogger(__name__)


def cluster(entry: ManagedCluster) -> dict[str, Any]:
    """Return one cluster; one that cannot be asked says so rather than break the list."""
    try:
        return {**_fixed(entry), **_now(entry)}
    except Exception as error:
        logger.exception("view of %s", entry.name)
        sentence = f"the cluster cannot be shown: {type(error).__name__}: {error}"
        return {**_fixed(entry), **_nothing(), "state": "failed", "detail": sentence}


def _fixed(entry: ManagedCluster) -> dict[str, Any]:
    """Return what never changes."""
    plan = entry.cluster.plan_
    return {
        "id": entry.id,
        "name": entry.name,
        "system": plan.system,
        "profile": plan.profile,
        "created": entry.created,
        "processes": plan.processes,
        "cores_per_job": plan.options["cores"],
        "memory_per_job": plan.options["memory"],
    }


def _nothing() -> dict[str, Any]:
    return {
        "detail": "",
        "details": "",
        "scheduler_address": "",
        "dashboard": "",
        "wanted": 0,
        "adapt": None,
        "jobs": {str(state): 0 for state in JobState},
        "reason": "",
        "workers": 0,
        "cores": 0,
        "memory": 0,
        "decisions": [],
        "diagnosis": "",
        "waiting": 0,
        "core_hours": 0.0,
        "core_hours_asked": None,
        "budget": None,
        "closes_at": None,
        "closes_why": "",
        "next_end": None,
        "notes": [],
    }


def _now(entry: ManagedCluster) -> dict[str, Any]:
    cluster = entry.cluster
    nothing, (detail, details) = _nothing(), entry.trouble
    workers, cores, memory = display.resources(cluster)
    alive = entry.state in ("running", "degraded")
    return {
        **_stewardship(cluster),
        "state": entry.state,
        "detail": detail,
        "details": details,
        "scheduler_address": cluster.placement.address,
        "dashboard": f"jobqueue/clusters/{entry.id}/dashboard/status"
        if alive and cluster.placement.dashboard_port
        else "",
        "wanted": entry.wanted,
        "adapt": dict(zip(("minimum", "maximum"), entry.adapt, strict=True))
        if entry.adapt
        else None,
        "jobs": {**nothing["jobs"], **display.counts(cluster)},
        "reason": cluster.waiting_reason,
        "workers": workers,
        "cores": cores,
        "memory": memory,
        "decisions": [each._asdict() for each in cluster.adaptive.log] if cluster.adaptive else [],
    }


def _stewardship(cluster: JobQueueCluster) -> dict[str, Any]:
    """Return what a cluster costs, when it ends, and what is known of its trouble."""
    used, asked = cluster.core_hours
    closes_at, why = cluster.closes
    return {
        "diagnosis": cluster.diagnosis,
        "waiting": cluster.waiting,
        "core_hours": round(used, 4),
        "core_hours_asked": None if asked is None else round(asked, 4),
        "budget": cluster.plan_.options["budget"],
        "closes_at": closes_at,
        "closes_why": why,
        "next_end": cluster.next_end,
        "notes": [{"when": when, "text": text} for when, text in cluster.notes],
    }


def log(job: Job, stream: str, tail: int) -> dict[str, Any]:
    """Return the end of a job's output; reads a file, so not for an event loop."""
    path: str = getattr(job, stream)
    lines = job_log.tail(path, tail + 1).splitlines()
    size = os.path.getsize(path) if path and os.path.exists(path) else 0
    return {
        "job": job.name,
        "stream": stream,
        "path": path,
        "text": "\n".join(lines[-tail:]),
        "truncated": len(lines) > tail or size > job_log.TAIL_BYTES,
    }
