"""Nobody gets in without a login and a permission, by whatever route and method."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import Any

import pytest
from jupyter_server.auth import Authorizer
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from jupyter_jobqueue.server import dashboard, handlers
from tests.server.conftest import Api

API = [
    (re.sub(r"\([^)]*\)", "x", path).lstrip("/"), verb.upper())
    for path, handler in handlers.ROUTES
    for verb in ("get", "post", "put", "patch", "delete")
    if verb in vars(handler)
]
DASHBOARDS = [
    (f"jobqueue/clusters/x/dashboard{below}", verb)
    for below in ("", "/", "/status", "/status/ws", "/../x")
    for verb in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
]
MARKS = {"Authorization": "nothing"}
"""`jp_fetch` adds the token unless there is such a header."""


class Deny(Authorizer):
    """Lets nobody use us."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return resource != "jobqueue"


async def fetch(jp_fetch: Any, path: str, method: str, **options: Any) -> Any:
    return await jp_fetch(
        path,
        method=method,
        body=b"{}" if method in ("POST", "PUT", "PATCH") else None,
        raise_error=False,
        follow_redirects=False,
        allow_nonstandard_methods=True,
        **options,
    )


def test_every_route_is_listed_here() -> None:
    assert len(dashboard.ROUTES) == 1
    assert {path for path, _ in API} == {
        re.sub(r"\([^)]*\)", "x", path).lstrip("/") for path, _ in handlers.ROUTES
    }


async def test_without_a_token(jp_fetch: Any) -> None:
    for path, verb in API:
        response = await fetch(jp_fetch, path, verb, headers=dict(MARKS))
        assert response.code == 403, (path, verb)
    for path, verb in DASHBOARDS:
        response = await fetch(jp_fetch, path, verb, headers=dict(MARKS))
        assert response.code in (302, 403), (path, verb)
        assert response.code == 403 or "/login" in response.headers["Location"]


@pytest.mark.parametrize(
    "jp_argv", [["--ServerApp.authorizer_class=tests.server.test_access.Deny"]]
)
async def test_without_permission(jp_fetch: Any, jp_argv: Any) -> None:
    for path, verb in [*API, *DASHBOARDS]:
        response = await fetch(jp_fetch, path, verb)
        assert response.code == 403, (path, verb)


@pytest.mark.parametrize(
    "jp_argv", [["--ServerApp.authorizer_class=tests.server.test_access.Deny"]]
)
async def test_a_web_socket_without_permission(jp_ws_fetch: Any, jp_argv: Any) -> None:
    with pytest.raises(Exception, match="403"):
        await jp_ws_fetch("jobqueue/clusters/x/dashboard/status/ws")


async def login(jp_fetch: Any, jp_serverapp: Any) -> dict[str, str]:
    """Return the headers of a browser that has logged in."""
    response = await jp_fetch("login", headers=dict(MARKS))
    cookies = cookies_of(response)
    token = jp_serverapp.identity_provider.token
    response = await jp_fetch(
        "login",
        method="POST",
        body=f"password={token}&_xsrf={cookies['_xsrf']}",
        headers={**MARKS, "Cookie": text(cookies)},
        raise_error=False,
        follow_redirects=False,
    )
    assert response.code == 302
    return {**MARKS, "Cookie": text({**cookies, **cookies_of(response)})}


def cookies_of(response: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in response.headers.get_list("Set-Cookie"):
        found.update({name: each.coded_value for name, each in SimpleCookie(line).items()})
    return found


def text(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


async def test_a_cookie_alone_changes_nothing(jp_fetch: Any, jp_serverapp: Any) -> None:
    """A page of another site can make a browser send it."""
    browser = await login(jp_fetch, jp_serverapp)
    xsrf = {"X-XSRFToken": browser["Cookie"].partition("_xsrf=")[2].partition(";")[0]}
    foreign = {"Origin": "https://evil.example"}
    for path, verb in API:
        if verb == "GET":
            good = await fetch(jp_fetch, "jobqueue/api/profiles", verb, headers=dict(browser))
            assert good.code == 200
        else:
            response = await fetch(jp_fetch, path, verb, headers=dict(browser))
            assert response.code == 403, (path, verb)
        response = await fetch(jp_fetch, path, verb, headers={**browser, **xsrf, **foreign})
        assert response.code in (403, 404), (path, verb)
        assert "evil" not in response.body.decode()
    response = await fetch(jp_fetch, "jobqueue/api/job-script", "POST", headers={**browser, **xsrf})
    assert response.code == 400


async def test_a_foreign_page_does_not_reach_the_dashboard(
    api: Api, jp_fetch: Any, jp_serverapp: Any, jp_http_port: int, jp_base_url: str
) -> None:
    made = await api.create()
    browser = await login(jp_fetch, jp_serverapp)
    dashboard = f"jobqueue/clusters/{made['id']}/dashboard"
    foreign = {**browser, "Origin": "https://evil.example"}
    assert (await fetch(jp_fetch, f"{dashboard}/status", "GET", headers=dict(browser))).code == 200
    for verb in ("GET", "POST"):
        response = await fetch(jp_fetch, f"{dashboard}/status", verb, headers=dict(foreign))
        assert response.code in (403, 404)
    assert (await fetch(jp_fetch, f"{dashboard}/status", "POST", headers=dict(browser))).code == 403
    url = f"ws://localhost:{jp_http_port}{jp_base_url}{dashboard}/status/ws"
    with pytest.raises(Exception, match="403"):
        await websocket_connect(HTTPRequest(url, headers=foreign))
    with pytest.raises(Exception, match="403"):
        await websocket_connect(HTTPRequest(url, headers=dict(MARKS)))
