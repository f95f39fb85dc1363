"""The server extension: creates the manager, adds the routes, closes the clusters at the end."""

from __future__ import annotations

import atexit
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Type

from jupyter_jobqueue.environments.kernels import find_in
from jupyter_jobqueue.server.activity import INTERVAL, Activity
from jupyter_jobqueue.server.base import MANAGER
from jupyter_jobqueue.server.dashboard import ROUTES as DASHBOARDS
from jupyter_jobqueue.server.ending import stop_on_signals
from jupyter_jobqueue.server.events import Events
from jupyter_jobqueue.server.handlers import ROUTES as API
from jupyter_jobqueue.server.manager import ClusterManager


class JobQueueApp(ExtensionApp):
    """Dask clusters on batch queues."""

    name = "jupyter_jobqueue"
    classes = [ClusterManager]  # noqa: RUF012 (as every application of traitlets has it)
    description = "Dask clusters on the batch queue of an HPC site"

    manager_class: type[ClusterManager] = Type(  # type: ignore[assignment]
        ClusterManager, klass=ClusterManager, help="Class of the manager of clusters."
    ).tag(config=True)

    def initialize_settings(self) -> None:
        """Create the manager."""
        events = Events(self.settings["event_logger"])
        self.manager = self.manager_class(events, parent=self, log=self.log)
        self.settings[MANAGER] = self.manager
        # Twice the interval: the loop of a cluster runs only every 15 seconds when nothing changes.
        self.activity = Activity(self.settings, lambda: self.manager.computes(2 * INTERVAL))
        atexit.register(self.manager.close_at_exit)  # in case there is no time to stop
        if self.serverapp is not None:
            if self.serverapp.kernel_spec_manager is not None:
                self.manager.find_kernel = find_in(self.serverapp.kernel_spec_manager)
            # In the event loop: the server does not wait for the recovery.
            self.serverapp.io_loop.add_callback(self._begin)

    def _begin(self) -> None:
        stop_on_signals()
        self.activity.begin()
        self.manager.adoption.begin()

    def initialize_handlers(self) -> None:
        """Add the routes."""
        self.handlers.extend([*API, *DASHBOARDS])

    def current_activity(self) -> dict[str, Any] | None:
        """Return whether clusters compute, so that the server does not count as idle meanwhile."""
        return {"computing": True} if self.manager.computes(2 * INTERVAL) else None

    async def stop_extension(self) -> None:
        """Close the clusters, or leave them to the next server."""
        self.activity.stop()
        await self.manager.stop()
