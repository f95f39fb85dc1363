"""The base of all handlers: the manager, and the resource name for authorizers."""

from __future__ import annotations

from types import TracebackType
from typing import Any, cast

from jupyter_jobqueue.errors import JobQueueError
from jupyter_jobqueue.server.manager import ClusterManager

MANAGER = "jobqueue_manager"
"""Key of the manager in the settings of the web application."""


class ManagerMixin:
    """Typed access to the manager, and errors of this package as one line of the log."""

    auth_resource = "jobqueue"
    settings: dict[str, Any]
    log: Any
    request: Any

    @property
    def manager(self) -> ClusterManager:
        """The clusters of this server."""
        return cast(ClusterManager, self.settings[MANAGER])

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Log an error of this package as one line, and any other with its traceback.

        Parameters
        ----------
        typ, value, tb : type, BaseException, TracebackType
            The error, as in `sys.exc_info`.
        """
        if isinstance(value, JobQueueError):
            self.log.info("%s: %s", self.request.path, value)
        else:
            super().log_exception(typ, value, tb)  # type: ignore[misc]  # of Jupyter's handlers
