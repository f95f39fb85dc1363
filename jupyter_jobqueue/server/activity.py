"""Reports computing clusters to Jupyter, so that a Hub does not cull their server as idle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_server._tz import utcnow
from tornado.ioloop import PeriodicCallback

INTERVAL = 30.0
"""Seconds between two checks; cullers check every few minutes."""
SOURCE = "jupyter_jobqueue"
"""Our key in the ``last_activity_times`` of the web application, which a Hub reads."""


class Activity:
    """Counts computing clusters as activity of the server, but not idle ones or open panels.

    Parameters
    ----------
    settings : dict
        Settings of the web application.
    is_working : callable
        Returns whether a cluster has computed since the last check.
    """

    def __init__(self, settings: dict[str, Any], is_working: Callable[[], bool]) -> None:
        self._settings = settings
        self._is_working = is_working
        self._looking = PeriodicCallback(self.look, INTERVAL * 1000)

    def begin(self) -> None:
        """Begin to check; needs the event loop."""
        self._looking.start()

    def stop(self) -> None:
        """Stop checking."""
        self._looking.stop()

    def look(self) -> None:
        """Record activity if a cluster computes."""
        if self._is_working():
            self._settings.setdefault("last_activity_times", {})[SOURCE] = utcnow()
