"""The stand-in for HTCondor says what HTCondor said."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from tests.recordings import one_call
from tests.standins import htcondor, htcondor_ads
from tests.standins.engine import Refused
from tests.standins.replay import Replay
from tests.standins.waiting import ended, running, until

SLEEP = "executable = /bin/sleep\narguments = 100\n"
DESCRIPTIONS = {
    "plain": SLEEP + "batch_name = plainbatch\nqueue\n",
    "five": SLEEP + "batch_name = five\nqueue 5\n",
    "forty": SLEEP + "batch_name = forty\nqueue 40\n",
    "stdin": "executable = /bin/sleep\narguments = 60\nbatch_name = stdinjob\n\nqueue\n",
    "hold": SLEEP + "batch_name = heldatsubmit\nhold = true\nqueue\n",
    "toobig": SLEEP + "batch_name = twocpus\nrequest_cpus = 64\nqueue\n",
    "bigmem": SLEEP + "batch_name = bigmem\nrequest_memory = 999GB\nqueue\n",
    "badmem": SLEEP + "request_memory = lots\nqueue\n",
    "typo": SLEEP + "reqest_cpus = 1\nqueue\n",
    "noqueue": SLEEP,
    "fail": "executable = /bin/false\nbatch_name = fails\nqueue\n",
    "nocmd": "executable = /no/such/command\nqueue\n",
    "nocmd2": "executable = /no/such/command\ntransfer_executable = false\n"
    "batch_name = nocmd2\nqueue\n",
    "badoutdir": "executable = /bin/echo\narguments = hi\noutput = /no/such/dir/out.txt\n"
    "batch_name = badoutdir\nqueue\n",
    "bad1": SLEEP + "nonsense\nqueue\n",
    "noexe": "arguments = 10\nqueue\n",
    "badargs": 'executable = /bin/sleep\narguments = "10\nqueue\n',
    "baduni": SLEEP + "universe = nosuch\nqueue\n",
}


@pytest.fixture
def condor(replay: Callable[[str, int], Replay]) -> Replay:
    made = replay("htcondor", 32)
    for name, text in DESCRIPTIONS.items():
        made.script(f"{name}.sub", text)
    return made


@pytest.mark.parametrize(
    ("file", "number"),
    [
        ("10-submit-plain", 1),
        ("100-submit-40", 23),
        ("11-submit-five", 2),
        ("12-submit-terse", 3),
        ("14-submit-nocmd", 1),
        ("19-submit-twocpus", 10),
        ("20-submit-bigmem", 11),
        ("21-submit-stdin", 12),
        ("24-submit-attr", 14),
        ("30-submit-bad-line", 1),
        ("31-submit-noqueue", 15),
        ("32-submit-noexe", 1),
        ("33-submit-badargs", 1),
        ("35-submit-badmem", 19),
        ("36-submit-baduniverse", 1),
        ("37-submit-typo", 21),
        ("38-submit-nofile", 1),
        ("40-submit-empty-stdin", 1),
        ("57-condor_q-cluster", 1),
        ("72-rm-one", 1),
        ("73-rm-cluster", 1),
        ("75-rm-again", 1),
        ("76-rm-unknown", 1),
        ("77-rm-unknown-cluster", 1),
        ("80-rm-constraint-nomatch", 1),
        ("81-rm-bad-constraint", 1),
        ("82-rm-bad-id", 1),
        ("86-hold-unknown", 1),
        ("88-condor_q-empty", 1),
    ],
)
def test_what_a_single_command_says(condor: Replay, file: str, number: int) -> None:
    condor.check(f"htcondor/{file}.txt", number=number)


@pytest.mark.parametrize(
    ("file", "which"),
    [
        ("141-submit-schedd-down", "schedd"),
        ("142-q-schedd-down", "schedd"),
        ("144-rm-schedd-down", "schedd"),
        ("145-hold-schedd-down", "schedd"),
        ("150-submit-pool-down", "pool"),
        ("151-q-pool-down", "pool"),
        ("152-rm-pool-down", "pool"),
    ],
)
def test_what_commands_say_while_daemons_are_down(condor: Replay, file: str, which: str) -> None:
    condor.standin.down(which)
    condor.check(f"htcondor/{file}.txt")


def test_history_is_there_while_the_schedd_is_down(condor: Replay) -> None:
    condor.run("condor_submit fail.sub", 4)
    ended(condor.standin)
    condor.standin.down()
    assert condor.run("condor_history -af ClusterId JobStatus ExitCode").stdout == "4 4 1\n"


def test_jobs_that_wait_run_and_are_held(condor: Replay) -> None:
    for name, number in (("nocmd2", 6), ("hold", 7), ("badoutdir", 9), ("toobig", 10)):
        condor.run(f"condor_submit {name}.sub", number)
    condor.run("condor_submit bigmem.sub; condor_submit stdin.sub; condor_submit stdin.sub", 11)
    condor.run("condor_submit badmem.sub", 19)
    condor.run("condor_submit typo.sub", 21)
    running(condor.standin)
    until(lambda: condor.run("condor_q -af JobStatus").stdout.split()[:3] == ["5", "5", "5"])
    attributes = "ClusterId ProcId JobStatus HoldReason"
    got = condor.masked(condor.run(f"condor_q -af {attributes}").stdout).splitlines()
    want = condor.masked(one_call("htcondor/52-condor_q-af.txt").stdout).splitlines()
    # 8 needs the transfer of files; 21 is a misspelt key, which our slots fit all the same.
    want = [line for line in want if not line.startswith(("8 ", "21 "))]
    assert got[:-1] == want
    command = "condor_q -json -attributes ClusterId,ProcId,JobStatus,HoldReason,HoldReasonCode,"
    command += "HoldReasonSubCode,RemoteHost,JobBatchName,Cmd,ExitCode"
    told = {ad["ClusterId"]: ad for ad in json.loads(condor.run(command).stdout)}
    for ad in json.loads(one_call("htcondor/54-condor_q-json.txt").stdout):
        if ad["ClusterId"] not in (8, 21):
            assert condor.masked(json.dumps(told[ad["ClusterId"]])) == condor.masked(json.dumps(ad))


def test_jobs_that_have_left(condor: Replay) -> None:
    condor.run("condor_submit fail.sub", 4)
    condor.run("condor_submit hold.sub", 7)
    condor.run("condor_submit plain.sub; condor_submit toobig.sub; condor_submit bigmem.sub", 9)
    running(condor.standin)
    until(lambda: not condor.run("condor_q 4 -af ClusterId").stdout)
    condor.check("htcondor/74-rm-several.txt")
    condor.run("condor_rm 9 7.0")
    ended(condor.standin)
    command = "condor_history -af ClusterId ProcId JobStatus ExitCode ExitBySignal ExitSignal "
    got = condor.masked(condor.run(command + "RemoveReason").stdout).splitlines()
    want = condor.masked(one_call("htcondor/89-history.txt").stdout).splitlines()
    never_ran = [line for line in want if line.startswith(("10 ", "11 "))]
    killed = [line.replace("12 0", "9 0") for line in want if line.startswith("12 ")]
    failed = [line for line in want if line.startswith("4 ")]
    held = [line.replace("19 0", "7 0") for line in want if line.startswith("19 ")]
    assert sorted(got) == sorted([*never_ran, *killed, *failed, *held])
    got_json = json.loads(
        condor.run("condor_history 4 -json -attributes ExitCode,JobStatus").stdout
    )
    assert got_json == [{"ExitCode": 1, "JobStatus": 4}]


def test_removal_of_several_of_which_some_are_unknown(condor: Replay) -> None:
    condor.run("condor_submit stdin.sub", 13)
    running(condor.standin)
    condor.check("htcondor/78-rm-mixed.txt")
    assert condor.run("condor_q -af JobStatus").stdout in ("3\n", "")


def test_hold_and_release(condor: Replay) -> None:
    condor.run("condor_submit hold.sub", 7)
    condor.run("condor_submit stdin.sub", 12)
    running(condor.standin)
    condor.check("htcondor/70-hold-running.txt")
    condor.run("condor_release 7.0")
    running(condor.standin)
    assert condor.run("condor_q 7.0 -af JobStatus").stdout == "2\n"


def test_all_at_once(condor: Replay) -> None:
    condor.run("condor_submit five.sub; condor_submit toobig.sub")
    running(condor.standin)
    condor.check("htcondor/87-rm-all.txt")
    ended(condor.standin)
    condor.check("htcondor/88-condor_q-empty.txt")


def test_a_schedd_that_hangs(condor: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but condor_submit give up, after 20 s; here the engine is asked without a process."""
    monkeypatch.setattr(htcondor, "PATIENCE", 0.1)
    condor.standin.hang()
    want = one_call("htcondor/130-q-schedd-stopped.txt")
    with condor.standin.engine() as engine, pytest.raises(Refused) as refused:
        htcondor.COMMANDS["condor_q"](engine, [])
    assert refused.value.code == want.exit
    assert refused.value.text.splitlines()[-1] == want.stderr.splitlines()[-1]
    argv = ["timeout", "0.5", "condor_submit", str(condor.work / "plain.sub")]
    assert subprocess.run(argv, capture_output=True).returncode == 124


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("JobStatus == 5 && (HoldReasonCode == 46 || HoldReasonCode == 47)", True),
        ("JobStatus =!= 5", False),
        ("Missing =!= undefined", False),
        ("Missing >= 3", None),
        ('JobBatchName == "a b"', True),
        ("!(ClusterId == 3)", False),
        ("floor(MY.Memory / 1048576)", 476),
    ],
)
def test_expressions(expression: str, value: object) -> None:
    ad = {"JobStatus": 5, "HoldReasonCode": 46, "JobBatchName": "a b", "ClusterId": 3}
    assert htcondor_ads.evaluate(expression, {**ad, "Memory": 500_000_000}) == value
