"""A server that the Hub stops: its clusters are closed, or left to the next one."""

from __future__ import annotations

from tests.hub.conftest import Person, until


def keys(person: Person) -> list[str]:
    """Return the files with keys of clusters."""
    return [path.name for path in person.hub.home(person.login).rglob("*.pem")]


def test_a_stop_closes_clusters(alice: Person) -> None:
    alice.cluster()
    assert keys(alice)
    assert len(alice.processes()) > 3
    alice.stop()
    until(lambda: not alice.processes(), f"the end of {alice.processes()}")
    assert keys(alice) == []


def test_a_stop_leaves_clusters_that_are_to_be_kept(people: tuple[Person, Person]) -> None:
    alice = people[0]
    alice.restart(keep_on_stop=True)
    made = alice.cluster()
    alice.stop()
    running = alice.processes()
    for word in ("placement/program", "distributed.cli"):
        assert [line for line in running if word in line], (word, running)
    alice.start()
    found = alice.until_workers(made["id"])
    assert found["scheduler_address"] == made["scheduler_address"]
    assert found["created"] == made["created"]
    alice.stop()  # which keeps nothing, as it is started without the option
    until(lambda: not alice.processes(), f"the end of {alice.processes()}")
