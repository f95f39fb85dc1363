"""HTTP only: each verb asks the manager and writes its answer; errors are written in one place."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from jupyter_jobqueue.errors import JobQueueError
from jupyter_jobqueue.jobs.adaptive import AdaptivePolicy
from jupyter_jobqueue.jobs.scaler import Target
from jupyter_jobqueue.server.base import ManagerMixin
from jupyter_jobqueue.server.requests import Adapt, Create, LogQuery, Preview, Scale


class JobQueueHandler(ManagerMixin, APIHandler):
    """Base of the REST handlers."""

    def reply(self, value: Any, status: int = 200) -> None:
        """Answer with JSON."""
        self.set_status(status)
        self.finish(json.dumps(value))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write an error of ours as it is; HTTPError would double each ``%`` of a queue's words."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if not isinstance(error, JobQueueError):
            super().write_error(status_code, **kwargs)
            return
        told = {"message": error.message, "reason": type(error).__name__}
        extra = {"field": error.field, "details": error.details}
        self.reply(
            {**told, **{key: value for key, value in extra.items() if value}}, error.status_code
        )

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Log an error that a user can act on as one line, all others with their traceback."""
        if isinstance(value, JobQueueError):
            self.log.info("%s: %s", self.request.path, value)
        else:
            super().log_exception(typ, value, tb)


class SystemsHandler(JobQueueHandler):
    """Batch systems."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List them; ``refresh=1`` asks them again."""
        refresh = self.get_query_argument("refresh", "") not in ("", "0")
        self.reply(await self.manager.systems.describe(refresh=refresh))


class ProfilesHandler(JobQueueHandler):
    """Named presets."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List them."""
        self.reply(await self.manager.systems.profiles())


class SchemaHandler(JobQueueHandler):
    """Options of a batch system."""

    @web.authenticated
    @authorized
    async def get(self, system: str) -> None:
        """Return their JSON schema, with the values of ``profile`` as defaults."""
        profile = self.get_query_argument("profile", None)
        self.reply(await self.manager.systems.schema(system, profile))


class PreviewHandler(JobQueueHandler):
    """Job scripts of clusters that are not there yet."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Return script and command; nothing is sent."""
        self.reply(await self.manager.preview(**dict(Preview.read(self.request.body))))


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
        """Create one; the state follows."""
        asked = Create.read(self.request.body)
        target = Target(asked.jobs or 0)
        if asked.adapt and asked.adapt.bounds:
            target = target.adapted_by(AdaptivePolicy(*asked.adapt.bounds))
        settings = asked.model_dump(exclude={"jobs", "adapt"})
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
        """Ask for it."""
        self.reply(await self.manager.scale(cluster_id, **Scale.read(self.request.body).size))


class AdaptHandler(JobQueueHandler):
    """A size that follows the work."""

    @web.authenticated
    @authorized
    async def post(self, cluster_id: str) -> None:
        """Set its bounds, or end it."""
        self.reply(await self.manager.adapt(cluster_id, Adapt.read(self.request.body).bounds))


class RetryHandler(JobQueueHandler):
    """A cluster that has stopped to submit."""

    @web.authenticated
    @authorized
    async def post(self, cluster_id: str) -> None:
        """Let it submit again."""
        self.reply(await self.manager.retry(cluster_id))


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
        """List them, ended ones too."""
        self.reply(self.manager.jobs(cluster_id))


class JobLogHandler(JobQueueHandler):
    """The output of a job."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str, job: str) -> None:
        """Return its end."""
        given = {name: self.get_query_argument(name, None) for name in LogQuery.model_fields}
        query = LogQuery.check({name: value for name, value in given.items() if value is not None})
        self.reply(await self.manager.job_log(cluster_id, job, query.stream, query.tail))


class ClientHandler(JobQueueHandler):
    """The code of a client."""

    @web.authenticated
    @authorized
    def get(self, cluster_id: str) -> None:
        """Return it."""
        self.reply(self.manager.client_code(cluster_id, self.base_url))


class NoticesHandler(JobQueueHandler):
    """Sentences about clusters that are gone."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """List them."""
        self.reply(self.manager.notices.all())


class NoticeHandler(JobQueueHandler):
    """One of them."""

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
    (rf"{CLUSTER}/job-script", JobScriptHandler),
    (rf"{CLUSTER}/jobs", JobsHandler),
    (rf"{CLUSTER}/jobs/([^/]+)/log", JobLogHandler),
    (rf"{CLUSTER}/client", ClientHandler),
    (r"/jobqueue/api/notices", NoticesHandler),
    (r"/jobqueue/api/notices/([^/]+)", NoticeHandler),
]
