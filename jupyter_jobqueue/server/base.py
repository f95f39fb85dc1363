"""What every handler needs: the manager, and the name under which an authorizer knows us."""

from __future__ import annotations

from typing import Any, cast

from jupyter_jobqueue.server.manager import ClusterManager

MANAGER = "jobqueue_manager"
"""Where the settings of the web application keep the manager."""


class ManagerMixin:
    """Typed access to the manager."""

    auth_resource = "jobqueue"
    settings: dict[str, Any]

    @property
    def manager(self) -> ClusterManager:
        """The clusters of this server."""
        return cast(ClusterManager, self.settings[MANAGER])
