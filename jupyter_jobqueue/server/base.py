"""What all handlers share: the manager, and the resource name for authorizers."""

from __future__ import annotations

from typing import Any, cast

from jupyter_jobqueue.server.manager import ClusterManager

MANAGER = "jobqueue_manager"
"""Key of the manager in the settings of the web application."""


class ManagerMixin:
    """Typed access to the manager."""

    auth_resource = "jobqueue"
    settings: dict[str, Any]

    @property
    def manager(self) -> ClusterManager:
        """The clusters of this server."""
        return cast(ClusterManager, self.settings[MANAGER])
