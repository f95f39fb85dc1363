"""HTCondor 25 as recorded: ``condor_submit``, ``condor_q``, ``condor_rm``, ``condor_history``."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

from tests.standins import htcondor_ads as ads
from tests.standins.engine import Engine, Job, Refused, say
from tests.standins.htcondor_ads import HOST, Ad
from tests.standins.htcondor_job import cannot_start, launch, settle
from tests.standins.htcondor_submit import condor_submit
from tests.standins.portable import USER

__all__ = ["COMMANDS", "cannot_start", "launch", "settle"]
PATIENCE = 20.0
"""Seconds after which all but condor_submit give up on a schedd that hangs."""
STUCK = "SECMAN:2007:Read failure during security negotiation.\n"
EXTRA = """
Extra Info: You probably saw this error because the condor_schedd is not 
running on the machine you are trying to query. If the condor_schedd is not 
running, the Condor system will not be able to find an address and port to 
connect to and satisfy this request. Please make sure the Condor daemons are 
running and try again.
 
Extra Info: If the condor_schedd is running on the machine you are trying to 
query and you still see the error, the most likely cause is that you have 
setup a personal Condor, you have not defined SCHEDD_NAME in your 
condor_config file, and something is wrong with your SCHEDD_ADDRESS_FILE 
setting. You must define either or both of those settings in your config 
file, or you must use the -name option to condor_q. Please see the Condor 
manual for details on SCHEDD_NAME and SCHEDD_ADDRESS_FILE. 
"""  # noqa: W291, W293 (as recorded)
COMMANDS: dict[str, Callable[[Engine, list[str]], int | None]] = {}
Found = list[tuple[Job, Ad]]


def command(name: str, away: str, hung: str = "") -> Callable[[Any], Any]:
    """Make a command of a function: a schedd that is away, or all daemons, or one that hangs."""

    def wrap(function: Callable[[Engine, list[str]], int | None]) -> Any:
        def run(engine: Engine, arguments: list[str]) -> int | None:
            down = engine.switch("down")
            if down is not None and away:
                where = "(null)" if down == "pool" else f"Can't find address for schedd {HOST}"
                raise Refused(1, away.format(where))
            try:
                if hung:
                    engine.wait_while("hung", PATIENCE)
            except TimeoutError:
                raise Refused(1, hung) from None
            return function(engine, arguments)

        COMMANDS[name] = run
        return function

    return wrap


command("condor_submit", "\nERROR: Can't find address of local schedd\n")(condor_submit)


def _ads(engine: Engine) -> Found:
    return [(job, ads.ad(job)) for job in engine.known()]


# -- condor_q and condor_history


@command(
    "condor_q", f"Error: {{}}\n{EXTRA}", f"\n-- Failed to fetch ads from: <> : {HOST}\n{STUCK}"
)
def condor_q(engine: Engine, arguments: list[str]) -> None:
    """List the jobs that have not left."""
    _print([(job, ad) for job, ad in _ads(engine) if ads.in_queue(job, ad)], arguments)


@command("condor_history", "")
def condor_history(engine: Engine, arguments: list[str]) -> None:
    """List the jobs that have left, the last first."""
    left = [(job, ad) for job, ad in _ads(engine) if not ads.in_queue(job, ad)]
    left.sort(key=lambda each: -(each[0].ended or 0))
    _print(left, arguments)


def _print(found: Found, arguments: list[str]) -> None:
    options, names = _options(arguments)
    constraint = options.get("-constraint", "true")
    chosen = [ad for job, ad in found if _is_named(job, names)]
    try:
        ads.evaluate(constraint, {})
        chosen = [ad for ad in chosen if ads.evaluate(constraint, ad)]
    except SyntaxError:
        raise Refused(1, f"\n-- Failed to fetch ads from: <127.0.0.1:19618> : {HOST}\n\n") from None
    chosen = chosen[: int(options.get("-limit", len(chosen)))]
    if "-json" in options:
        wanted = options.get("-attributes", "").split(",")
        sys.stdout.write(ads.as_json(chosen, [each for each in wanted if each]))
    elif "-af" in options:
        say(*ads.as_rows(chosen, options["-af"].split(), ":j" in options))
    else:
        raise Refused(99, "stand-in: only -af and -json are known\n")


def _options(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    names: list[str] = []
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word in ("-constraint", "-limit", "-attributes", "-name", "-pool"):
            options[word] = words.pop(0)
        elif word in ("-json", "-nobatch", "-allusers"):
            options[word] = ""
        elif re.fullmatch(r"-(af|autoformat)(:j)?", word):
            options |= {":j": ""} if word.endswith(":j") else {}
            options["-af"] = " ".join(words)
            words = []
        elif word.startswith("-"):
            raise Refused(1, "Usage: condor_q [general-opts] [restriction-list] [output-opts]\n")
        else:
            names.append(word)
    return options, names


def _is_named(job: Job, names: list[str]) -> bool:
    identity = f"{job.number}.{job.task or 0}"
    return not names or bool({identity, str(job.number), USER} & set(names))


# -- condor_rm, condor_hold, condor_release


@command("condor_rm", "condor_rm: {}\n", STUCK)
def condor_rm(engine: Engine, arguments: list[str]) -> int:
    """Remove jobs; those that run have left when their processes have."""

    def remove(jobs: list[Job]) -> None:
        for job in jobs:
            engine.note(job.key, "removed", "1")
        engine.end(jobs)

    return _act(engine, arguments, "remove", "marked for removal", remove)


@command("condor_hold", "condor_hold: {}\n", STUCK)
def condor_hold(engine: Engine, arguments: list[str]) -> int:
    """Hold jobs; one that ran is ended."""
    hold = {"HoldReason": f"via condor_hold (by user {USER})", "HoldReasonCode": 1}

    def stop(jobs: list[Job]) -> None:
        for job in jobs:
            engine.note(job.key, "hold", json.dumps(hold))
        engine.end(jobs)

    return _act(engine, arguments, "hold", "held", stop)


@command("condor_release", "condor_release: {}\n", STUCK)
def condor_release(engine: Engine, arguments: list[str]) -> int:
    """Release jobs that were submitted on hold."""

    def release(jobs: list[Job]) -> None:
        engine.change(jobs, "HELD", "PENDING")

    return _act(engine, arguments, "release", "released", release)


def _act(
    engine: Engine,
    arguments: list[str],
    verb: str,
    past: str,
    action: Callable[[list[Job]], None],
) -> int:
    """Act on jobs, clusters, and all that a constraint finds; each is told of."""
    there = [(job, ad) for job, ad in _ads(engine) if ads.in_queue(job, ad)]
    if arguments[:1] in (["-constraint"], ["-all"]):
        return _act_on_all(there, arguments, verb, past, action)
    words = [each for each in arguments if not each.startswith("-")]
    if not words:
        raise Refused(1, "You did not specify any jobs\n")
    errors, done = [], False
    for single in (True, False):  # whole clusters are done last
        for word in (word for word in words if ("." in word) is single):
            found = [job for job, ad in there if _is_named(job, [word])]
            action(found)
            lines = _told(word, bool(found), verb, past)
            if found:
                say(lines)
            else:
                errors.append(lines if single and done else f"\n{lines}")
            done = done or bool(found)
    sys.stdout.flush()
    sys.stderr.writelines(f"{line}\n" for line in errors)
    return 1 if errors else 0


def _told(word: str, found: bool, verb: str, past: str) -> str:
    if "." in word:
        return f"Job {word} {past}" if found else f"Job {word} not found"
    if not word.isdigit():
        return f'Couldn\'t find/{verb} all jobs of user "{word}"'
    if found:
        return f"All jobs in cluster {word} have been {past}"
    return f"Couldn't find/{verb} all jobs in cluster {word}"


def _act_on_all(
    there: Found,
    arguments: list[str],
    verb: str,
    past: str,
    action: Callable[[list[Job]], None],
) -> int:
    condition = arguments[1] if arguments[0] == "-constraint" else "true"
    which = f" matching constraint ({condition})" if arguments[0] == "-constraint" else ""
    try:
        ads.evaluate(condition, {})
        found = [job for job, ad in there if ads.evaluate(condition, ad)]
    except SyntaxError:
        words = "DCSchedd::actOnJobs:1:Can't insert constraint into ClassAd\n"
        raise Refused(1, f"{words}Couldn't find/{verb} all jobs{which}\n") from None
    if not found:
        raise Refused(1, f"\nCouldn't find/{verb} all jobs{which}\n")
    action(found)
    say(f"All jobs{which} have been {past}")
    return 0


def condor_version(engine: Engine, arguments: list[str]) -> None:
    """Tell the version."""
    say("$CondorVersion: 25.0.13 2026-11-20 $", "$CondorPlatform: X86_64-Debian_12 $")


COMMANDS["condor_version"] = condor_version
