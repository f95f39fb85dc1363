"""Tells Jupyter, and through it a Hub that culls idle servers, when clusters compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_server._tz import utcnow
from tornado.ioloop import PeriodicCallback

INTERVAL = 30.0
"""Seconds between two looks; cullers look every few minutes."""
SOURCE = "jupyter_jobqueue"
"""Our key among the ``last_activity_times`` of the web application, where a Hub finds them."""


class Activity:
    """Counts work as activity of the server; clusters that idle, and people who look, do not.

    Parameters
    ----------
    settings : dict
        Settings of the web application.
    is_working : callable
        Whether a cluster has computed since the last look.
    """

    def __init__(self, settings: dict[str, Any], is_working: Callable[[], bool]) -> None:
        self._settings = settings
        self._is_working = is_working
        self._looking = PeriodicCallback(self.look, INTERVAL * 1000)

    def begin(self) -> None:
        """Look from now on; needs the event loop."""
        self._looking.start()

    def stop(self) -> None:
        """Look no more."""
        self._looking.stop()

    def look(self) -> None:
        """Note whether there is work."""
        if self._is_working():
            self._settings.setdefault("last_activity_times", {})[SOURCE] = utcnow()
