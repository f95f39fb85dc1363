"""Changes of clusters on Jupyter's event bus."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_events import EventLogger

SCHEMA_ID = "https://events.jupyter.org/jupyter_jobqueue/cluster/v1"
SCHEMA = Path(__file__).parent / "event_schemas" / "cluster" / "v1.yaml"
INTERVAL = 0.25
"""Seconds between two events of one cluster."""


@dataclass
class Events:
    """Sends an event when a cluster has changed, and never more than a few per second.

    An event reports the latest state of a cluster. Changes that follow each other quickly are one
    event; the last change is always reported. All methods need a running event loop.

    Parameters
    ----------
    logger : EventLogger
        Jupyter's event bus.
    interval : float
        Seconds between two events of one cluster.
    """

    logger: EventLogger
    interval: float = INTERVAL
    _latest: dict[str, tuple[str, str]] = field(default_factory=dict)
    """State and detail of each cluster whose event is due."""
    _timers: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    _not_before: dict[str, float] = field(default_factory=dict)
    """When the next event of each cluster may be sent, on the clock of the event loop."""

    def __post_init__(self) -> None:
        self.logger.register_event_schema(SCHEMA)

    def changed(self, cluster: str, state: str, detail: str = "") -> None:
        """Report a change of a cluster or of its jobs.

        Parameters
        ----------
        cluster : str
            Id of the cluster.
        state, detail : str
            The state of the cluster and a sentence about it.
        """
        if cluster not in self._latest:
            loop = asyncio.get_running_loop()
            when = max(loop.time(), self._not_before.get(cluster, 0.0))
            self._timers[cluster] = loop.call_at(when, self._send, cluster)
        self._latest[cluster] = state, detail

    def removed(self, cluster: str, detail: str = "") -> None:
        """Report at once that a cluster no longer exists.

        Parameters
        ----------
        cluster : str
            Id of the cluster.
        detail : str
            A sentence about jobs that could not be cancelled; empty if there are none.
        """
        if timer := self._timers.pop(cluster, None):
            timer.cancel()
        self._latest.pop(cluster, None)
        self._not_before.pop(cluster, None)
        self._emit(cluster, "removed", "closed", detail)

    def _send(self, cluster: str) -> None:
        del self._timers[cluster]
        state, detail = self._latest.pop(cluster)
        self._not_before[cluster] = asyncio.get_running_loop().time() + self.interval
        self._emit(cluster, "cluster", state, detail)

    def _emit(self, cluster: str, kind: str, state: str, detail: str) -> None:
        event = {"cluster": cluster, "kind": kind, "name": "", "state": state, "detail": detail}
        self.logger.emit(schema_id=SCHEMA_ID, data=event)
