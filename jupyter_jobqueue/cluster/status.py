"""What a person asks of a cluster: jobs, state, scripts, logs. Nothing here changes it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from distributed.core import Status
from distributed.deploy.cluster import Cluster

from jupyter_jobqueue.cluster import client_code, display
from jupyter_jobqueue.cluster.files import ClusterFolder
from jupyter_jobqueue.cluster.request import Plan
from jupyter_jobqueue.jobs import limits, log
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy
from jupyter_jobqueue.jobs.controller import Reconciler
from jupyter_jobqueue.jobs.job import LIVE, WAITING, Job
from jupyter_jobqueue.placement import Placement


class ClusterView(Cluster):
    """The half of a cluster that only tells.

    Attributes
    ----------
    id : str
        Unique; names the cluster's folder and marks its jobs in the queue.
    plan_ : Plan
        What was asked for.
    folder : ClusterFolder
        Keys, job scripts and logs.
    placement : Placement
        Where the scheduler runs.
    created : float
        When it was made; seconds since the epoch.
    """

    id: str
    plan_: Plan
    folder: ClusterFolder
    placement: Placement
    created: float
    _reconciler: Reconciler
    _policy: AdaptivePolicy | None
    _prefix: str
    notes: list[tuple[float, str]]
    """What happened beyond the ordinary, and when (seconds since the epoch)."""

    @property
    def jobs(self) -> Mapping[str, Job]:
        """Every job by name, ended ones too: id, state, reason, node, exit code, workers."""
        return dict(self._reconciler.jobs)  # a copy: the loop's thread changes the table

    @property
    def workers(self) -> dict[str, Job]:
        """The live jobs by name."""
        return {name: job for name, job in self.jobs.items() if job.state in LIVE}

    @property
    def wanted(self) -> int:
        """Jobs wanted."""
        return self._reconciler.wanted

    @property
    def adaptive(self) -> AdaptivePolicy | None:
        """The adaptive policy, if `adapt` is on."""
        return self._policy

    @property
    def state(self) -> str:
        """``starting``, ``running``, ``degraded``, ``closing``, ``closed`` or ``failed``."""
        if self.status in (Status.created, Status.starting):
            return "starting"
        if self.status is not Status.running:
            return str(self.status.name)
        return "failed" if self.placement.failure() else self._reconciler.state

    @property
    def status_detail(self) -> str:
        """One sentence on what is wrong; empty when all is well."""
        return self._reconciler.told[0]

    @property
    def status_words(self) -> str:
        """What the batch system or a log said of it, verbatim."""
        return self._reconciler.told[1]

    @property
    def diagnosis(self) -> str:
        """What these words mean, in a plain sentence, where that is known."""
        return self._reconciler.diagnosis

    @property
    def waiting(self) -> int:
        """Jobs wanted that a limit of the site or of the cluster holds back."""
        return self._reconciler.waiting

    @property
    def core_hours(self) -> tuple[float, float | None]:
        """Core-hours used so far, and those asked for: used, or possible until the walltimes.

        The second is None while a live job has no walltime.
        """
        return limits.core_hours(self.jobs.values(), self.plan_.cores, time.time())

    @property
    def next_end(self) -> float | None:
        """When the first of the running jobs reaches its walltime; seconds since the epoch."""
        return min((job.ends for job in self.jobs.values() if job.ends is not None), default=None)

    @property
    def closes(self) -> tuple[float | None, str]:
        """When the cluster closes by itself (seconds since the epoch): ``"idle"`` or ``"age"``."""
        return self._reconciler.closes

    @property
    def waiting_reason(self) -> str:
        """Why most of the pending jobs wait, in the queue's words."""
        reasons = Counter(
            job.reason for job in self.jobs.values() if job.state in WAITING and job.reason
        )
        return reasons.most_common(1)[0][0] if reasons else ""

    def job_script(self) -> str:
        """Return the script that the next job would be submitted with."""
        return self._preview()[0]

    def submit_command(self) -> str:
        """Return the command that the next job would be submitted with."""
        return self._preview()[1]

    def _preview(self) -> tuple[str, str]:
        return self.plan_.preview(
            address=self.placement.address,
            tls=self._reconciler.tls,
            logs=str(self.folder.logs),
            **self._reconciler.next_submission,
        )

    @property
    def job_header(self) -> str:
        """The directives of the job script."""
        adapter = self.plan_.adapter
        return "\n".join(adapter.header(self.plan_.job_spec(logs=str(self.folder.logs))))

    @property
    def job_name(self) -> str:
        """Name of the jobs in the queue."""
        return str(self.plan_.options["job_name"])

    @property
    def dashboard_link(self) -> str:
        """Where a browser on the scheduler's host finds the dashboard; empty if there is none."""
        return display.dashboard_link(self.placement.dashboard_port, self._prefix)

    @property
    def dashboard_path(self) -> str:
        """The secret first part of the dashboard's paths."""
        return self._prefix

    def client_code(self, dashboard: str = "") -> str:
        """Return code that connects a client, for a Python that has only `distributed`."""
        return client_code.client_code(self.placement.address, self._reconciler.tls, dashboard)

    def logs(self, cluster: bool = True, scheduler: bool = True, workers: bool = True) -> Any:
        """Return logs of cluster, scheduler and workers; same as `get_logs`."""
        return self.get_logs(cluster=cluster, scheduler=scheduler, workers=workers)

    def job_log(self, name: str, stream: str = "stderr", tail: int = 200) -> str:
        """Return the end of a job's output, also of a job that has ended.

        Parameters
        ----------
        name : str
            A name from `jobs`.
        stream : str
            ``"stdout"`` or ``"stderr"``.
        tail : int
            Lines.
        """
        return log.read(self.jobs, name, stream, tail).text

    def __repr__(self) -> str:
        return display.text(self)

    def _repr_html_(self, cluster_status: str | None = None) -> str:
        return display.html(self)

    def _scaling_status(self) -> str:
        return display.scaling(self)
