"""The dashboard through the Jupyter server: it works, and leads to one scheduler only."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import quote

import pytest
from tornado.httpclient import AsyncHTTPClient

from jupyter_jobqueue.adapters.local import Local
from tests.server.conftest import Api

SECRET = "5ec7e7"


def placement(api: Api, made: Any) -> Any:
    return api.manager._clusters[made["id"]].cluster.placement


def prefix(api: Api, made: Any) -> str:
    return str(api.manager._clusters[made["id"]].cluster.placement.prefix)


class Browser:
    """Asks below the dashboard of a cluster, exactly as written."""

    def __init__(self, client: Any, base: str, headers: dict[str, str], made: Any) -> None:
        self.base = f"{base}jobqueue/clusters/{made['id']}/dashboard"
        self._client, self._headers = client, headers

    async def get(self, path: str, **options: Any) -> Any:
        headers = {**self._headers, **options.pop("headers", {})}
        return await self._client.fetch(
            f"{self.base}{path}",
            headers=headers,
            raise_error=False,
            follow_redirects=False,
            request_timeout=120,
            **options,
        )


@pytest.fixture
def browser(http_server_client: Any, jp_base_url: str, jp_auth_header: dict[str, str]) -> Any:
    return lambda made: Browser(http_server_client, jp_base_url, jp_auth_header, made)


async def test_pages_their_files_and_redirects_come_back_under_the_path(
    api: Api, browser: Any
) -> None:
    made = await api.create(jobs=1)
    await api.until(made["id"], lambda cluster: cluster["workers"] == 1)
    look, secret = browser(made), prefix(api, made)
    for path in ("", "/"):
        response = await look.get(path)
        assert (response.code, response.headers["Location"]) == (301, f"{look.base}/status")
    for page in ("status", "workers", "tasks", "graph", "info/main/workers.html"):
        response = await look.get(f"/{page}")
        html = response.body.decode()
        assert response.code == 200, page
        assert secret not in html + str(response.headers), page
        for link in links(html):
            found = await look.get(absolute(f"/{page}", link, look.base))
            assert found.code == 200, (page, link)
            assert secret.encode() not in found.body, link
    plots = await look.get("/individual-plots.json")
    assert "Individual Task Stream" in json.loads(plots.body)


def links(html: str) -> list[str]:
    """Return scripts, style and pictures of a page that are not on another host."""
    found = re.findall(r'(?:src|href)="([^"]+\.(?:js|css|svg|ico)[^"]*)"', html)
    return [link for link in found if "://" not in link]


def absolute(page: str, link: str, base: str) -> str:
    """Return where a link leads, below the dashboard."""
    if link.startswith("/"):
        assert link.startswith(f"{base}/"), link
        return link.removeprefix(base)
    folder = page.rpartition("/")[0]
    return f"{folder}/{link}"


async def test_the_web_socket_of_a_page(api: Api, browser: Any, jp_ws_fetch: Any) -> None:
    """A page with its chart: the document comes over the socket as Bokeh's own client asks it."""
    made = await api.create(jobs=1)
    page = (await browser(made).get("/individual-task-stream")).body.decode()
    found = re.search(r'"token":"([^"]+)"', page)
    assert found
    path = f"jobqueue/clusters/{made['id']}/dashboard/individual-task-stream/ws"
    socket = await jp_ws_fetch(path, subprotocols=["bokeh", found[1]])
    assert socket.selected_subprotocol == "bokeh"
    header = json.loads(await asyncio.wait_for(socket.read_message(), 10))
    assert header["msgtype"] == "ACK"
    socket.close()


async def test_only_the_secret_is_answered_on_the_port_itself(api: Api) -> None:
    made = await api.create()
    port, secret = placement(api, made).dashboard_port, prefix(api, made)
    client = AsyncHTTPClient(force_instance=True)
    for path in (
        "/",
        "/status",
        "/sitemap.json",
        "/info/main/workers.html",
        "/health",
        "/metrics",
        "/individual-plots.json",
        "/proxy/1/127.0.0.1/x",
        f"/{secret}",
        f"/{secret}/proxy/1/127.0.0.1/x",
        f"//{secret}/status",
        f"/x/../{secret}/status",
    ):
        url = f"http://127.0.0.1:{port}{path}"
        response = await client.fetch(url, raise_error=False, follow_redirects=False)
        assert response.code == 404, path
        assert secret not in response.body.decode() + str(response.headers)
    response = await client.fetch(f"http://127.0.0.1:{port}/{secret}/status")
    assert response.code == 200
    client.close()


class Dump(BaseHTTPRequestHandler):
    """Tells what reaches a dashboard."""

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        self.send_response(302 if "redirect" in self.path else 200)
        self.send_header("Set-Cookie", "dashboard=1")
        if "redirect" in self.path:
            self.send_header("Location", f"/{SECRET}/status")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def dump() -> Iterator[Any]:
    with HTTPServer(("127.0.0.1", 0), Dump) as server:
        server.seen = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def test_no_secret_of_jupyter_reaches_the_dashboard(
    api: Api, browser: Any, dump: Any, monkeypatch: pytest.MonkeyPatch, jp_serverapp: Any
) -> None:
    token = jp_serverapp.identity_provider.token
    monkeypatch.setattr(api.manager, "dashboard", lambda cluster: (dump.server_port, SECRET))
    given = {"Cookie": "_xsrf=1; username=me", "Referer": f"http://x/?token={token}", "X-A": "b"}
    look = browser({"id": "any"})
    response = await look.get(f"/x?a=1&token={token}&b=%20&%74oken={token}", headers=given)
    ((path, headers),) = dump.seen
    assert path == f"/{SECRET}/x?a=1&b=%20"
    assert headers["Host"] == f"127.0.0.1:{dump.server_port}"
    assert not {"Authorization", "Cookie", "Referer", "X-A", "Origin"} & set(headers)
    assert token not in str(headers)
    assert "dashboard=1" not in str(response.headers.get_list("Set-Cookie"))
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
    response = await look.get("/redirect")
    assert response.headers["Location"] == f"{look.base}/status"


async def test_no_path_leads_elsewhere(
    api: Api, browser: Any, dump: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is asked for arrives at that port, below the prefix, or is refused."""
    monkeypatch.setattr(api.manager, "dashboard", lambda cluster: (dump.server_port, SECRET))
    look = browser({"id": "any"})
    refused = ("/..", "/../", "/../x", "/a/../../x", "/%2e%2e/x", "/%2e%2e%2fx", "/..%5cx")
    for path in refused:
        assert (await look.get(path)).code == 404, path
    assert dump.seen == []
    tricks = (
        "//127.0.0.1:1/x",
        "/%2f%2f127.0.0.1:1/x",
        "/@127.0.0.1:1/x",
        "/:1@127.0.0.1:1/",
        "/http://127.0.0.1:1/x",
        "/http%3A%2F%2F127.0.0.1%3A1/x",
        "/x%3Fy%23z",
        "/%00",
        "/%0d%0aX-A:%20b",
    )
    for path in tricks:
        assert (await look.get(path)).code == 200, path
    assert [path for path, _ in dump.seen] == [f"/{SECRET}{path}" for path in tricks]
    assert not [headers for _, headers in dump.seen if "X-A" in headers]


async def test_an_id_is_no_address(browser: Any, api: Api) -> None:
    made = await api.create()
    for name in (
        "0123456789ab",
        "127.0.0.1:1",
        f"{made['id']}@127.0.0.1:1",
        "http:%2f%2f127.0.0.1:1",
        f"x%2f..%2f{made['id']}",
    ):
        response = await browser({"id": name}).get("/status")
        assert response.code == 404, name


async def test_the_relay_of_dask_is_closed(api: Api, browser: Any, jp_ws_fetch: Any) -> None:
    """Distributed connects web sockets below `proxy/` to any host and port."""
    made = await api.create()
    look = browser(made)
    for path in ("/proxy/1/127.0.0.1/x", "/%70roxy/1/127.0.0.1/x", "//proxy/1/127.0.0.1/x"):
        assert (await look.get(path)).code == 404, path
    socket = await jp_ws_fetch(f"jobqueue/clusters/{made['id']}/dashboard/proxy/1/127.0.0.1/x")
    assert await asyncio.wait_for(socket.read_message(), 10) is None  # closed at once
    socket.close()


async def test_a_cluster_without_dashboard_says_so(api: Api, browser: Any) -> None:
    made = await api.create()
    api.manager._clusters[made["id"]].cluster.placement.dashboard_port = 0
    assert (await api.ok("GET", f"clusters/{made['id']}"))["dashboard"] == ""
    response = await browser(made).get("/status")
    assert response.code == 404
    assert "<p>Reason: local-1 has no dashboard.</p>" in response.body.decode()


async def test_a_scheduler_on_another_address_keeps_its_dashboard_on_loopback(
    api: Api, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Local, "host", "127.0.0.2")
    made = await api.create(jobs=1)
    assert made["scheduler_address"].startswith("tls://127.0.0.2:")
    response = await browser(made).get("/status")
    assert response.code == 200
    port = placement(api, made).dashboard_port
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.2", port)


async def test_a_hub_that_forbids_frames_does_not_blank_the_dashboards(
    api: Api, browser: Any, jp_serverapp: Any
) -> None:
    made = await api.create()
    await api.until(made["id"], lambda cluster: cluster["state"] == "running")
    policy = "frame-ancestors 'none'; report-uri /hub/security/csp-report"
    jp_serverapp.web_app.settings["headers"] = {"Content-Security-Policy": policy}
    page = await browser(made).get("/status")
    assert page.headers["Content-Security-Policy"] == (
        "report-uri /hub/security/csp-report; frame-ancestors 'self'"
    )


async def test_without_a_session_a_link_leads_to_the_login_and_back(
    api: Api, http_server_client: Any, jp_base_url: str
) -> None:
    made = await api.create()
    path = f"{jp_base_url}jobqueue/clusters/{made['id']}/dashboard/status"
    page = await http_server_client.fetch(path, raise_error=False, follow_redirects=False)
    assert page.code == 302
    location = page.headers["Location"]
    assert location.startswith(f"{jp_base_url}login?next=")
    assert location.endswith(quote(path, safe=""))


async def test_a_cluster_that_is_gone_costs_one_line_of_the_log(
    api: Api, browser: Any, caplog: pytest.LogCaptureFixture
) -> None:
    page = await browser({"id": "<i>&quot;"}).get("/status")
    assert page.code == 404
    assert page.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert "<p>Reason: no cluster &#x27;&lt;i&gt;&amp;quot;&#x27;.</p>" in page.body.decode()
    assert "Traceback" not in caplog.text
