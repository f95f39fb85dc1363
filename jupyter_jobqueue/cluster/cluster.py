"""`JobQueueCluster`: a Dask cluster whose workers are jobs of a batch system."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any, ClassVar, Self

from distributed import Security
from distributed.core import Status
from distributed.deploy.cluster import Cluster
from distributed.utils import silence_logging_cmgr

from jupyter_jobqueue.batch import steady
from jupyter_jobqueue.cluster import display, fields, keys, snapshot
from jupyter_jobqueue.cluster.assembly import Assembly, Hooks
from jupyter_jobqueue.cluster.client_code import client_code
from jupyter_jobqueue.cluster.environment import check_environment
from jupyter_jobqueue.cluster.exit import close_at_exit
from jupyter_jobqueue.cluster.request import build_spec, check_keywords, encrypts
from jupyter_jobqueue.cluster.size import Pace, Size, Sizes, jobs_for, policy
from jupyter_jobqueue.cluster.snapshot import Kept
from jupyter_jobqueue.cluster.status import ClusterStatus, describe
from jupyter_jobqueue.errors import WrongState
from jupyter_jobqueue.jobs import log
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy
from jupyter_jobqueue.jobs.job import LIVE, Job
from jupyter_jobqueue.jobs.scaler import Target
from jupyter_jobqueue.placement import InProcess
from jupyter_jobqueue.records.record import Record

logger = logging.getLogger(__name__)


class JobQueueCluster(Cluster):
    """Base of the cluster classes; see those for the options of each batch system.

    Parameters
    ----------
    n_workers : int
        Workers to start with; rounded up to whole jobs.
    config_name : str, optional
        Section of ``jobqueue:`` in the Dask configuration with option values.
    name : str, optional
        Name of the cluster; workers are called ``name-0``, ``name-1`` and so on.
    asynchronous : bool
        Whether the cluster is used from coroutines.
    loop : IOLoop, optional
        Event loop of the cluster; by default the running one, or one in a thread.
    security : Security or bool, optional
        TLS keys; by default, new ones for this cluster. False means no TLS.
    protocol : str, optional
        Protocol of Dask; ``"tls://"`` by default, ``"tcp://"`` without TLS.
    scheduler_options : dict, optional
        Keywords for `distributed.Scheduler`.
    silence_logs : str or int or bool
        Level below which Dask's log messages are hidden; False shows all.
    **options : Any
        Options of the jobs.

    Attributes
    ----------
    id : str
        Unique; names the cluster's folder and marks its jobs in the queue.
    spec : ClusterSpec
        The options, checked and complete.
    files : ClusterFiles
        Keys, job scripts and logs.
    placement : Placement
        Where the scheduler runs.
    groups : list of JobGroup
        Its jobs, in groups with a target each.
    lifecycle : Lifecycle
        Starts and ends it.
    notes : list of (float, str)
        Time (seconds since the epoch) and sentence of each unusual event.
    created : float
        When it was created; seconds since the epoch.

    Raises
    ------
    InvalidOption
        If an option is unknown, missing or invalid.
    SchedulerFailed
        If the Dask scheduler does not start.
    QueueError
        If the batch system refuses the first jobs.
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
        _kept: Kept | None = None,
        **options: Any,
    ) -> None:
        check_keywords(type(self).__name__, self.system, options, JobQueueCluster.__init__)
        encrypted = encrypts(security)
        if _kept is None:
            spec = build_spec(
                self.system,
                options,
                config_name=config_name,
                name=name,
                scheduler_options=scheduler_options,
                protocol=protocol,
                encrypted=encrypted,
            )
            _kept = Kept.new(spec, InProcess())
        self.id, self.created, self.notes = _kept.id, _kept.created, _kept.notes
        self.spec, self.files, self.placement = _kept.spec, _kept.files, _kept.placement
        self._given_security = security
        self.security: Security | None = None if encrypted else Security()
        if isinstance(security, Security):
            self.security = security
        first = Target(self.jobs_for(workers=n_workers))
        self._parts = Assembly(
            _kept,
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
        """Return the cluster of a record, not connected yet.

        Awaiting it connects to its scheduler, and raises `SchedulerGone` if that has ended.

        Parameters
        ----------
        record : Record
            Record of a cluster that this process owns.
        """
        cluster = cls(asynchronous=True, silence_logs=False, **snapshot.arguments_of(record))
        cluster.lifecycle.lifespan.set_age(snapshot.age_of(record))
        cluster.groups[0].load(snapshot.group_state_of(record), steady.now())
        return cluster

    # `distributed` compares names, but two clusters may have the same name.

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
        await check_environment(self.spec.options)
        if self.security is None:
            self.security = await asyncio.to_thread(keys.make)  # too long for an event loop
        self.scheduler_comm = await self._parts.start_scheduler(self.security)
        await super()._start()

    def _connected_workers(self) -> list[str]:
        return [str(info["name"]) for info in self.scheduler_info["workers"].values()]

    async def _request_first_jobs(self, first: Target) -> None:
        if first.jobs:
            await self.groups[0].resize(first)

    def close(self, timeout: float | None = None) -> Any:
        """Cancel every job, including pending ones, and stop the scheduler.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait if the cluster is not asynchronous.
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
        """Set a fixed number of jobs; jobs that end are replaced.

        Of several arguments, the one that needs the most jobs counts. Sizes are rounded up to whole
        jobs: with ``processes=6``, ``scale(12)`` and ``scale(jobs=2)`` both mean two jobs of six
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
            If a value is no size; nothing has changed.
        QueueError
            If the queue refuses; `details` has its output, and the size is what it was before.
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
        """Let the number of jobs follow the workload, between a minimum and a maximum.

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
            Seconds between two decisions.
        wait_count : int, optional
            Decisions in a row for which fewer jobs must be enough; overrides `idle_timeout`.
        idle_timeout : str or float
            Seconds for which fewer jobs must be enough before jobs are removed.
        target_duration : str or float
            Seconds that the current work should take; a shorter time means more jobs.

        Returns
        -------
        AdaptivePolicy
            Its ``log`` has the decisions and their reasons.
        """
        chosen = policy(
            self.spec,
            Sizes(minimum, minimum_jobs, minimum_cores, minimum_memory),
            Sizes(maximum, maximum_jobs, maximum_cores, maximum_memory),
            Pace(interval, wait_count, idle_timeout, target_duration),
        )
        group = self.groups[0]
        group.scaler.target = group.target.adapted_by(chosen)
        if self.loop is not None:
            self.loop.add_callback(self.lifecycle.changed, None)
            self.loop.add_callback(group.wake)
        return chosen

    def restart(self) -> Any:
        """Close this cluster, and return a new one with the same options, size and keys.

        It is the way on after the Dask scheduler has ended; clients must connect anew.

        Returns
        -------
        JobQueueCluster
            The new cluster, of which jobs have been requested; an awaitable of it when
            asynchronous.

        Raises
        ------
        QueueError
            If the queue refuses the jobs.
        """
        if self.asynchronous:
            return self._restart()
        self.close()
        cluster = self._same_again()
        cluster.sync(cluster.groups[0].resize, self.groups[0].wanted_last)
        return cluster

    async def _restart(self) -> JobQueueCluster:
        await self._close()
        cluster = self._same_again()
        await cluster
        await cluster.groups[0].resize(self.groups[0].wanted_last)
        return cluster

    def _same_again(self) -> JobQueueCluster:
        return type(self)(
            asynchronous=self.asynchronous,
            security=self._given_security,
            _kept=Kept.new(self.spec, self.placement.another()),
        )

    def retry(self) -> Any:
        """Resume submitting after too many jobs ended before a worker joined, or a refusal."""
        return self._call(lambda: self._resize(self.groups[0].target))

    async def _resize(self, target: Target) -> None:
        group = self.groups[0]
        if self.status is Status.created:  # the start acts on it
            group.scaler.target = target
        else:
            await group.resize(target)

    def _call(self, method: Callable[..., Any], *args: Any) -> Any:
        """Run a coroutine function in the event loop, and wait for it unless asynchronous."""
        if self.status not in (Status.running, Status.created, Status.starting):
            raise WrongState(f"{self.name} is {self.state}")
        result = self.sync(method, *args)
        return asyncio.ensure_future(result) if asyncio.iscoroutine(result) else result

    def jobs_for(self, **sizes: Size) -> int:
        """Return the number of whole jobs for a size.

        Parameters
        ----------
        **sizes : str or int or None
            ``workers``, ``jobs``, ``cores`` or ``memory``; the largest counts, None is ignored.

        Raises
        ------
        InvalidOption
            If a value is no size, or none is given.
        """
        return jobs_for(self.spec, sizes)

    # -- status

    def describe(self) -> ClusterStatus:
        """Return the current status of the cluster."""
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
        """Every `Job` by name, including ended ones."""
        # Copies, as the loop's thread changes the tables.
        tables = [dict(group.table.jobs) for group in self.groups]
        return {name: job for table in tables for name, job in table.items()}

    @property
    def workers(self) -> dict[str, Job]:
        """The live jobs by name."""
        return {name: job for name, job in self.jobs.items() if job.state in LIVE}

    def job_script(self) -> str:
        """Return the job script of the next submission."""
        return self._parts.preview()[0]

    def submit_command(self) -> str:
        """Return the submit command of the next submission."""
        return self._parts.preview()[1]

    @property
    def job_header(self) -> str:
        """The lines of the job script with directives."""
        return "\n".join(self.spec.adapter.header(self.spec.job_spec(logs=str(self.files.logs))))

    @property
    def job_name(self) -> str:
        """Name of the jobs in the queue."""
        return str(self.spec.options["job_name"])

    @property
    def dashboard_link(self) -> str:
        """Address of the dashboard on the scheduler's own host; empty if there is none."""
        return display.dashboard_link(self.placement.dashboard_port, self.placement.prefix)

    def client_code(self, dashboard: str = "") -> str:
        """Return Python code that connects a client; it needs only `distributed`.

        Parameters
        ----------
        dashboard : str
            Link to the dashboard for the client to show; empty for Dask's own link.
        """
        return client_code(self.placement.address, self.files.tls, dashboard)

    def logs(self, cluster: bool = True, scheduler: bool = True, workers: bool = True) -> Any:
        """Return logs, as `get_logs` does.

        Parameters
        ----------
        cluster, scheduler, workers : bool
            Which logs to return.
        """
        return self.get_logs(cluster=cluster, scheduler=scheduler, workers=workers)

    def job_log(self, name: str, stream: str = "stderr", tail: int = 200) -> str:
        """Return the end of a job's output, even after the job has ended.

        Parameters
        ----------
        name : str
            Name of the job, a key of `jobs`.
        stream : str
            ``"stdout"`` or ``"stderr"``.
        tail : int
            Maximum number of lines.

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
