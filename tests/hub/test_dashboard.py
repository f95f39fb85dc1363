"""A dashboard through the proxy of the Hub: in a frame, without a session, without a cluster."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from tests.hub.conftest import Person


@pytest.fixture(scope="module")
def made(people: tuple[Person, Person]) -> Any:
    """Return a cluster of alice's, without workers."""
    return people[0].starting().cluster(jobs=0)


def test_a_page_of_the_same_server_may_frame_it(alice: Person, made: Any) -> None:
    """The Hub forbids all frames of all pages of its servers."""
    of_the_server = alice.fetch("GET", "lab").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in of_the_server
    answer = alice.fetch("GET", made["dashboard"])
    assert "bokeh" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert [part for part in policy.split("; ") if "frame-ancestors" in part] == [
        "frame-ancestors 'self'"
    ]


def test_a_link_without_a_session_leads_through_the_login_to_the_dashboard(
    alice: Person, made: Any
) -> None:
    link = f"{alice.hub.url}{alice.base}{made['dashboard']}"
    with requests.Session() as browser:
        form = browser.get(link, timeout=60)
        assert form.url.startswith(f"{alice.hub.url}/hub/login?next=")
        page = browser.post(form.url, data=filled(form.text, alice), timeout=60)
        assert (page.status_code, page.url) == (200, link)
        assert "bokeh" in page.text


def filled(page: str, person: Person) -> dict[str, str]:
    """Return what a person sends who fills in the form of the login."""
    hidden = re.search(r'name="_xsrf" value="([^"]+)"', page)
    assert hidden, page
    return {"username": person.login, "password": person.hub.password, "_xsrf": hidden[1]}


def test_a_cluster_that_never_was_or_is_closed_has_a_page_with_words(
    alice: Person, made: Any
) -> None:
    before = len(alice.hub.log.read_text())
    alice.ask("DELETE", f"clusters/{made['id']}")
    for name in (made["id"], "0123456789ab"):
        answer = alice.fetch("GET", f"jobqueue/clusters/{name}/dashboard/status")
        assert answer.status_code == 404
        assert f"<p>Reason: no cluster &#x27;{name}&#x27;.</p>" in answer.text
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert "Traceback" not in alice.hub.log.read_text()[before:]
