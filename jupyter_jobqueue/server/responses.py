"""Clusters and jobs as the REST interface shows them."""

from __future__ import annotations

import logging
import os
from typing import Any

from jupyter_jobqueue.cluster import JobQueueCluster
from jupyter_jobqueue.cluster.status import ClusterStatus
from jupyter_jobqueue.jobs import log as job_log
from jupyter_jobqueue.jobs.health import Problem
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
    plan = entry.cluster.spec
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
    cluster, now = entry.cluster, entry.status
    nothing, problem, policy = _nothing(), now.problem or Problem(""), now.target.adapt
    alive = now.state in ("running", "degraded")
    return {
        **_stewardship(cluster, now),
        "state": "closing" if now.state == "closed" else now.state,
        "detail": problem.message,
        "details": problem.details,
        "diagnosis": problem.diagnosis,
        "scheduler_address": cluster.placement.address,
        "dashboard": f"jobqueue/clusters/{entry.id}/dashboard/status"
        if alive and cluster.placement.dashboard_port
        else "",
        "wanted": now.target.jobs,
        "adapt": {"minimum": policy.minimum, "maximum": policy.maximum} if policy else None,
        "jobs": {**nothing["jobs"], **now.job_counts},
        "reason": now.waiting_reason,
        "workers": now.resources.workers,
        "cores": now.resources.cores,
        "memory": now.resources.memory,
        "decisions": [entry._asdict() for entry in policy.log] if policy else [],
    }


def _stewardship(cluster: JobQueueCluster, now: ClusterStatus) -> dict[str, Any]:
    """Return what a cluster costs and when it ends."""
    asked = now.usage.core_hours_asked
    return {
        "waiting": now.waiting,
        "core_hours": round(now.usage.core_hours, 4),
        "core_hours_asked": None if asked is None else round(asked, 4),
        "budget": cluster.spec.options["budget"],
        "closes_at": now.times.closes_at,
        "closes_why": now.times.closes_why,
        "next_end": now.times.next_end,
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
