"""The REST handlers: each method calls the manager and writes its answer, or an error."""

from __future__ import annotations

from typing import Any, TypeVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from pydantic_core import to_json
from tornado import web

from jupyter_jobqueue.errors import JobQueueError
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy
from jupyter_jobqueue.jobs.scaler import Target
from jupyter_jobqueue.server import views
from jupyter_jobqueue.server.base import ManagerMixin
from jupyter_jobqueue.server.body import BoundedBody
from jupyter_jobqueue.server.requests import (
    Adapt,
    Create,
    LogQuery,
    Preview,
    Query,
    Scale,
    SchemaQuery,
    SystemsQuery,
)
from jupyter_jobqueue.server.responses import OptionsSchemaModel, error_body

Q = TypeVar("Q", bound=Query)


@web.stream_request_body
class JobQueueHandler(ManagerMixin, BoundedBody, APIHandler):
    """Base of the REST handlers."""

    def reply(self, value: Any, status: int = 200) -> None:
        """Answer with JSON.

        Parameters
        ----------
        value : Answer or list of Answer
            The answer.
        status : int
            The HTTP status.
        """
        self.set_status(status)
        self.finish(to_json(value))

    def update_api_activity(self) -> None:
        """Record actions of a person as activity, but not the polling of an open panel."""
        if self.request.method not in ("GET", "HEAD"):
            super().update_api_activity()

    def query(self, model: type[Q]) -> Q:
        """Return the query of the URL, or raise `InvalidOption`."""
        given = {name: self.get_query_argument(name, None) for name in model.model_fields}
        return model.check({name: value for name, value in given.items() if value is not None})

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write an error of this package; `HTTPError` would double every ``%`` in its message."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, JobQueueError):
            self.reply(error_body(error), error.status_code)
        else:
            super().write_error(status_code, **kwargs)


class SystemsHandler(JobQueueHandler):
    """Batch systems."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List them; ``refresh=1`` queries them again."""
        refresh = self.query(SystemsQuery).refresh not in ("", "0")
        self.reply(views.systems(await self.manager.discovery.systems(refresh=refresh)))


class ProfilesHandler(JobQueueHandler):
    """Named presets."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List them."""
        self.reply(views.profiles(await self.manager.discovery.profiles()))


class SchemaHandler(JobQueueHandler):
    """Options of a batch system."""

    @web.authenticated
    @authorized
    async def get(self, system: str) -> None:
        """Return their JSON schema, with the values of ``profile`` as defaults."""
        profile = self.query(SchemaQuery).profile
        schema = await self.manager.discovery.schema(system, profile)
        self.reply(OptionsSchemaModel.model_validate(schema))


class PreviewHandler(JobQueueHandler):
    """The job script of a cluster that does not exist yet."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Return script and command without submitting anything."""
        self.reply(await self.manager.preview(**dict(Preview.read(self.body))))


class ClustersHandler(JobQueueHandler):
    """All clusters."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """List them."""
        self.reply(self.manager.clusters())

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Create one; it starts in the background."""
        body = Create.read(self.body)
        target = Target(body.jobs or 0)
        if body.adapt and body.adapt.bounds:
            target = target.adapted_by(AdaptivePolicy(*body.adapt.bounds))
        settings = body.model_dump(exclude={"jobs", "adapt"})
        self.reply(await self.manager.create(**settings, target=target), 201)


class ClusterHandler(JobQueueHandler):
    """One cluster."""

    @web.authenticated
    @authorized
    def get(self, cluster_id: str) -> None:
        """Return it."""
        self.reply(self.manager.get(cluster_id))

    @web.authenticated
    @authorized
    async def delete(self, cluster_id: str) -> None:
        """Close it."""
        await self.manager.close(cluster_id)
        self.set_status(204)
        self.finish()


class ScaleHandler(JobQueueHandler):
    """A fixed size."""

    @web.authenticated
    @authorized
    async def post(self, cluster_id: str) -> None:
        """Set it."""
        self.reply(await self.manager.scale(cluster_id, **Scale.read(self.body).size))


class AdaptHandler(JobQueueHandler):
    """A size that follows the workload."""

    @web.authenticated
    @authorized
    async def post(self, cluster_id: str) -> None:
        """Set its bounds, or keep the current size."""
        self.reply(await self.manager.adapt(cluster_id, Adapt.read(self.body).bounds))


class RetryHandler(JobQueueHandler):
    """A cluster that has stopped submitting jobs."""

    @web.authenticated
    @authorized
    async def post(self, cluster_id: str) -> None:
        """Resume submitting."""
        self.reply(await self.manager.retry(cluster_id))


class RestartHandler(JobQueueHandler):
    """A cluster whose scheduler has ended, or that did not start."""

    @web.authenticated
    @authorized
    async def post(self, cluster_id: str) -> None:
        """Replace it by one with the same options."""
        self.reply(await self.manager.restart(cluster_id), 201)


class JobScriptHandler(JobQueueHandler):
    """The job script of a cluster."""

    @web.authenticated
    @authorized
    def get(self, cluster_id: str) -> None:
        """Return it, with the command that submits it."""
        self.reply(self.manager.job_script(cluster_id))


class JobsHandler(JobQueueHandler):
    """The jobs of a cluster."""

    @web.authenticated
    @authorized
    def get(self, cluster_id: str) -> None:
        """List them, ended ones included."""
        self.reply(self.manager.jobs(cluster_id))


class JobLogHandler(JobQueueHandler):
    """The output of a job."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str, job: str) -> None:
        """Return its end."""
        query = self.query(LogQuery)
        self.reply(await self.manager.job_log(cluster_id, job, query.stream, query.tail))


class ClientHandler(JobQueueHandler):
    """Code that connects a client."""

    @web.authenticated
    @authorized
    def get(self, cluster_id: str) -> None:
        """Return it."""
        self.reply(self.manager.client_code(cluster_id, self.base_url))


class NoticesHandler(JobQueueHandler):
    """Notices about clusters that no longer exist."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """List them."""
        self.reply(self.manager.notices.all())


class NoticeHandler(JobQueueHandler):
    """One notice."""

    @web.authenticated
    @authorized
    def delete(self, notice: str) -> None:
        """Dismiss it."""
        self.manager.notices.dismiss(notice)
        self.set_status(204)
        self.finish()


CLUSTER = r"/jobqueue/api/clusters/([^/]+)"
ROUTES: list[tuple[str, type[JobQueueHandler]]] = [
    (r"/jobqueue/api/systems", SystemsHandler),
    (r"/jobqueue/api/systems/([^/]+)/schema", SchemaHandler),
    (r"/jobqueue/api/profiles", ProfilesHandler),
    (r"/jobqueue/api/job-script", PreviewHandler),
    (r"/jobqueue/api/clusters", ClustersHandler),
    (CLUSTER, ClusterHandler),
    (rf"{CLUSTER}/scale", ScaleHandler),
    (rf"{CLUSTER}/adapt", AdaptHandler),
    (rf"{CLUSTER}/retry", RetryHandler),
    (rf"{CLUSTER}/restart", RestartHandler),
    (rf"{CLUSTER}/job-script", JobScriptHandler),
    (rf"{CLUSTER}/jobs", JobsHandler),
    (rf"{CLUSTER}/jobs/([^/]+)/log", JobLogHandler),
    (rf"{CLUSTER}/client", ClientHandler),
    (r"/jobqueue/api/notices", NoticesHandler),
    (r"/jobqueue/api/notices/([^/]+)", NoticeHandler),
]
