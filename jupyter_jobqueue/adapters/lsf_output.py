"""Parses what LSF prints: jobs in the long form of bjobs and bhist, queues, ids."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from email.utils import parsedate

from jupyter_jobqueue.adapters.model import BatchState, JobStatus, Listing, Queue
from jupyter_jobqueue.adapters.text import tag_in

STATES = {
    "PEND": BatchState.PENDING,
    "PROV": BatchState.PENDING,
    "WAIT": BatchState.PENDING,
    "PSUSP": BatchState.HELD,
    "RUN": BatchState.RUNNING,
    "SSUSP": BatchState.RUNNING,
    "USUSP": BatchState.RUNNING,
    "DONE": BatchState.DONE,
    "EXIT": BatchState.FAILED,
}
"""From IBM's command reference, bjobs. UNKWN and ZOMBI, of a host that cannot be reached, do not
show what the job does."""

BY_SYSTEM = (
    r"TERM_(RUNLIMIT|PREEMPT|WINDOW|LOAD|DEADLINE|ADMIN|FORCE_ADMIN|RC_RECLAIM|REMOVE_HUNG_JOB|"
    r"ZOMBIE)\b"
)
"""Reasons why IBM's LSF ended a job for no fault of its own; from its command reference, bacct."""

CANCELLED = r"TERM_(OWNER|FORCE_OWNER|ADMIN|FORCE_ADMIN|BUCKET_KILL)\b"
"""Reasons why a job was ended on request; from the same reference."""

RUNLIMIT_EXIT_CODE = 128 + 12
"""Exit code after SIGUSR2, which LSF sends to a job whose time is over."""

EVENT = re.compile(r"^(\w{3} \w{3} [ \d]\d [\d:]{8}(?: \d{4})?): (.*)", re.MULTILINE)
"""``Fri Nov 20 10:16:54: Exited with exit code 1.``; a site can have the year added."""

DONE = r"Done|Completed <done>"
"""How the event of a job begins that ended well."""

HOSTS_END = re.compile(r", (?:Allocated|Execution)|;")
"""What follows the hosts of an event."""

LONGEST_AHEAD = 60 * 86400
"""Seconds by which a time may lie ahead."""

clock = time.time
"""The present: LSF prints times without a year."""


def read_job_id(text: str) -> str:
    """Read the id of what bsub submitted."""
    match = re.search(r"Job <(\d+)> is submitted", text)
    if not match:
        raise ValueError(f"no job id in {text!r}")
    return match[1]


def read_ids(text: str) -> list[str]:
    """Read the ids in the lines that have a tag; the lines of an array repeat its id."""
    rows = re.findall(r"^(\d+)\b(.*)", text, re.MULTILINE)
    return list(dict.fromkeys(job for job, rest in rows if tag_in(rest)))


def read_jobs(text: str) -> Listing:
    """Read the long form of bjobs and of bhist, which breaks lines within words."""
    blocks = re.split(r"^(?=Job <)", text.replace("\n" + 21 * " ", ""), flags=re.MULTILINE)
    blocks = [block for block in blocks if block.strip(" \n-")]
    jobs = [job for block in blocks if (job := _read_job(block))]
    whole = len(jobs) == len(blocks) and (not jobs or text.endswith("\n"))
    return Listing(dict(jobs), complete=whole)


def _read_job(block: str) -> tuple[str, JobStatus] | None:
    # The command, last in its line, may contain any text.
    head = block.partition("\n")[0].partition(", Command <")[0]
    named = re.match(r"Job <(\d+)(?:\[(\d+)\])?>(?:, Job Name <(.*?)>, User <)?", head)
    events = EVENT.findall(block)
    if not named or not events:
        return None
    job, index, name = named.groups()
    index = index or _index(name or "")
    status = _status(head, block, events)._replace(
        tag=tag_in(name or ""), element=int(index) - 1 if index else 0
    )
    return f"{job}[{index}]" if index else job, status


def _index(name: str) -> str:
    match = re.search(r"\[(\d+)\]$", name)
    return match[1] if match else ""


def _status(head: str, block: str, events: Sequence[tuple[str, str]]) -> JobStatus:
    began = _last(events, r"(?:\[\d+\] )?([Ss]tarted|Dispatched)\b")
    ended = _last(events, r"(Exited|Done|Completed)\b")
    shown = re.search(r"Status <(\w+)>", head)
    code = shown[1] if shown else _code_of(ended[1])  # bhist shows no status
    state, reason = _state(code, block, began[1], ended[1])
    exit_code, signal = _exit(ended[1]) if code in ("DONE", "EXIT") else (None, None)
    return JobStatus(
        state=state,
        reason=reason or ("" if code in ("PEND", "RUN", "DONE") else code),
        node=_node(began[1]),
        submitted=_time(events[0][0]),
        started=_time(began[0]) if state not in (BatchState.PENDING, BatchState.HELD) else None,
        ended=_time(ended[0]) if state.ended else None,
        exit_code=exit_code,
        signal=signal,
        ended_by_system=bool(re.match(rf"RUNLIMIT|{BY_SYSTEM}", reason)),
        limit=None if state.ended else _minutes(block),
    )


def _state(code: str, block: str, began: str, ended: str) -> tuple[BatchState, str]:
    """Return the state and its reason; a job that exited without a start was killed."""
    state = STATES.get(code, BatchState.UNKNOWN)
    if state is not BatchState.FAILED:
        return state, _why_waiting(block)
    reason = _why_ended(block, ended)
    cancelled = re.match(CANCELLED, reason) or not (began or reason.startswith("TERM_"))
    return BatchState.CANCELLED if cancelled else BatchState.FAILED, reason


def _last(events: Iterable[tuple[str, str]], pattern: str) -> tuple[str, str]:
    """Return time and text of the last event of a kind: a job may start more than once."""
    found = [event for event in events if re.match(pattern, event[1])]
    # "Completed <exit>; TERM_OWNER: ..." comes after the event with the exit code.
    exits = [event for event in found if event[1].startswith("Exited")]
    return (exits or found or [("", "")])[-1]


def _code_of(event: str) -> str:
    """Return the status that the last event of a job means; empty while it has not ended."""
    if not event:
        return ""
    return "DONE" if re.match(DONE, event) else "EXIT"


def _why_waiting(block: str) -> str:
    match = re.search(r"^ (?:PENDING|SUSPENDING) REASONS:\n((?: .+\n?)+)", block, re.MULTILINE)
    lines = match[1].splitlines() if match else []
    return " ".join(line.strip() for line in lines if line.strip()).rstrip(";")


def _why_ended(block: str, event: str) -> str:
    """Return why IBM's LSF killed a job, else the limit that it reached, else how it exited."""
    killed = re.search(r"TERM_\w+: [^.;\n]*", block)
    if killed:
        return killed[0]
    limit = re.search(r"^ RUNLIMIT\s*\n\s*(.*\S)", block, re.MULTILINE)
    if limit and _exit(event)[0] == RUNLIMIT_EXIT_CODE:
        return f"RUNLIMIT {limit[1]}"
    return re.sub(r"[.;]?\s*The CPU time used is.*", "", event).rstrip(".; ")


def _exit(event: str) -> tuple[int | None, int | None]:
    if re.match(DONE, event):
        return 0, None
    code = re.search(r"exit code (\d+)", event)
    signal = re.search(r"signal (\d+)", event)
    return (int(code[1]) if code else None), (int(signal[1]) if signal else None)


def _node(event: str) -> str:
    """Read the hosts of ``Started on 2 Hosts/Processors <vm> <vm>, Execution Home </home/me>``."""
    hosts = re.findall(r"<(?:\d+\*)?([^>]+)>", HOSTS_END.split(event)[0])
    return ",".join(dict.fromkeys(hosts))


def _time(text: str) -> float | None:
    """Read ``Fri Nov 20 10:16:54``, local time, in the year next to now with that day of the week.

    It may lie ahead, as clocks differ, and somebody may set ours. Such years are 5 apart or more.
    """
    now = clock()
    year = time.localtime(now).tm_year
    for guess in (year, year - 1, year + 1, *range(year - 2, year - 12, -1)):
        fields = parsedate(f"{text[:19]} {guess}")
        stamp = time.mktime((*fields[:8], -1)) if fields else 0.0
        if time.ctime(stamp)[:19] == text[:19] and stamp < now + LONGEST_AHEAD:
            return stamp
    return None


def read_queues(text: str) -> list[Queue]:
    """Read the long form of bqueues."""
    blocks = re.split(r"^QUEUE: ", text, flags=re.MULTILINE)[1:]
    return [_queue(block) for block in blocks]


def _queue(block: str) -> Queue:
    # IBM's prints a default limit too, each under a title.
    defaults, _, limits = block.partition("MAXIMUM LIMITS:")
    return Queue(
        name=block.partition("\n")[0].strip(),
        default="This is the default queue." in block,
        open=bool(re.search(r"^.*\bOpen:", block, re.MULTILINE)),
        max_walltime=_minutes(limits or block),
        default_walltime=_minutes(defaults) if limits else None,
    )


def _minutes(text: str) -> int | None:
    match = re.search(r"^ RUNLIMIT\s*\n\s*([\d.]+) min", text, re.MULTILINE)
    return round(float(match[1]) * 60) if match else None
