"""The stand-in for OpenPBS says what OpenPBS said."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.recordings import one_call
from tests.standins.replay import Replay
from tests.standins.waiting import ended, running

OK = """#!/bin/bash
#PBS -N ok1
#PBS -l select=1:ncpus=2:mem=500mb
#PBS -l walltime=00:10:00
#PBS -j oe
echo hello
sleep 1
"""
LONG = "#!/bin/bash\n#PBS -N long1\n#PBS -l walltime=00:30:00\nsleep 1000\n"
LONG_NAME = "x" * 240


@pytest.fixture
def pbs(replay: Callable[[str, int], Replay]) -> Replay:
    made = replay("pbs", 64)
    made.script("ok.sh", OK)
    made.script("long.sh", LONG)
    made.script("arr.sh", "#!/bin/bash\n#PBS -N arr1\nsleep 1000\n")
    made.script("bad.sh", "#!/bin/bash\n#PBS -N bad1\nexit 1\n")
    made.script("wall.sh", "#!/bin/bash\n#PBS -N wall1\n#PBS -l walltime=1\nsleep 1000\n")
    made.script("baddir.sh", "#!/bin/bash\n#PBS -l walltime=abc\nsleep 1\n")
    made.script("crlf.sh", "#!/bin/bash\r\nsleep 1\r\n")
    return made


@pytest.mark.parametrize(
    ("file", "number", "command"),
    [
        ("qsub-ok", 106, ""),
        ("qsub-array", 114, ""),
        ("qsub-foreground-f", 66, ""),
        ("qsub-quiet-z", 1, ""),
        ("qsub-stdin", 63, ""),
        ("qsub-err-unknown-queue", 1, ""),
        ("qsub-err-unknown-resource", 1, ""),
        ("qsub-err-unknown-resource-in-select", 1, ""),
        ("qsub-err-acl-queue", 1, ""),
        ("qsub-err-disabled-queue", 1, ""),
        ("qsub-err-array-one", 1, ""),
        ("qsub-err-array-too-big", 1, ""),
        ("qsub-err-bad-directive", 1, ""),
        ("qsub-err-bad-directive-l", 1, ""),
        ("qsub-err-bad-mem-unit", 1, ""),
        ("qsub-err-bad-option", 1, ""),
        ("qsub-err-bad-walltime", 1, ""),
        ("qsub-err-crlf", 1, ""),
        ("qsub-err-mem-fraction", 1, ""),
        ("qsub-err-name-240", 1, f"qsub -N {LONG_NAME} ok.sh"),
        ("qsub-err-name-colon", 1, ""),
        ("qsub-err-name-slash", 1, ""),
        ("qsub-err-name-space", 1, "qsub -N '1 bad name' ok.sh"),
        ("qsub-err-ncpus-text", 1, ""),
        ("qsub-err-no-file", 1, ""),
        ("qsub-err-nodes-plus-select", 1, ""),
        ("qsub-err-over-ncpus", 1, ""),
        ("qsub-err-over-walltime", 1, ""),
        ("qsub-err-select-plus-ncpus", 1, ""),
        ("qdel-err-bad-id", 1, ""),
        ("qdel-err-no-args", 1, ""),
        ("qdel-err-unknown", 1, ""),
        ("qstat-empty", 1, ""),
        ("qstat-empty-f-json", 1, ""),
        ("qstat-err-bad-id", 1, ""),
        ("qstat-err-unknown", 1, ""),
        ("qstat-err-unknown-x", 1, ""),
        ("qstat-err-unknown-x-json", 1, ""),
        ("qstat-no-f-json", 1, ""),
        ("qselect-unknown-queue", 1, ""),
        ("qselect-unknown-user", 1, ""),
        ("queues-Qf-json", 1, ""),
        ("queues-unknown", 1, ""),
        ("version-qstat", 1, ""),
        ("version-qsub", 1, ""),
    ],
)
def test_what_a_single_command_says(pbs: Replay, file: str, number: int, command: str) -> None:
    pbs.check(f"pbs/{file}.txt", command, number, text="sleep 1\n")


@pytest.mark.parametrize(
    "file",
    ["pbsnodes", "qdel", "qselect", "qstat", "qstat-Q", "qstat-id-json", "qsub-foreground"],
)
def test_what_commands_say_while_the_server_is_down(pbs: Replay, file: str) -> None:
    pbs.standin.down()
    pbs.check(f"pbs/down-{file}.txt")


def test_limit_of_a_queue(pbs: Replay) -> None:
    pbs.check("pbs/qsub-err-max-queued-1.txt", number=87)
    pbs.check("pbs/qsub-err-max-queued-2.txt", number=88)
    pbs.check("pbs/qsub-err-max-queued-3.txt", number=89)


# -- jobs


def facts(text: str) -> dict[str, Any]:
    jobs: dict[str, Any] = json.loads(text)["Jobs"]
    return jobs


@pytest.mark.parametrize(
    ("file", "number", "submit", "then"),
    [
        ("state-held", 127, "", ""),
        ("state-pending-never-run", 126, "qsub -N big -l select=1:ncpus=128 long.sh", ""),
        ("state-stopped-queue", 105, "qsub -q stopped ok.sh", ""),
        ("state-running", 124, "", ""),
        ("state-finished-ok", 106, "qsub ok.sh", ":"),
        ("state-finished-exit1", 107, "qsub bad.sh", ":"),
        ("state-finished-kill9-self", 110, "qsub -N kill9 -- /bin/bash -c 'kill -9 $$'", ":"),
        ("state-finished-no-such-exe", 111, "qsub -N noexec -- /no/such/binary", ":"),
        ("state-finished-walltime", 108, "qsub wall.sh", ":"),
        ("state-deleted-held", 127, "qsub -h -N held ok.sh", "qdel 127"),
        ("state-deleted-running", 124, "", "qdel 124"),
    ],
)
def test_what_qstat_tells_of_a_job(
    pbs: Replay, file: str, number: int, submit: str, then: str
) -> None:
    want = facts(one_call(f"pbs/{file}.json.txt").stdout)[f"{number}.pbshost"]
    pbs.run(submit or f"qsub {want['Submit_arguments']}", number)
    running(pbs.standin)
    pbs.run(then)
    if then:
        ended(pbs.standin)
    got = facts(pbs.run(f"qstat -x -f -F json {number}").stdout)[f"{number}.pbshost"]
    assert told(pbs, got) == told(pbs, want)


IGNORED = {"depend", "session_id", "executable", "argument_list", "run_count", "Submit_arguments"}


def told(pbs: Replay, job: Mapping[str, Any]) -> list[str]:
    """Return what is told of a job: the keys in their order, and the values but for times."""
    ignored = IGNORED | ({"resources_used"} if job["job_state"] == "R" else set())
    kept = {key: value for key, value in job.items() if key not in ignored}
    kept["Resource_List"] = {**kept["Resource_List"], "walltime": ""}
    text = json.dumps(kept, indent="\t", separators=(",", ":\t"))
    return pbs.masked(text).splitlines()


def test_an_array_with_deleted_elements_that_is_held(pbs: Replay) -> None:
    pbs.check("pbs/qsub-array-held.txt", number=121)
    pbs.check("pbs/qdel-array-range.txt", "qdel '121[4-6]'")
    pbs.check("pbs/qdel-array-subjob-queued.txt", "qdel '121[3]'")
    pbs.check("pbs/qdel-array-unknown-index.txt", "qdel '121[77]'")
    pbs.check("pbs/qdel-array-without-brackets.txt")
    pbs.check("pbs/state-array-held-some-deleted.json.txt")
    pbs.check("pbs/qdel-array-whole.txt")


def test_an_array_that_runs_and_ends(pbs: Replay) -> None:
    pbs.run("qsub -J 0-4 arr.sh", 114)
    running(pbs.standin)
    want = facts(one_call("pbs/state-array-running.json.txt").stdout)
    got = facts(pbs.run("qstat -t -f -F json '114[]'").stdout)
    assert list(got) == list(want)
    for key in want:
        # The recorded ones had just begun.
        got[key].pop("jobdir", None)
        want[key]["substate"] = {41: 42}.get(want[key]["substate"], want[key]["substate"])
        assert told(pbs, got[key]) == told(pbs, want[key])
    pbs.check("pbs/qdel-array-subjob.txt")
    pbs.run("qdel '114[]'")
    ended(pbs.standin)
    states = {key: job["job_state"] for key, job in _all_of(pbs).items()}
    assert states == {"114[].pbshost": "F"} | {f"114[{n}].pbshost": "F" for n in range(5)}


def _all_of(pbs: Replay) -> dict[str, Any]:
    return facts(pbs.run("qstat -x -t -f -F json '114[]'").stdout)


def test_lists_of_ids_of_which_some_are_gone(pbs: Replay) -> None:
    pbs.run("qsub ok.sh", 106)
    ended(pbs.standin)
    pbs.check("pbs/qstat-finished-without-x.txt")
    pbs.check("pbs/qstat-finished-without-x-json.txt")
    pbs.check("pbs/qdel-finished.txt")
    pbs.run("qsub -h ok.sh; qsub -h ok.sh", 118)
    pbs.check("pbs/qdel-several-one-unknown.txt")
    pbs.run("qsub -h ok.sh", 120)
    pbs.check("pbs/qdel-finished-and-live.txt")
    assert not pbs.standin.unended()


def test_columns(pbs: Replay) -> None:
    pbs.run("qsub -h -N a_rather_long_job_name -J 9990-9999 arr.sh", 618)
    pbs.check("pbs/qstat-t-long-ids.txt")
