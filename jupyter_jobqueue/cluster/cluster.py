"""`JobQueueCluster`: a Dask cluster whose workers are jobs of a batch system."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any, ClassVar, Self

from dask.utils import parse_timedelta
from distributed import Security
from distributed.core import Status, rpc
from distributed.deploy.cluster import Cluster
from distributed.utils import silence_logging_cmgr

from jupyter_jobqueue.cluster import display, fields, keys, snapshot
from jupyter_jobqueue.cluster.assembly import Assembly, Hooks
from jupyter_jobqueue.cluster.client_code import client_code
from jupyter_jobqueue.cluster.exit import close_at_exit
from jupyter_jobqueue.cluster.files import ClusterFiles
from jupyter_jobqueue.cluster.request import (
    ClusterSpec,
    build_spec,
    check_keywords,
    encrypts,
)
from jupyter_jobqueue.cluster.size import Size, Sizes, bounds, jobs_for
from jupyter_jobqueue.cluster.status import ClusterStatus, describe
from jupyter_jobqueue.errors import WrongState
from jupyter_jobqueue.jobs import log
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy
from jupyter_jobqueue.jobs.job import LIVE, Job
from jupyter_jobqueue.jobs.scaler import Target
from jupyter_jobqueue.jobs.table import Submission
from jupyter_jobqueue.placement import InProcess, Placement, Request
from jupyter_jobqueue.records.record import Record

logger = logging.getLogger(__name__)


class JobQueueCluster(Cluster):
    """Base of the cluster classes; see those for the options of each batch system.

    Attributes
    ----------
    id : str
        Unique; names the cluster's folder and marks its jobs in the queue.
    spec : ClusterSpec
        What was asked for.
    files : ClusterFiles
        Keys, job scripts and logs.
    placement : Placement
        Where the scheduler runs.
    groups : list of JobGroup
        Its jobs, kept as many as wanted.
    lifecycle : Lifecycle
        How it starts and ends.
    notes : list of (float, str)
        What happened beyond the ordinary, and when (seconds since the epoch).
    created : float
        When it was made; seconds since the epoch.
    """

    system: ClassVar[str] = ""

    def __init__(
        self,
        n_workers: int = 0,
        *,
        config_name: str | None = None,
        name: str | None = None,
        asynchronous: bool = False,
        loop: Any = None,
        security: Security | bool | None = None,
        protocol: str | None = None,
        scheduler_options: Mapping[str, Any] | None = None,
        silence_logs: str | int | bool = "error",
        placement: Placement | None = None,
        spec: ClusterSpec | None = None,
        files: ClusterFiles | None = None,
        cluster_id: str | None = None,
        created: float | None = None,
        **options: Any,
    ) -> None:
        check_keywords(type(self).__name__, self.system, options, JobQueueCluster.__init__)
        encrypted = encrypts(security)
        self.spec = spec or build_spec(
            self.system,
            options,
            config_name=config_name,
            name=name,
            scheduler_options=scheduler_options,
            protocol=protocol,
            encrypted=encrypted,
        )
        self.security: Security | None = None if encrypted else Security()
        if isinstance(security, Security):
            self.security = security
        self.id = cluster_id or secrets.token_hex(6)
        self.files = files or ClusterFiles(self.id, self.spec.options)
        self.placement = placement or InProcess()
        self.notes: list[tuple[float, str]] = []
        self.created = created or time.time()
        first = Target(self.jobs_for(workers=n_workers))
        self._parts = Assembly(
            snapshot.Kept(self.id, self.created, self.spec, self.files, self.placement, self.notes),
            self,
            Hooks(
                lambda: self.scheduler_comm,
                partial(self._start_scheduler, silence_logs),
                self._connected_workers,
                partial(self._request_first_jobs, first),
                super()._close,
                self._close,
            ),
        )
        self.groups, self.lifecycle = self._parts.groups, self._parts.lifecycle
        super().__init__(asynchronous=asynchronous, loop=loop, name=self.spec.name, quiet=True)
        if isinstance(self.placement, InProcess):
            close_at_exit(self)
        if not self.called_from_running_loop:
            self._loop_runner.start()
            self._start_in_thread()

    @classmethod
    def attach(cls, record: Record) -> Self:
        """Return the cluster of a record; it is started by awaiting it.

        Its scheduler is looked for then, and `SchedulerGone` raised if it has ended.

        Parameters
        ----------
        record : Record
            Of a cluster that has no other owner.
        """
        cluster = cls(asynchronous=True, silence_logs=False, **snapshot.arguments_of(record))
        cluster.notes.extend(record.notes)
        cluster.lifecycle.lifespan.set_age(snapshot.age_of(record))
        cluster.groups[0].load(snapshot.group_state_of(record), time.time())
        return cluster

    # Two clusters are two, whatever their names: `distributed` compares these.

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    # -- start and end

    def _start_in_thread(self) -> None:
        try:
            self.sync(self._start)
        except BaseException:
            self.close()
            raise

    def __await__(self) -> Any:
        async def started() -> JobQueueCluster:
            if self.status is Status.created:
                await self._start()
            return self

        return started().__await__()

    async def __aenter__(self) -> JobQueueCluster:
        await self
        return self

    async def __aexit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        await asyncio.ensure_future(self._close())  # away from a task that may be cancelled

    async def _start(self) -> None:
        await self.lifecycle.start()

    async def _start_scheduler(self, silence_logs: str | int | bool, undo: ExitStack) -> None:
        if silence_logs:
            undo.enter_context(silence_logging_cmgr(level=silence_logs))
        security = await self._make_security()
        self.files.write_keys(security)
        options = self.spec.scheduler_keywords()
        await self.placement.start(Request(options, security, self.files, self.lifecycle.waits_for))
        keys = security.get_connection_args("client")
        self.scheduler_comm = rpc(self.placement.address, connection_args=keys)
        await super()._start()

    async def _make_security(self) -> Security:
        if self.security is not None:
            return self.security
        # Too long for an event loop.
        self.security = await asyncio.to_thread(keys.make)
        return self.security

    def _connected_workers(self) -> list[str]:
        return [str(info["name"]) for info in self.scheduler_info["workers"].values()]

    async def _request_first_jobs(self, first: Target) -> None:
        if first.jobs:
            await self.groups[0].resize(first)

    def close(self, timeout: float | None = None) -> Any:
        """Cancel every job, pending ones too, and stop the scheduler.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait, when not asynchronous.
        """
        if self.asynchronous:
            return asyncio.ensure_future(self._close())
        result = super().close(timeout)
        self._loop_runner.stop()
        return result

    async def _close(self) -> None:
        await self.lifecycle.close()

    def _update_worker_status(self, op: str, msg: Any) -> None:
        if op == "add":
            names = [info["name"] for info in msg["workers"].values()]
        else:
            names = [self.scheduler_info["workers"][msg]["name"]]
        super()._update_worker_status(op, msg)
        for group in self.groups:
            for name in names:
                (group.worker_joined if op == "add" else group.worker_left)(str(name))

    # -- size

    def scale(
        self,
        n: int | None = None,
        *,
        jobs: int | None = None,
        memory: str | int | None = None,
        cores: int | None = None,
    ) -> Any:
        """Ask for a fixed number of jobs; jobs that end are replaced.

        Of several arguments the one that needs most jobs counts. Everything is rounded up to whole
        jobs: with ``processes=6``, ``scale(12)`` and ``scale(jobs=2)`` are both two jobs of six
        workers.

        Parameters
        ----------
        n : int, optional
            Workers.
        jobs : int, optional
            Jobs.
        memory : str or int, optional
            Memory of all workers, in bytes or as text.
        cores : int, optional
            Cores of all workers.

        Raises
        ------
        InvalidOption
            For a value that is no size; nothing has changed.
        QueueError
            If the queue refuses, in its own words; the number wanted is then what it was.
        """
        size = self.jobs_for(workers=n, jobs=jobs, memory=memory, cores=cores)
        return self._call(self._resize, Target(size))

    def adapt(  # type: ignore[override]
        self,
        minimum: int = 0,
        maximum: float = math.inf,
        *,
        minimum_jobs: int | None = None,
        maximum_jobs: int | None = None,
        minimum_cores: int | None = None,
        maximum_cores: int | None = None,
        minimum_memory: str | int | None = None,
        maximum_memory: str | int | None = None,
        interval: str | float = "1s",
        wait_count: int | None = None,
        idle_timeout: str | float = "60s",
        target_duration: str | float = "1s",
    ) -> AdaptivePolicy:
        """Let the work decide how many jobs there are, between a minimum and a maximum.

        Parameters
        ----------
        minimum, maximum : int
            Workers; rounded to whole jobs.
        minimum_jobs, maximum_jobs : int, optional
            Jobs.
        minimum_cores, maximum_cores : int, optional
            Cores.
        minimum_memory, maximum_memory : str or int, optional
            Memory.
        interval : str or float
            Seconds between two looks at the work.
        wait_count : int, optional
            Looks in a row that must find fewer jobs enough; overrides `idle_timeout`.
        idle_timeout : str or float
            Seconds for which fewer jobs must have been enough before any is given back.
        target_duration : str or float
            Seconds that the work at hand should take: the shorter, the more jobs at once.

        Returns
        -------
        AdaptivePolicy
            Its ``log`` has what was decided and why.
        """
        low, high = bounds(
            self.spec,
            Sizes(minimum, minimum_jobs, minimum_cores, minimum_memory),
            Sizes(maximum, maximum_jobs, maximum_cores, maximum_memory),
        )
        period = parse_timedelta(interval, default="seconds")
        idle = parse_timedelta(idle_timeout, default="seconds")
        patience = idle if wait_count is None else wait_count * period
        policy = AdaptivePolicy(low, high, float(patience), float(period), target_duration)
        group = self.groups[0]
        group.scaler.target = group.target.adapted_by(policy)
        if self.loop is not None:
            self.loop.add_callback(self.lifecycle.changed, None)
            self.loop.add_callback(group.wake)
        return policy

    def retry(self) -> Any:
        """Submit again after too many jobs ended before a worker joined, or what was refused."""
        return self._call(lambda: self._resize(self.groups[0].target))

    async def _resize(self, target: Target) -> None:
        group = self.groups[0]
        if self.status is Status.created:  # nobody acts on it before the start
            group.scaler.target = target
        else:
            await group.resize(target)

    def _call(self, method: Callable[..., Any], *args: Any) -> Any:
        """Run a coroutine function: now and here, or in the loop's thread when not asynchronous."""
        if self.status not in (Status.running, Status.created, Status.starting):
            raise WrongState(f"{self.name} is {self.state}")
        result = self.sync(method, *args)
        return asyncio.ensure_future(result) if asyncio.iscoroutine(result) else result

    def jobs_for(self, **sizes: Size) -> int:
        """Return the number of whole jobs for ``workers``, ``jobs``, ``cores`` or ``memory``."""
        return jobs_for(self.spec, sizes)

    # -- what it is and does

    def describe(self) -> ClusterStatus:
        """Return what the cluster is and does now."""
        return describe(self.lifecycle, self.groups, self.scheduler_info["workers"].values())

    state = fields.STATE
    status_detail = fields.STATUS_DETAIL
    status_words = fields.STATUS_WORDS
    diagnosis = fields.DIAGNOSIS
    wanted = fields.WANTED
    adaptive = fields.ADAPTIVE
    waiting = fields.WAITING
    waiting_reason = fields.WAITING_REASON
    core_hours = fields.CORE_HOURS
    next_end = fields.NEXT_END
    closes = fields.CLOSES

    @property
    def jobs(self) -> Mapping[str, Job]:
        """Every job by name, ended ones too: id, state, reason, node, exit code, workers."""
        # Copies: the loop's thread changes the tables.
        tables = [dict(group.table.jobs) for group in self.groups]
        return {name: job for table in tables for name, job in table.items()}

    @property
    def workers(self) -> dict[str, Job]:
        """The live jobs by name."""
        return {name: job for name, job in self.jobs.items() if job.state in LIVE}

    def job_script(self) -> str:
        """Return the script that the next job would be submitted with."""
        return self._preview()[0]

    def submit_command(self) -> str:
        """Return the command that the next job would be submitted with."""
        return self._preview()[1]

    def _preview(self) -> tuple[str, str]:
        table = self.groups[0].table
        next_one = Submission(table.next_tag, table.count, 1)
        return self.spec.preview(self._parts.make_spec(next_one))

    @property
    def job_header(self) -> str:
        """The directives of the job script."""
        return "\n".join(self.spec.adapter.header(self.spec.job_spec(logs=str(self.files.logs))))

    @property
    def job_name(self) -> str:
        """Name of the jobs in the queue."""
        return str(self.spec.options["job_name"])

    @property
    def dashboard_link(self) -> str:
        """Where a browser on the scheduler's host finds the dashboard; empty if there is none."""
        return display.dashboard_link(self.placement.dashboard_port, self.placement.prefix)

    def client_code(self, dashboard: str = "") -> str:
        """Return code that connects a client, for a Python that has only `distributed`."""
        return client_code(self.placement.address, self.files.tls, dashboard)

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

        Raises
        ------
        NotFound
            If there is no such job.
        InvalidOption
            If there is no such stream.
        """
        return log.read(self.jobs, name, stream, tail).text

    def __repr__(self) -> str:
        return display.text(self._shown())

    def _repr_html_(self, cluster_status: str | None = None) -> str:
        return display.html(self._shown(), list(self.jobs.values()))

    def _scaling_status(self) -> str:
        return display.scaling(self._shown())

    def _shown(self) -> display.Shown:
        return display.Shown(
            type(self).__name__,
            self.name,
            self.spec.adapter.label,
            self.spec.processes,
            self.placement.address,
            self.dashboard_link,
            self.describe(),
        )
