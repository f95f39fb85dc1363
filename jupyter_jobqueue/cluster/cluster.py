"""`JobQueueCluster`: a Dask cluster whose workers are jobs of a batch system.

It keeps a table of jobs and the number of jobs wanted, and compares the two: after `scale`, after
each answer of the queue, when a worker joins or leaves, and on a slow timer. What to do is decided
by a pure function (`decide`).
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from distributed import Security
from distributed.core import Status

from jupyter_jobqueue.cluster.exit import own
from jupyter_jobqueue.cluster.files import ClusterFolder
from jupyter_jobqueue.cluster.lifecycle import Living
from jupyter_jobqueue.cluster.request import Plan, make_plan
from jupyter_jobqueue.cluster.snapshot import arguments_of, restore
from jupyter_jobqueue.errors import InvalidOption, WrongState
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy
from jupyter_jobqueue.jobs.controller import Reconciler
from jupyter_jobqueue.jobs.job import Job
from jupyter_jobqueue.options.check import refuse_unknown
from jupyter_jobqueue.options.common import options_of, renamed_of
from jupyter_jobqueue.placement import InProcess, Placement
from jupyter_jobqueue.records.record import Record
from jupyter_jobqueue.records.writer import Keeper

logger = logging.getLogger(__name__)
Listener = Callable[[str, str, str], None]
"""Called with job name (empty for the cluster itself), state and detail."""
MISPLACED = {"host", "dashboard_address", "port"}


class JobQueueCluster(Living):
    """Base of the cluster classes; see those for the options of each batch system."""

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
        self.created = time.time()
        self._leaving = False
        self._over: Callable[[str], None] | None = None
        self._reconciler = Reconciler(self)
        self._keeper = Keeper(self)
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
        if isinstance(self.placement, InProcess):
            own(self)
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

    @classmethod
    def attach(cls, record: Record) -> Self:
        """Return the cluster of a record; it is started by awaiting it.

        Its scheduler is looked for then, and `SchedulerGone` raised if it has ended.

        Parameters
        ----------
        record : Record
            Of a cluster that has no other owner.
        """
        cluster = cls(asynchronous=True, silence_logs=False, **arguments_of(record))
        restore(cluster, record)
        return cluster

    # -- end

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
        await asyncio.ensure_future(self._close())  # away from a task that may be cancelled

    def add_listener(self, listener: Listener) -> None:
        """Call `listener` in the cluster's event loop for each change of the cluster or a job."""
        self._listeners.append(listener)

    def _changed(self, job: Job | None = None) -> None:
        name, state = (job.name, str(job.state)) if job else ("", self.state)
        detail = job.reason if job else self.status_detail
        self._keeper.touch()
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
        refuse_unknown(options, {*own, *jobs}, kind="keyword")

    def _call(self, method: Callable[..., Any], *args: Any) -> Any:
        """Run a coroutine function: now and here, or in the loop's thread when not asynchronous."""
        if self.status not in (Status.running, Status.created, Status.starting):
            raise WrongState(f"{self.name} is {self.state}")
        result = self.sync(method, *args)
        return asyncio.ensure_future(result) if asyncio.iscoroutine(result) else result

    def _wake(self) -> None:
        if self.loop is not None:
            self.loop.add_callback(self._reconciler.wake)
            self.loop.add_callback(self._keeper.touch)


def _encrypts(security: Security | bool | None) -> bool:
    return (
        bool(security.require_encryption)
        if isinstance(security, Security)
        else security is not False
    )
