"""The clusters of one Jupyter server, independent of HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from traitlets import Bool, Float

from jupyter_jobqueue.adapters.text import jobs_shown
from jupyter_jobqueue.batch.threads import LOGS
from jupyter_jobqueue.cluster import JobQueueCluster
from jupyter_jobqueue.cluster.environment import check_environment
from jupyter_jobqueue.cluster.exit import cancel_all
from jupyter_jobqueue.errors import NotFound, TooSlow, shortened
from jupyter_jobqueue.jobs import log
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy
from jupyter_jobqueue.jobs.scaler import Target
from jupyter_jobqueue.placement import LEASE
from jupyter_jobqueue.server import views
from jupyter_jobqueue.server.events import Events
from jupyter_jobqueue.server.managed_cluster import ManagedCluster, new_cluster
from jupyter_jobqueue.server.notices import Notices
from jupyter_jobqueue.server.policy import ServerPolicy
from jupyter_jobqueue.server.recovery import Recovery
from jupyter_jobqueue.server.responses import (
    ClientCodeModel,
    ClusterModel,
    JobModel,
    JobScriptModel,
    LogModel,
)


class ClusterManager(ServerPolicy):
    """Creates, resizes and closes clusters, and recovers those of an earlier server.

    Methods that take the id of a cluster raise `NotFound` if there is no such cluster.

    Parameters
    ----------
    events : Events
        Receives the changes of the clusters.
    **kwargs
        Traits.
    """

    queue_patience = Float(
        5.0,
        min=0,
        help="Seconds that a request waits for the batch system. If the batch system needs "
        "longer, the request returns, and the cluster shows the result when it arrives.",
    ).tag(config=True)
    close_patience = Float(
        12.0, min=0.1, help="Seconds to wait for the batch system when a cluster closes."
    ).tag(config=True)
    stop_patience = Float(
        3.0, min=0.1, help="Seconds to close all clusters when the server stops."
    ).tag(config=True)
    lease = Float(
        LEASE,
        min=1,
        help="Seconds that a cluster keeps running after its server has ended without closing it. "
        "A server that starts within this time takes the cluster over.",
    ).tag(config=True)
    keep_on_stop = Bool(
        False,
        help="Whether clusters keep running when the server stops. The next server takes them "
        "over if it starts within the lease. If False, the server closes its clusters.",
    ).tag(config=True)

    def __init__(self, events: Events, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.events = events
        self.notices = Notices()
        self.adoption = Recovery(self, self.log)
        self._clusters: dict[str, ManagedCluster] = {}

    # -- state

    def clusters(self) -> list[ClusterModel]:
        """Return every cluster, oldest first.

        Returns
        -------
        list of ClusterModel
            The clusters; the `detail` of one that cannot be read gives the reason.
        """
        return [views.cluster(entry) for entry in self._clusters.values()]

    def get(self, cluster_id: str) -> ClusterModel:
        """Return one cluster.

        Parameters
        ----------
        cluster_id : str
            Id of the cluster.

        Returns
        -------
        ClusterModel
            The cluster in its current state.
        """
        return views.cluster(self._entry(cluster_id))

    def jobs(self, cluster_id: str) -> list[JobModel]:
        """Return the jobs of a cluster.

        Parameters
        ----------
        cluster_id : str
            Id of the cluster.

        Returns
        -------
        list of JobModel
            Every job, ended ones included.
        """
        return views.jobs(self._entry(cluster_id))

    async def job_log(self, cluster_id: str, job: str, stream: str, tail: int) -> LogModel:
        """Return the end of a job's output.

        Parameters
        ----------
        cluster_id : str
            Id of the cluster.
        job : str
            Name of the job, which may have ended.
        stream : str
            ``"stdout"`` or ``"stderr"``.
        tail : int
            Maximum number of lines.

        Returns
        -------
        LogModel
            The last lines; none if the job has not written any yet.

        Raises
        ------
        NotFound
            If there is no such job.
        InvalidOption
            If there is no such stream.
        TooSlow
            If the file system does not answer in time.
        """
        jobs = self._entry(cluster_id).cluster.jobs
        try:
            found = await LOGS.run(log.read, jobs, job, stream, tail)
        except TimeoutError as error:
            raise TooSlow(f"the log of {job} cannot be read: {error}") from None
        return LogModel.model_validate(found)

    def job_script(self, cluster_id: str) -> JobScriptModel:
        """Return the job script of a cluster.

        Parameters
        ----------
        cluster_id : str
            Id of the cluster.

        Returns
        -------
        JobScriptModel
            The script and the command that submits it.
        """
        cluster = self._entry(cluster_id).cluster
        return JobScriptModel(script=cluster.job_script(), command=cluster.submit_command())

    def client_code(self, cluster_id: str, base_url: str) -> ClientCodeModel:
        """Return Python code that connects a client.

        Parameters
        ----------
        cluster_id : str
            Id of the cluster.
        base_url : str
            Base URL of the Jupyter server, for the link to the dashboard.

        Returns
        -------
        ClientCodeModel
            The code; it needs only `distributed`.

        Raises
        ------
        WrongState
            If the scheduler has not started yet.
        """
        entry = self._entry(cluster_id)
        entry.require_started()
        dashboard = base_url + views.cluster(entry).dashboard
        return ClientCodeModel(code=entry.cluster.client_code(dashboard))

    def dashboard(self, cluster_id: str) -> tuple[int, str]:
        """Return where the dashboard of a cluster listens.

        Parameters
        ----------
        cluster_id : str
            Id of the cluster.

        Returns
        -------
        int, str
            The port on the loopback interface, and the secret prefix of the paths.

        Raises
        ------
        NotFound
            If it has no dashboard.
        WrongState
            If the scheduler has not started yet.
        """
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

    def computes(self, within: float) -> bool:
        """Return whether a cluster has computed recently.

        Parameters
        ----------
        within : float
            Seconds.

        Returns
        -------
        bool
            Whether one has computed within the last `within` seconds.
        """
        spans = [entry.cluster.lifecycle.lifespan for entry in self._clusters.values()]
        return any(span.has_worked and span.idle_for < within for span in spans)

    # -- changes

    async def create(
        self,
        *,
        profile: str | None = None,
        system: str | None = None,
        name: str | None = None,
        options: Mapping[str, Any] | None = None,
        target: Target,
    ) -> ClusterModel:
        """Create a cluster, which starts in the background.

        Parameters
        ----------
        profile : str, optional
            Name of the profile; None for that of the batch system.
        system : str, optional
            Batch system; None for that of the profile.
        name : str, optional
            Name of the cluster; the profile's name with a number if None.
        options : Mapping, optional
            Option values by name; they override the profile.
        target : Target
            The first size.

        Returns
        -------
        ClusterModel
            The cluster, in state ``starting``.

        Raises
        ------
        InvalidOption
            If a value is invalid, or the size exceeds the limit of this server.
        NotFound
            If there is no such profile or batch system.
        WrongState
            If a cluster has this name already, or the server has as many clusters as it may have.
        CommandMissing
            If the commands of the batch system are not on this machine.
        """
        self._check_room()
        maximum = target.adapt.maximum or 0 if target.adapt else 0
        self._check_size("adapt.maximum" if target.adapt else "jobs", max(target.jobs, maximum))
        spec = await self._spec(profile, system, options or {}, name)
        self.discovery.require(spec.system)
        await check_environment(spec.options)
        spec = self._named(spec, name)  # nobody else takes the name from here on
        entry = self.add(new_cluster(spec, lease=self.lease, encrypted=self.encrypted), target)
        made = views.cluster(entry)
        # Before the answer: even if the server is killed now, the next one knows the cluster.
        await entry.cluster.lifecycle.writer.save()
        return made

    def add(self, cluster: JobQueueCluster, target: Target | None) -> ManagedCluster:
        """Start a cluster and add it to the list.

        Parameters
        ----------
        cluster : JobQueueCluster
            The cluster, not started yet.
        target : Target or None
            Its first size; None to keep its current one.

        Returns
        -------
        ManagedCluster
            Its entry in the list.
        """
        entry = ManagedCluster(cluster, target, lambda job: self._on_change(cluster.id))
        cluster.lifecycle.lifespan.on_expired = lambda why: self._close_expired(entry, why)
        self._clusters[entry.id] = entry
        self._on_change(entry.id)
        return entry

    def forget(self, entry: ManagedCluster, detail: str = "") -> None:
        """Remove a cluster from the list.

        Parameters
        ----------
        entry : ManagedCluster
            The cluster; nothing happens if it is no longer in the list.
        detail : str
            A sentence about jobs that could not be cancelled.
        """
        if self._clusters.pop(entry.id, None):
            self.events.removed(entry.id, detail)

    def notify(self, sentence: str) -> None:
        """Log a sentence and show it to the user as a notice.

        Parameters
        ----------
        sentence : str
            The sentence.
        """
        self.log.warning("%s", sentence)
        self.notices.add(sentence)

    async def scale(self, cluster_id: str, **size: int | str) -> ClusterModel:
        """Set a fixed size.

        Parameters
        ----------
        cluster_id : str
            Id of the cluster.
        **size : int or str
            One of ``jobs``, ``workers``, ``cores`` and ``memory``; rounded up to whole jobs.

        Returns
        -------
        ClusterModel
            The cluster; if the batch system needs longer than `queue_patience`, still on its way.

        Raises
        ------
        InvalidOption
            If the size is invalid, or exceeds the limit of this server.
        WrongState
            If the cluster is closing or has failed.
        QueueError
            If the batch system refuses; the size is then what it was before.
        """
        entry = self._entry(cluster_id)
        (field,) = size
        jobs = entry.cluster.jobs_for(**size)
        self._check_size(field, jobs)
        await entry.resize(Target(jobs), self.queue_patience)
        return views.cluster(entry)

    async def adapt(self, cluster_id: str, bounds: tuple[int, int] | None) -> ClusterModel:
        """Let the number of jobs follow the workload, or keep the current number.

        Parameters
        ----------
        cluster_id : str
            Id of the cluster.
        bounds : tuple of int, or None
            Minimum and maximum of jobs; None for a fixed size, the current one.

        Returns
        -------
        ClusterModel
            The cluster.

        Raises
        ------
        InvalidOption
            If the maximum exceeds the limit of this server.
        WrongState
            If the cluster is closing or has failed.
        QueueError
            If the batch system refuses; the size is then what it was before.
        """
        entry = self._entry(cluster_id)
        self._check_size("maximum", bounds[1] if bounds else 0)
        target = Target(entry.status.target.jobs)
        if bounds:
            target = target.adapted_by(AdaptivePolicy(*bounds))
        await entry.resize(target, self.queue_patience)
        return views.cluster(entry)

    async def retry(self, cluster_id: str) -> ClusterModel:
        """Resume submitting after the batch system refused jobs or too many ended early.

        Parameters
        ----------
        cluster_id : str
            Id of the cluster.

        Returns
        -------
        ClusterModel
            The cluster.

        Raises
        ------
        WrongState
            If the cluster is closing or has failed.
        QueueError
            If the batch system refuses again.
        """
        entry = self._entry(cluster_id)
        await entry.retry(self.queue_patience)
        return views.cluster(entry)

    async def restart(self, cluster_id: str) -> ClusterModel:
        """Close a cluster that has failed, and start another with the same name, options and size.

        The old one leaves the list at once; a notice names the jobs that it could not cancel.

        Parameters
        ----------
        cluster_id : str
            Id of the cluster that has failed.

        Returns
        -------
        ClusterModel
            The new cluster.

        Raises
        ------
        NotFound
            If there is no such cluster.
        WrongState
            If it has not failed.
        """
        old = self._entry(cluster_id)
        old.require_failed()
        cluster = new_cluster(old.cluster.spec, lease=self.lease, encrypted=self.encrypted)
        await self.close(cluster_id)
        self.forget(old)
        entry = self.add(cluster, old.group.wanted_last)
        made = views.cluster(entry)
        await entry.cluster.lifecycle.writer.save()
        return made

    async def close(self, cluster_id: str) -> None:
        """Close a cluster: cancel its jobs and stop its scheduler.

        This waits for `queue_patience` seconds at most; the cluster stays in the list as
        ``closing`` while the batch system needs longer.

        Parameters
        ----------
        cluster_id : str
            Id of the cluster.
        """
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
        """Close or leave all clusters concurrently, within `stop_patience` seconds."""
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

    def close_at_exit(self) -> None:
        """Cancel all jobs and end all schedulers if the program ends without `stop`."""
        if self._clusters and not self.keep_on_stop:
            entries = self._clusters.values()
            asyncio.run(cancel_all([entry.cluster for entry in entries], self.stop_patience))
            for entry in entries:
                entry.kill()

    # -- helpers

    def _entry(self, cluster_id: str) -> ManagedCluster:
        if cluster_id not in self._clusters:
            raise NotFound(f"no cluster {shortened(cluster_id)}", field="id")
        return self._clusters[cluster_id]

    def _remove(self, entry: ManagedCluster) -> None:
        left = entry.left()
        detail = f"{jobs_shown(left)} could not be cancelled" if left else ""
        if left:
            self.notify(f"Cluster {entry.name} is closed, but {detail}.")
        self.forget(entry, detail)

    def _on_change(self, cluster_id: str) -> None:
        if entry := self._clusters.get(cluster_id):
            detail = entry.status.problem.message if entry.status.problem else ""
            self.events.changed(cluster_id, entry.status.state, detail)
