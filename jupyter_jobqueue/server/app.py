"""The server extension: creates the manager, adds the routes, closes the clusters at the end."""

from __future__ import annotations

from typing import Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Type

from jupyter_jobqueue.server.base import MANAGER
from jupyter_jobqueue.server.dashboard import ROUTES as DASHBOARDS
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
        if self.serverapp is not None:
            # Recovery starts with the event loop, so that the server does not wait for it.
            self.serverapp.io_loop.add_callback(self.manager.adoption.begin)

    def initialize_handlers(self) -> None:
        """Add the routes."""
        self.handlers.extend([*API, *DASHBOARDS])

    def current_activity(self) -> dict[str, Any] | None:
        """Return the number of clusters, so that a server with clusters does not count as idle."""
        return {"clusters": self.manager.active} if self.manager.active else None

    async def stop_extension(self) -> None:
        """Close the clusters, or leave them to the next server."""
        await self.manager.stop()
