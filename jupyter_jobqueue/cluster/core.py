"""`JobQueueCluster`: a Dask cluster whose workers are jobs of a batch system.

It keeps a table of jobs and the number of jobs wanted, and compares the two: after `scale`, after
each answer of the queue, when a worker joins or leaves, and on a slow timer. What to do is decided
by a pure function (`decide`).
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import inspect
import logging
import math
import secrets
import warnings
import weakref
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from dask.utils import parse_timedelta
from distributed import Security
from distributed.core import Status, rpc
from distributed.utils import get_ip, silence_logging_cmgr

from jupyter_jobqueue.cluster.adaptive import AdaptivePolicy
from jupyter_jobqueue.cluster.folder import ClusterFolder
from jupyter_jobqueue.cluster.job import Job
from jupyter_jobqueue.cluster.plan import Plan, make_plan
from jupyter_jobqueue.cluster.reconcile import Reconciler
from jupyter_jobqueue.cluster.size import Size, bounds, jobs_for
from jupyter_jobqueue.cluster.view import ClusterView
from jupyter_jobqueue.errors import InvalidOption, JobQueueError, WrongState, unknown
from jupyter_jobqueue.schedulers import InProcess, Placement, Request
from jupyter_jobqueue.spec import options_of, renamed_of

logger = logging.getLogger(__name__)
Listener = Callable[[str, str, str], None]
"""Called with job name (empty for the cluster itself), state and detail."""
MISPLACED = {"host", "dashboard_address", "port"}


class JobQueueCluster(ClusterView):
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
        loop: Any = None,
        security: Security | bool | None = None,
        protocol: str | None = None,
        scheduler_options: Mapping[str, Any] | None = None,
        silence_logs: str | int | bool = "error",
        placement: Placement | None = None,
        plan: Plan | None = None,
        cluster_id: str | None = None,
        **options: Any,
    ) -> None:
        self._refuse_misplaced(options)
        encrypted = _encrypts(security)
        self.plan_ = plan or make_plan(
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
        self.folder = ClusterFolder(self.id, self.plan_.options)
        self.placement = placement or InProcess()
        self._prefix = secrets.token_hex(16)
        self._listeners: list[Listener] = []
        self.notes = []
        self._over: Callable[[str], None] | None = None
        self._reconciler = Reconciler(self)
        self._policy: AdaptivePolicy | None = None
        self._silence_logs = silence_logs
        self._stack = contextlib.ExitStack()
        self._first = self.jobs_for(workers=n_workers)
        super().__init__(
            asynchronous=asynchronous,
            loop=loop,
            name=self.plan_.name,
            quiet=True,
        )
        self._instances.add(self)
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
        await self
        return self

    # -- start and end

    async def _start(self) -> None:
        self.status = Status.starting
        if self._silence_logs:
            self._stack.enter_context(silence_logging_cmgr(level=self._silence_logs))
        try:
            self.folder.create()
            if self.security is None:
                # Making a key takes tens of milliseconds, too long for an event loop.
                self.security = await asyncio.to_thread(Security.temporary)
            await self._start_scheduler()
            await super()._start()
            self._reconciler.start()
            self._changed()
            if self._first:
                await self._scale(self._first)
        except BaseException:
            await self._close()
            raise

    async def _start_scheduler(self) -> None:
        security = self.security or Security()
        files = self.folder.security_files(security) if security.require_encryption else {}
        await self.placement.start(
            Request(self._scheduler_options(), security, self._prefix, self.folder)
        )
        self._reconciler.tls = files
        self.scheduler_comm = rpc(
            self.placement.address, connection_args=security.get_connection_args("client")
        )

    def _scheduler_options(self) -> dict[str, Any]:
        chosen = {"dashboard_address": "127.0.0.1:0", "protocol": self.plan_.protocol}
        chosen.update(self.plan_.scheduler_options)
        if not {"host", "interface", "contact_address"} & set(chosen):
            interface = self.plan_.options["interface"]
            host = self.plan_.adapter.host or get_ip()
            chosen.update({"interface": interface} if interface else {"host": host})
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
            self.folder.retire()
            self._stack.close()
            self._changed()

    def when_over(self, callback: Callable[[str], None]) -> None:
        """Have `callback` called, with the reason, when the cluster has lived long enough.

        Without one the cluster closes itself.
        """
        self._over = callback

    def expire(self, why: str) -> None:
        """End what has lived long enough."""
        if self._over is not None:
            self._over(why)
        elif self.status is Status.running:
            logger.warning("%s closes: %s", self.name, why)
            self._ending = asyncio.ensure_future(self._close())

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
        return self._call(
            self._scale, self.jobs_for(workers=n, jobs=jobs, memory=memory, cores=cores)
        )

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
        target_duration: str | float | None = None,
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
        target_duration : str or float, optional
            Seconds that the work at hand should take; Dask's ``distributed.adaptive`` setting
            unless given.

        Returns
        -------
        AdaptivePolicy
            Its ``log`` tells what was decided and why.
        """
        period = float(parse_timedelta(interval, default="seconds"))
        idle = float(parse_timedelta(idle_timeout, default="seconds"))
        low, high = bounds(
            self.plan_,
            {
                "workers": minimum,
                "jobs": minimum_jobs,
                "cores": minimum_cores,
                "memory": minimum_memory,
            },
            {
                "workers": maximum,
                "jobs": maximum_jobs,
                "cores": maximum_cores,
                "memory": maximum_memory,
            },
        )
        self._policy = AdaptivePolicy(
            low,
            high,
            idle if wait_count is None else wait_count * period,
            period,
            target_duration,
        )
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

    def jobs_for(self, **sizes: Size) -> int:
        """Return the number of whole jobs for ``workers``, ``jobs``, ``cores`` or ``memory``."""
        return jobs_for(self.plan_, sizes)

    def _update_worker_status(self, op: str, msg: Any) -> None:
        if op == "add":
            names = [info["name"] for info in msg["workers"].values()]
        else:
            names = [self.scheduler_info["workers"][msg]["name"]]
        super()._update_worker_status(op, msg)
        for worker in names:
            self._reconciler.worker_changed(str(worker), joined=op == "add")

    def add_listener(self, listener: Listener) -> None:
        """Call `listener` in the cluster's event loop for each change of the cluster or a job."""
        self._listeners.append(listener)

    def _changed(self, job: Job | None = None) -> None:
        name, state = (job.name, str(job.state)) if job else ("", self.state)
        detail = job.reason if job else self.status_detail
        for listener in self._listeners:
            listener(name, state, detail)

    def _refuse_misplaced(self, options: Mapping[str, Any]) -> None:
        """Refuse keywords that are neither of the cluster nor of its jobs."""
        for key in MISPLACED & set(options):
            raise InvalidOption(
                f"{key} is an option of the scheduler: "
                f"{type(self).__name__}(..., scheduler_options={{{key!r}: {options[key]!r}}})",
                field=key,
            )
        own = [name for name in inspect.signature(JobQueueCluster).parameters if name != "options"]
        jobs = {*options_of(self.system), *renamed_of(self.system)}
        for key in options:
            if key not in jobs:
                raise unknown("keyword", key, [*own, *jobs])

    def _call(self, method: Callable[..., Any], *args: Any) -> Any:
        """Run a coroutine function: now and here, or in the loop's thread when not asynchronous."""
        if self.status not in (Status.running, Status.created, Status.starting):
            raise WrongState(f"{self.name} is {self.state}")
        result = self.sync(method, *args)
        return asyncio.ensure_future(result) if asyncio.iscoroutine(result) else result

    def _wake(self) -> None:
        if self.loop is not None:
            self.loop.add_callback(self._reconciler.wake)


def _encrypts(security: Security | bool | None) -> bool:
    return (
        bool(security.require_encryption)
        if isinstance(security, Security)
        else security is not False
    )


@atexit.register
def _close_clusters() -> None:
    for cluster in list(JobQueueCluster._instances):
        if cluster.status in (Status.running, Status.starting) and not cluster.asynchronous:
            with contextlib.suppress(JobQueueError, TimeoutError, RuntimeError):
                cluster.close(timeout=5)
