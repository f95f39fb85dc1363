"""The dashboard of a cluster's scheduler, under the Jupyter server's address and behind its login.

Host and port come from the table of clusters, never from the browser. Requests are passed on
without tokens and cookies, only with what the dashboard needs. In answers, links below the secret
prefix of the dashboard are rewritten to this server's path.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, unquote_plus

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.auth.utils import HTTP_METHOD_TO_AUTH_ACTION
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from jupyter_server_proxy.handlers import ProxyHandler, RewritableResponse
from tornado import web
from tornado.httputil import HTTPHeaders, url_concat

from jupyter_jobqueue.errors import JobQueueError
from jupyter_jobqueue.server.base import ManagerMixin
from jupyter_jobqueue.server.page import no_dashboard

HOST = "127.0.0.1"
# Bokeh writes all headers of a request into the page: pass on as few as possible.
PASSED_ON = (
    "Accept",
    "Accept-Language",
    "Content-Type",
    "If-Modified-Since",
    "If-None-Match",
    "Range",
    "User-Agent",
)
REWRITTEN = re.compile(r"text/(html|javascript)|application/(json|javascript)")
STATICS = b"../../../statics/"
"""Path of the style sheet in Dask's pages of workers and tasks; wrong behind a prefix."""


class DashboardHandler(ManagerMixin, ProxyHandler):  # type: ignore[misc]
    """Passes requests and web sockets on to one scheduler.

    Parameters
    ----------
    *args, **kwargs : Any
        Passed to the base class.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.absolute_url = True  # this class rewrites paths itself
        self.rewrite_response = lambda response: self._rewrite(response)

    # -- access

    async def prepare(self) -> None:
        """Require a login, permission, the right origin, and an open cluster."""
        web_socket = self.request.headers.get("Upgrade", "").lower() == "websocket"
        await JupyterHandler.prepare(self, _redirect_to_login=not web_socket)
        if self._finished:
            return
        if not self.current_user:
            self._ask_to_log_in(web_socket)
            return
        await self._authorize("WEBSOCKET" if web_socket else self.request.method or "")
        if not self.check_origin():
            raise web.HTTPError(403)
        self.port, self.prefix = self.manager.dashboard(self.path_args[0])
        self.rest = self._path()

    def _ask_to_log_in(self, web_socket: bool) -> None:
        """Redirect to the login page, and from there back."""
        url = self.get_login_url()
        if web_socket or self.request.method not in ("GET", "HEAD") or not url:
            raise web.HTTPError(403)
        self.redirect(url_concat(url, {"next": self.request.uri or ""}))

    async def _authorize(self, method: str) -> None:
        action = HTTP_METHOD_TO_AUTH_ACTION[method]
        allowed = self.authorizer.is_authorized(self, self.current_user, action, self.auth_resource)
        if not await ensure_async(allowed):
            raise web.HTTPError(403)

    def check_xsrf_cookie(self) -> None:
        """Check as all handlers of Jupyter do; the dashboard itself has no such check."""
        JupyterHandler.check_xsrf_cookie(self)

    # -- requests

    def _path(self) -> str:
        """Return the path below ``dashboard/``, in its original encoding."""
        below = self.request.path.removeprefix(self.base_url).split("/", 4)
        path = below[4] if len(below) > 4 else ""
        if ".." in unquote(path).replace("\\", "/").split("/"):
            raise web.HTTPError(404)
        return path

    def get_client_uri(self, protocol: str, host: str, port: int, proxied_path: str) -> str:
        """Return the address of the requested page: on the scheduler, below its prefix."""
        pairs = self.request.query.split("&")
        query = "&".join(pair for pair in pairs if unquote_plus(pair.partition("=")[0]) != "token")
        uri = f"{protocol}://{HOST}:{self.port}/{self.prefix}/{self.rest}"
        return f"{uri}?{query}" if query else uri

    def proxy_request_headers(self) -> HTTPHeaders:
        """Return the headers that the dashboard needs, without secrets of Jupyter."""
        given = self.request.headers
        return HTTPHeaders({name: given[name] for name in PASSED_ON if name in given})

    # -- answers

    @property
    def context(self) -> str:
        """The path of the dashboard in the browser."""
        return url_path_join(self.base_url, "jobqueue/clusters", self.path_args[0], "dashboard")

    def _rewrite(self, response: RewritableResponse) -> None:
        response.headers.pop("Set-Cookie", None)
        response.headers["Content-Security-Policy"] = framed_by_us(self.content_security_policy)
        if "Location" in response.headers:
            response.headers["Location"] = self._location(response.headers["Location"])
        if response.body and REWRITTEN.match(response.headers.get("Content-Type", "")):
            context = self.context.encode()
            body = response.body.replace(f"/{self.prefix}".encode(), context)
            response.body = body.replace(STATICS, context + b"/statics/")

    def _location(self, location: str) -> str:
        """Return the target of a redirect for the browser; a relative one stays as it is."""
        _, found, below = location.partition(self.prefix)
        return self.context + below if found else location

    def _record_activity(self) -> None:
        """Record no activity: a forgotten tab must not keep a server alive."""

    def ping(self, data: bytes = b"") -> None:
        """Send none: the answers of a forgotten tab would count at the proxy of a Hub."""

    @property
    def ping_interval(self) -> float:
        """Seconds between pings of this server's own."""
        return 0.0

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say what is wrong on a small page, which a pane of JupyterLab may show."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, JobQueueError):
            self.set_status(error.status_code)
            self.set_header("Content-Type", "text/html; charset=UTF-8")
            self.set_header("Content-Security-Policy", framed_by_us(self.content_security_policy))
            self.finish(no_dashboard(error.message))
        else:
            super().write_error(status_code, **kwargs)

    # -- verbs

    @ws_authenticated
    async def get(self, *args: str) -> None:
        """Pass on a request or a web socket."""
        # A streamed answer would not be rewritten; the dashboard has none.
        if self.request.headers.get("Accept") == "text/event-stream":
            del self.request.headers["Accept"]
        await super().get(*args)

    async def open(self, *args: str) -> None:
        """Connect the web socket."""
        await self.proxy_open(HOST, self.port, self.rest)

    @web.authenticated
    async def http_get(self, *args: str) -> None:
        """Pass on a request."""
        await self.proxy(HOST, self.port, self.rest)

    head = post = put = patch = delete = options = http_get


def framed_by_us(policy: str) -> str:
    """Return a content security policy that lets pages of this server show a dashboard.

    The single-user server of a Hub forbids all frames.

    Parameters
    ----------
    policy : str
        The server's policy.

    Examples
    --------
    >>> framed_by_us("frame-ancestors 'none'; report-uri /x")
    "report-uri /x; frame-ancestors 'self'"
    """
    parts = (part.strip() for part in policy.split(";"))
    kept = [part for part in parts if part and not part.lower().startswith("frame-ancestors")]
    return "; ".join([*kept, "frame-ancestors 'self'"])


ROUTES = [(r"/jobqueue/clusters/([^/]+)/dashboard((?:/.*)?)", DashboardHandler)]
