"""Changes of clusters and jobs on Jupyter's event bus, for whoever Jupyter lets listen."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_events import EventLogger

SCHEMA_ID = "https://events.jupyter.org/jupyter_jobqueue/cluster/v1"
SCHEMA = Path(__file__).parent / "event_schemas" / "cluster" / "v1.yaml"
SLICE = 0.005
"""Seconds of the event loop that are taken at once: hundreds of jobs can change together."""


@dataclass
class Events:
    """Sends changes a few at a time.

    Parameters
    ----------
    logger : EventLogger
        Jupyter's event bus.
    """

    logger: EventLogger
    _waiting: deque[dict[str, str]] = field(default_factory=deque)
    _sending: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.logger.register_event_schema(SCHEMA)

    def emit(
        self, cluster: str, kind: str, *, name: str = "", state: str = "", detail: str = ""
    ) -> None:
        """Tell that a cluster or one of its jobs has changed; needs a running event loop.

        Parameters
        ----------
        cluster : str
            Id of the cluster.
        kind : str
            ``"cluster"``, ``"job"`` or ``"removed"``.
        name : str
            The job, if it is one that changed.
        state, detail : str
            The new state, and a sentence on it.
        """
        self._waiting.append(
            {"cluster": cluster, "kind": kind, "name": name, "state": state, "detail": detail}
        )
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._send())

    async def _send(self) -> None:
        while self._waiting:
            until = time.monotonic() + SLICE
            while self._waiting and time.monotonic() < until:
                self.logger.emit(schema_id=SCHEMA_ID, data=self._waiting.popleft())
            await asyncio.sleep(0)
