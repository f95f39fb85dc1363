"""The clusters of one Jupyter server. Knows no HTTP: plain values in, plain values out."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any

from traitlets import Bool, Float

from jupyter_jobqueue.cluster import CLASSES, JobQueueCluster
from jupyter_jobqueue.cluster.request import ClusterSpec
from jupyter_jobqueue.errors import NotFound, unknown
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy
from jupyter_jobqueue.jobs.job import Job
from jupyter_jobqueue.jobs.scaler import Target
from jupyter_jobqueue.placement import LEASE, OwnProcess
from jupyter_jobqueue.server import responses
from jupyter_jobqueue.server.events import Events
from jupyter_jobqueue.server.managed_cluster import ManagedCluster
from jupyter_jobqueue.server.notices import Notices
from jupyter_jobqueue.server.policy import Planner
from jupyter_jobqueue.server.recovery import Adoption

STREAMS = ("stdout", "stderr")


class ClusterManager(Planner):
    """Makes, keeps and closes clusters, and finds those again that an earlier server had."""

    queue_patience = Float(
        5.0,
        min=0,
        help="Seconds for which a request waits for the queue. A queue that takes longer is "
        "carried on with, and its answer is seen in the state of the cluster.",
    ).tag(config=True)
    close_patience = Float(
        12.0, min=0.1, help="Seconds after which closing a cluster no longer waits for its queue."
    ).tag(config=True)
    stop_patience = Float(
        3.0, min=0.1, help="Seconds for all clusters together to close when the server stops."
    ).tag(config=True)
    lease = Float(
        LEASE,
        min=1,
        help="Seconds for which a cluster lives on when its server has ended without closing it. "
        "A server that starts within this time finds it again.",
    ).tag(config=True)
    keep_on_stop = Bool(
        False,
        help="Whether clusters stay when the server stops, for the next server to find within the "
        "time of the lease. If not, they are closed.",
    ).tag(config=True)

    def __init__(self, events: Events, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.events = events
        self.notices = Notices()
        self.adoption = Adoption(self, self.log)
        self._clusters: dict[str, ManagedCluster] = {}

    # -- questions

    def clusters(self) -> list[dict[str, Any]]:
        """Return every cluster, oldest first."""
        return [responses.cluster(entry) for entry in self._clusters.values()]

    def get(self, cluster_id: str) -> dict[str, Any]:
        """Return one cluster."""
        return responses.cluster(self._entry(cluster_id))

    def jobs(self, cluster_id: str) -> list[dict[str, Any]]:
        """Return every job of a cluster, ended ones too."""
        return [job.to_dict() for job in self._entry(cluster_id).cluster.jobs.values()]

    async def job_log(self, cluster_id: str, job: str, stream: str, tail: int) -> dict[str, Any]:
        """Return the last `tail` lines of a job's output."""
        entry = self._entry(cluster_id)
        found = entry.cluster.jobs.get(job)
        if found is None:
            raise NotFound(f"no job {job!r} in {entry.name}", field="job")
        if stream not in STREAMS:
            raise unknown("stream", stream, STREAMS, field="stream")
        return await asyncio.to_thread(responses.log, found, stream, tail)

    def job_script(self, cluster_id: str) -> dict[str, str]:
        """Return the script of a cluster's jobs and the command that submits it."""
        cluster = self._entry(cluster_id).cluster
        return {"script": cluster.job_script(), "command": cluster.submit_command()}

    def client_code(self, cluster_id: str, base_url: str) -> dict[str, str]:
        """Return Python that connects a client, which then shows the dashboard below `base_url`."""
        entry = self._entry(cluster_id)
        entry.require_started()
        dashboard = base_url + responses.cluster(entry)["dashboard"]
        return {"code": entry.cluster.client_code(dashboard)}

    def dashboard(self, cluster_id: str) -> tuple[int, str]:
        """Return port and secret prefix of a cluster's dashboard on this machine."""
        entry = self._entry(cluster_id)
        entry.require_started()
        port = entry.cluster.placement.dashboard_port
        if not port:
            raise NotFound(f"{entry.name} has no dashboard")
        return port, entry.cluster.placement.prefix

    @property
    def names(self) -> set[str]:
        """Names of all clusters."""
        return {entry.name for entry in self._clusters.values()}

    @property
    def active(self) -> int:
        """Clusters that have not failed."""
        return sum(entry.state != "failed" for entry in self._clusters.values())

    # -- changes

    async def create(
        self,
        *,
        profile: str | None = None,
        system: str | None = None,
        name: str | None = None,
        options: Mapping[str, Any] | None = None,
        target: Target,
    ) -> dict[str, Any]:
        """Start a cluster; returns at once, and the state follows."""
        maximum = target.adapt.maximum or 0 if target.adapt else 0
        self._check_size("adapt.maximum" if target.adapt else "jobs", max(target.jobs, maximum))
        await self.systems.learn_dialects()
        spec = self._spec(profile, system, options or {}, name)
        self.systems.require(spec.system)
        return responses.cluster(self.add(self._cluster(spec), target))

    def add(self, cluster: JobQueueCluster, target: Target | None) -> ManagedCluster:
        """Start a cluster, and show it from now on; None keeps the size that it has."""
        entry = ManagedCluster(cluster, target, lambda job: self._changed(cluster.id, job))
        cluster.lifecycle.lifespan.on_expired = lambda why: self._close_expired(entry, why)
        self._clusters[entry.id] = entry
        self._changed(entry.id, None)
        return entry

    def forget(self, entry: ManagedCluster, detail: str = "") -> None:
        """Show a cluster no longer."""
        if self._clusters.pop(entry.id, None):
            self.events.emit(entry.id, "removed", state="closed", detail=detail)

    def tell(self, sentence: str) -> None:
        """Have a sentence seen by a person."""
        self.log.warning("%s", sentence)
        self.notices.add(sentence)

    async def scale(self, cluster_id: str, **size: int | str) -> dict[str, Any]:
        """Ask for a number of jobs, workers or cores, or an amount of memory; exactly one."""
        entry = self._entry(cluster_id)
        (field,) = size
        jobs = entry.cluster.jobs_for(**size)
        self._check_size(field, jobs)
        await entry.resize(Target(jobs), self.queue_patience)
        return responses.cluster(entry)

    async def adapt(self, cluster_id: str, bounds: tuple[int, int] | None) -> dict[str, Any]:
        """Let the work decide between two numbers of jobs, or keep the present number if None."""
        entry = self._entry(cluster_id)
        self._check_size("maximum", bounds[1] if bounds else 0)
        target = Target(entry.status.target.jobs)
        if bounds:
            target = target.adapted_by(AdaptivePolicy(*bounds))
        await entry.resize(target, self.queue_patience)
        return responses.cluster(entry)

    async def retry(self, cluster_id: str) -> dict[str, Any]:
        """Submit again after failures."""
        entry = self._entry(cluster_id)
        await entry.retry(self.queue_patience)
        return responses.cluster(entry)

    async def close(self, cluster_id: str) -> None:
        """Close a cluster; one whose queue is slow stays in the list for a while, as *closing*."""
        entry = self._entry(cluster_id)
        if entry.state != "closing":
            entry.close(self.close_patience).add_done_callback(lambda _: self._remove(entry))
        await asyncio.wait({entry.close(self.close_patience)}, timeout=self.queue_patience)

    def _close_expired(self, entry: ManagedCluster, why: str) -> None:
        if entry.state != "closing":
            self.log.info("%s closes: %s", entry.name, why)
            self.notices.add(f"Cluster {entry.name} was closed: {why}.")
            entry.close(self.close_patience).add_done_callback(lambda _: self._remove(entry))

    async def stop(self) -> None:
        """Close or leave everything, at the same time and within `stop_patience`."""
        await self.adoption.stop()
        entries, patience = self._clusters.values(), self.stop_patience
        if self.keep_on_stop:
            ending = {asyncio.ensure_future(entry.leave(patience)) for entry in entries}
        else:
            ending = {entry.close(patience) for entry in entries}
        late = (await asyncio.wait(ending, timeout=patience))[1] if ending else set()
        for entry in entries if late and not self.keep_on_stop else ():
            entry.kill()
        self._clusters = {}

    # -- helpers

    def _entry(self, cluster_id: str) -> ManagedCluster:
        if cluster_id not in self._clusters:
            raise NotFound(f"no cluster {cluster_id!r}", field="id")
        return self._clusters[cluster_id]

    def _cluster(self, spec: ClusterSpec) -> JobQueueCluster:
        placement = OwnProcess(lease=self.lease)
        cluster = CLASSES[spec.system](
            spec=spec,
            placement=placement,
            cluster_id=secrets.token_hex(6),
            asynchronous=True,
            silence_logs=False,
            security=None if self.encrypted else False,
        )
        placement.log = cluster.files.path / "scheduler.log"
        return cluster

    def _remove(self, entry: ManagedCluster) -> None:
        left = entry.left()
        detail = f"could not cancel {', '.join(left)}" if left else ""
        if left:
            self.tell(f"Cluster {entry.name} is closed, but its queue {detail}.")
        self.forget(entry, detail)

    def _changed(self, cluster_id: str, job: Job | None) -> None:
        entry = self._clusters.get(cluster_id)
        if entry is None:
            return
        if job is None:
            now = entry.status
            detail = now.problem.message if now.problem else ""
            self.events.emit(cluster_id, "cluster", state=now.state, detail=detail)
        else:
            self.events.emit(cluster_id, "job", name=job.name, state=job.state, detail=job.reason)
