"""One queue for each batch system and event loop, shared by all clusters there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jupyter_jobqueue.adapters.adapter import Adapter, Call, JobStatus, Listing
from jupyter_jobqueue.batch.dialect import adapter_for
from jupyter_jobqueue.batch.queue import JobQueue, StatusReport


class SharedQueue:
    """The `JobQueue` of a batch system that clusters of the running event loop share.

    It can be created before there is an event loop; its methods need a running one.

    Parameters
    ----------
    system : str
        A batch system, such as ``"slurm"``.
    """

    def __init__(self, system: str) -> None:
        self.system = system

    @property
    def adapter(self) -> Adapter:
        """The batch system's adapter."""
        return adapter_for(self.system)

    @property
    def _queue(self) -> JobQueue:
        return JobQueue.of(self.system)

    async def submit(self, call: Call[list[str]]) -> list[str]:
        """Run a submit command; see `JobQueue.submit`."""
        return await self._queue.submit(call)

    async def cancel(self, ids: Sequence[str], extra: Sequence[str] = ()) -> None:
        """Cancel jobs; see `JobQueue.cancel`.

        Parameters
        ----------
        ids : sequence of str
            The jobs.
        extra : sequence of str
            Words that follow the name of the command.
        """
        await self._queue.cancel(ids, extra)

    async def status(
        self, ids: Sequence[str], *, max_age: float = 0.0, everything: bool = False
    ) -> StatusReport:
        """Request a status report; see `JobQueue.status`.

        Parameters
        ----------
        ids : sequence of str
            Jobs of interest; the report may have more.
        max_age : float
            Maximum age of the report in seconds.
        everything : bool
            Whether to query all jobs of the user.
        """
        return await self._queue.status(ids, max_age=max_age, everything=everything)

    async def look_for(self, job_id: str) -> Listing:
        """Query one job by its id alone; see `JobQueue.look_for`."""
        return await self._queue.look_for(job_id)

    async def history(self, ids: Sequence[str]) -> Mapping[str, JobStatus]:
        """Query the accounting; see `JobQueue.history`."""
        return await self._queue.history(ids)
