"""`JobQueueCluster`: a Dask cluster whose workers are jobs of a batch system.

It keeps a table of jobs and the number of jobs wanted, and compares the two: after `scale`, after each answer of the
queue, when a worker joins or leaves, and on a slow timer. What to do is decided by a pure function (`decide`).
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import math
import secrets
import time
import warnings
import weakref
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from dask.utils import parse_bytes, parse_timedelta
from distributed import Security
from distributed.core import Status, rpc
from distributed.deploy.cluster import Cluster
from distributed.utils import get_ip, silence_logging_cmgr
from tornado.ioloop import IOLoop

from jupyter_jobqueue.cluster import display
from jupyter_jobqueue.cluster.adaptive import AdaptivePolicy
from jupyter_jobqueue.cluster.folder import ClusterFolder
from jupyter_jobqueue.cluster.job import LIVE, WAITING, Job, JobState
from jupyter_jobqueue.cluster.plan import Plan, make_plan
from jupyter_jobqueue.cluster.reconcile import Reconciler
from jupyter_jobqueue.errors import InvalidOption, JobQueueError, NotFound, WrongState, unknown
from jupyter_jobqueue.schedulers import InProcess, Placement, Request

logger = logging.getLogger(__name__)
Listener = Callable[[str, str, str], None]
"""Called with job name (empty for the cluster itself), state and detail."""
MISPLACED = {"host", "dashboard_address", "port"}


class JobQueueCluster(Cluster):
    """Base of the cluster classes; see those for the options of each batch system."""

    system: ClassVar[str] = ""
    _instances: ClassVar[weakref.WeakSet[JobQueueCluster]] = weakref.WeakSet()

    def __init__(
        self,
        n_workers: int = 0,
        *,
        config_name: str | None = None,
        name: str | None = None,
        asynchronous: bool = False,
        loop: IOLoop | None = None,
        security: Security | bool | None = None,
        protocol: str | None = None,
        scheduler_options: Mapping[str, Any] | None = None,
        silence_logs: str | int | bool = "error",
        allowed_failures: int = 3,
        placement: Placement | None = None,
        plan: Plan | None = None,
        cluster_id: str | None = None,
        **options: Any,
    ) -> None:
        self.status = Status.created
        _refuse_misplaced(type(self).__name__, options)
        encrypted = security is not False
        self.plan_ = plan or make_plan(
            self.system,
            options,
            config_name=config_name,
            name=name,
            scheduler_options=scheduler_options,
            protocol=protocol,
            encrypted=encrypted,
        )
        self.security = security if isinstance(security, Security) else None if encrypted else Security()
        self.id = cluster_id or secrets.token_hex(6)
        self.folder = ClusterFolder(self.id, self.plan_.options)
        self.placement = placement or InProcess()
        self.allowed_failures = allowed_failures
        self._prefix = secrets.token_hex(16)
        self._listeners: list[Listener] = []
        self._reconciler = Reconciler(self)
        self._policy: AdaptivePolicy | None = None
        self._silence_logs = silence_logs
        self._stack = contextlib.ExitStack()
        super().__init__(
            asynchronous=asynchronous,
            loop=IOLoop.current() if loop is None and asynchronous else loop,
            name=self.plan_.name,
            quiet=True,
        )
        self._instances.add(self)
        self._first = self._workers_to_jobs(n_workers)
        if not self.called_from_running_loop:
            self._loop_runner.start()
            self._start_in_thread()

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
        return await self

    # -- start and end ------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        self.status = Status.starting
        if self._silence_logs:
            self._stack.enter_context(silence_logging_cmgr(level=self._silence_logs))
        try:
            self.folder.create()
            if self.security is None:
                # Making a key takes tens of milliseconds, too long for an event loop.
                self.security = await asyncio.to_thread(Security.temporary)
            await self._start_scheduler(self.security)
            await super()._start()
            self._reconciler.start()
            self._changed()
            if self._first:
                await self._scale(self._first)
        except BaseException:
            await self._close()
            raise

    async def _start_scheduler(self, security: Security) -> None:
        files = self.folder.security_files(security) if security.require_encryption else {}
        await self.placement.start(Request(self._scheduler_options(), security, self._prefix, self.folder))
        self._reconciler.tls = files
        self.scheduler_comm = rpc(
            self.placement.address, connection_args=security.get_connection_args("client")
        )

    def _scheduler_options(self) -> dict[str, Any]:
        chosen = {"dashboard_address": "127.0.0.1:0", "protocol": self.plan_.protocol}
        chosen.update(self.plan_.scheduler_options)
        if not {"host", "interface", "contact_address"} & set(chosen):
            interface = self.plan_.options["interface"]
            chosen.update({"interface": interface} if interface else {"host": self.plan_.adapter.host or get_ip()})
        return chosen

    async def _close(self) -> None:
        if self.status in (Status.closed, Status.closing):
            return
        self.status = Status.closing
        self._changed()
        try:
            left = await self._reconciler.close()
            if self.scheduler_comm is not None:
                await self._close_comms()
            await self.placement.close()
            if left:
                warnings.warn(f"{self.name}: could not cancel {', '.join(left)}", stacklevel=1)
        finally:
            self.status = Status.closed
            self.folder.remove_keys()
            self._stack.close()
            self._changed()

    async def _close_comms(self) -> None:
        # distributed waits for the scheduler's last word; one that hangs must not hang us.
        with contextlib.suppress(TimeoutError, OSError):
            await asyncio.wait_for(super()._close(), 2)

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

    async def __aexit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        await self._close()

    # -- size ---------------------------------------------------------------------------------------------------------

    def scale(  # type: ignore[override]
        self,
        n: int | None = None,
        *,
        jobs: int | None = None,
        memory: str | int | None = None,
        cores: int | None = None,
    ) -> Any:
        """Ask for a fixed number of jobs; jobs that end are replaced.

        Of several arguments the one that needs most jobs counts. Everything is rounded up to whole jobs: with
        ``processes=6``, ``scale(12)`` and ``scale(jobs=2)`` are both two jobs of six workers.

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
        return self._call(self._scale, self.jobs_for(workers=n, jobs=jobs, memory=memory, cores=cores))

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

        Returns
        -------
        AdaptivePolicy
            Its ``log`` tells what was decided and why.
        """
        period = float(parse_timedelta(interval, default="seconds"))
        idle = float(parse_timedelta(idle_timeout, default="seconds"))
        low = self.jobs_for(workers=minimum, jobs=minimum_jobs, memory=minimum_memory, cores=minimum_cores)
        limits = {"jobs": maximum_jobs, "memory": maximum_memory, "cores": maximum_cores}
        limits["workers"] = None if maximum == math.inf else int(maximum)
        ceilings = [self.jobs_for(**{key: value}, floor=True) for key, value in limits.items() if value is not None]
        high = min(ceilings) if ceilings else None
        if high is not None and low > high:
            raise InvalidOption(f"minimum of {low} jobs is more than maximum of {high} jobs", field="minimum")
        self._policy = AdaptivePolicy(low, high, idle if wait_count is None else wait_count * period, period)
        self._adaptive = None
        self._wake()
        return self._policy

    async def _scale(self, jobs: int) -> None:
        policy, self._policy = self._policy, None
        try:
            await self._reconciler.scale(jobs)
        except JobQueueError:
            self._policy = policy
            raise

    def retry(self) -> Any:
        """Submit again after too many jobs ended before a worker joined."""
        return self._call(self._reconciler.retry)

    def jobs_for(
        self,
        *,
        workers: int | None = None,
        jobs: int | None = None,
        memory: str | int | None = None,
        cores: int | None = None,
        floor: bool = False,
    ) -> int:
        """Return the number of whole jobs for a size; at least one given, the largest counts.

        Parameters
        ----------
        workers, jobs, memory, cores
            Sizes; None means not given.
        floor : bool
            Round down, for a maximum, but to one job at least unless the size is 0.
        """
        per_job = {
            "workers": self.plan_.processes,
            "jobs": 1,
            "memory": self.plan_.options["memory"],
            "cores": self.plan_.options["cores"],
        }
        asked = {"workers": workers, "jobs": jobs, "memory": memory, "cores": cores}
        sizes = {key: _size(key, value) for key, value in asked.items() if value is not None}
        if not sizes:
            raise InvalidOption("scale needs a number of workers, jobs, cores or an amount of memory")
        if floor:
            return max(size and max(1, size // per_job[key]) for key, size in sizes.items())
        return max(-(-size // per_job[key]) for key, size in sizes.items())

    def _workers_to_jobs(self, n_workers: int) -> int:
        return self.jobs_for(workers=n_workers)

    # -- what a person asks -------------------------------------------------------------------------------------------

    @property
    def jobs(self) -> Mapping[str, Job]:
        """Every job by name, ended ones too: id, state, reason, node, exit code, workers."""
        return self._reconciler.jobs

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
        return self._reconciler.detail

    @property
    def status_words(self) -> str:
        """What the batch system or a log said of it, verbatim."""
        return self._reconciler.words

    @property
    def waiting_reason(self) -> str:
        """Why most of the pending jobs wait, in the queue's words."""
        reasons = Counter(job.reason for job in self.jobs.values() if job.state in WAITING and job.reason)
        return reasons.most_common(1)[0][0] if reasons else ""

    def job_script(self) -> str:
        """Return the script that the next job would be submitted with."""
        return self._preview()[0]

    def submit_command(self) -> str:
        """Return the command that the next job would be submitted with."""
        return self._preview()[1]

    def _preview(self) -> tuple[str, str]:
        return self.plan_.preview(
            address=self.placement.address, tls=self._reconciler.tls, logs=str(self.folder.logs)
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

    def client_code(self) -> str:
        """Return code that connects a client, for a Python that has only `distributed`."""
        return display.client_code(self.placement.address, self._reconciler.tls)

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
        if name not in self.jobs:
            raise NotFound(f"no job {name!r} in {self.name}")
        if stream not in ("stdout", "stderr"):
            raise unknown("stream", stream, ("stdout", "stderr"))
        return display.tail(getattr(self.jobs[name], stream), tail)

    def add_listener(self, listener: Listener) -> None:
        """Call `listener` in the cluster's event loop for each change of the cluster or of a job."""
        self._listeners.append(listener)

    def _changed(self, job: Job | None = None) -> None:
        name, state = (job.name, str(job.state)) if job else ("", self.state)
        detail = job.reason if job else self.status_detail
        for listener in self._listeners:
            listener(name, state, detail)

    def _update_worker_status(self, op: str, msg: Any) -> None:
        if op == "add":
            names = [info["name"] for info in msg["workers"].values()]
        else:
            names = [self.scheduler_info["workers"][msg]["name"]]
        super()._update_worker_status(op, msg)
        for worker in names:
            self._reconciler.worker_changed(str(worker), joined=op == "add")

    def _call(self, method: Callable[..., Any], *args: Any) -> Any:
        """Run a coroutine function: now and here, or in the loop's thread when not asynchronous."""
        if self.status not in (Status.running, Status.created, Status.starting):
            raise WrongState(f"{self.name} is {self.state}")
        result = self.sync(method, *args)
        return asyncio.ensure_future(result) if asyncio.iscoroutine(result) else result

    def _wake(self) -> None:
        if self.loop is not None:
            self.loop.add_callback(self._reconciler.wake)

    def __repr__(self) -> str:
        return display.text(self)

    def _repr_html_(self, cluster_status: str | None = None) -> str:
        return display.html(self)

    def _scaling_status(self) -> str:
        return display.scaling(self)


def _refuse_misplaced(name: str, options: Mapping[str, Any]) -> None:
    for key in MISPLACED & set(options):
        raise InvalidOption(
            f"{key} is an option of the scheduler: {name}(..., scheduler_options={{{key!r}: {options[key]!r}}})",
            field=key,
        )


def _size(key: str, value: Any) -> int:
    """Check a number of workers, jobs or cores, or an amount of memory."""
    if key == "memory" and isinstance(value, str):
        with contextlib.suppress(ValueError, KeyError, OverflowError):
            value = int(parse_bytes(value))
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < 0:
        raise InvalidOption(f"{key}={value!r} must be a whole number, 0 or more", field=key)
    return int(value)


@atexit.register
def _close_clusters() -> None:
    for cluster in list(JobQueueCluster._instances):
        if cluster.status in (Status.running, Status.starting) and not cluster.asynchronous:
            with contextlib.suppress(JobQueueError, TimeoutError, RuntimeError):
                cluster.close(timeout=5)
