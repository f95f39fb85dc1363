"""What LSF prints: jobs in the long form of bjobs and bhist, queues, ids."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from email.utils import parsedate

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus, Queue
from jupyter_jobqueue.adapters.text import tag_in

# From IBM's command reference, bjobs. UNKWN and ZOMBI, a host that cannot be reached, say nothing
# of the job.
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
# Reasons of IBM's LSF, from its command reference, bacct.
NOT_AT_FAULT = (
    r"TERM_(RUNLIMIT|PREEMPT|WINDOW|LOAD|DEADLINE|ADMIN|FORCE_ADMIN|RC_RECLAIM|REMOVE_HUNG_JOB|"
    r"ZOMBIE)\b"
)
CANCELLED = r"TERM_(OWNER|FORCE_OWNER|ADMIN|FORCE_ADMIN|BUCKET_KILL)\b"
# What SIGUSR2, with which a job is told that its time is over, makes of the exit code.
RUNLIMIT = 128 + 12
# "Fri Nov 20 10:16:54: Exited with exit code 1." A site can have the year added.
EVENT = re.compile(r"^(\w{3} \w{3} [ \d]\d [\d:]{8}(?: \d{4})?): (.*)", re.MULTILINE)
_clock = time.time


def job_id(text: str) -> str:
    """Read the id of what bsub submitted."""
    match = re.search(r"Job <(\d+)> is submitted", text)
    if not match:
        raise ValueError(f"no job id in {text!r}")
    return match[1]


def read_ids(text: str) -> list[str]:
    """Read the ids of those lines of a table that have a tag; an array's id is once for each."""
    rows = re.findall(r"^(\d+)\b(.*)", text, re.MULTILINE)
    return list(dict.fromkeys(job for job, rest in rows if tag_in(rest)))


def read_jobs(text: str) -> dict[str, JobStatus]:
    """Read the long form of bjobs and of bhist, which breaks lines within words."""
    blocks = re.split(r"^(?=Job <)", text.replace("\n" + 21 * " ", ""), flags=re.MULTILINE)
    read = (_read_job(block) for block in blocks)
    return dict(each for each in read if each)


def _read_job(block: str) -> tuple[str, JobStatus] | None:
    # The command, last in its line, may have words of any kind.
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
    told = re.search(r"Status <(\w+)>", head)
    code = told[1] if told else _code_of(ended[1])  # bhist tells no status
    state, reason = STATES.get(code, BatchState.UNKNOWN), _why_waiting(block)
    if state is BatchState.FAILED:
        reason = _why_ended(block, ended[1])
        state = _killed(reason, began[1])
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
        ended_by_system=bool(re.match(rf"RUNLIMIT|{NOT_AT_FAULT}", reason)),
    )


def _last(events: Iterable[tuple[str, str]], pattern: str) -> tuple[str, str]:
    """Return time and words of the last event of a kind: a job may start more than once."""
    found = [event for event in events if re.match(pattern, event[1])]
    # "Completed <exit>; TERM_OWNER: ..." comes after the event with the exit code.
    exits = [event for event in found if event[1].startswith("Exited")]
    return (exits or found or [("", "")])[-1]


def _code_of(words: str) -> str:
    """Return the status that the last event of a job stands for; empty while it has not ended."""
    if not words:
        return ""
    return "DONE" if re.match(r"Done|Completed <done>", words) else "EXIT"


def _why_waiting(block: str) -> str:
    match = re.search(r"^ (?:PENDING|SUSPENDING) REASONS:\n((?: .+\n?)+)", block, re.MULTILINE)
    lines = match[1].splitlines() if match else []
    return " ".join(line.strip() for line in lines if line.strip()).rstrip(";")


def _why_ended(block: str, words: str) -> str:
    """Return why LSF killed a job, as IBM's says, or that it ran into its limit, or its exit."""
    killed = re.search(r"TERM_\w+: [^.;\n]*", block)
    if killed:
        return killed[0]
    limit = re.search(r"^ RUNLIMIT\s*\n\s*(.*\S)", block, re.MULTILINE)
    if limit and _exit(words)[0] == RUNLIMIT:
        return f"RUNLIMIT {limit[1]}"
    return re.sub(r"[.;]?\s*The CPU time used is.*", "", words).rstrip(".; ")


def _killed(reason: str, began: str) -> BatchState:
    """Return the state of a job that exited: one that never began can only have been killed."""
    cancelled = re.match(CANCELLED, reason) or not (began or reason.startswith("TERM_"))
    return BatchState.CANCELLED if cancelled else BatchState.FAILED


def _exit(words: str) -> tuple[int | None, int | None]:
    if re.match(r"Done|Completed <done>", words):
        return 0, None
    code = re.search(r"exit code (\d+)", words)
    signal = re.search(r"signal (\d+)", words)
    return (int(code[1]) if code else None), (int(signal[1]) if signal else None)


def _node(words: str) -> str:
    """Read the hosts of ``Started on 2 Hosts/Processors <vm> <vm>, Execution Home </home/me>``."""
    hosts = re.findall(r"<(?:\d+\*)?([^>]+)>", re.split(r", (?:Allocated|Execution)|;", words)[0])
    return ",".join(dict.fromkeys(hosts))


def _time(text: str) -> float | None:
    """Read ``Fri Nov 20 10:16:54``, local time; the last year in which that was such a day."""
    now = _clock()
    year = time.localtime(now).tm_year
    for each in range(year, year - 12, -1):
        fields = parsedate(f"{text[:19]} {each}")
        stamp = time.mktime((*fields[:8], -1)) if fields else 0.0
        if time.ctime(stamp)[:19] == text[:19] and stamp < now + 86400:
            return stamp
    return None


def read_queues(text: str) -> list[Queue]:
    """Read the long form of bqueues."""
    blocks = re.split(r"^QUEUE: ", text, flags=re.MULTILINE)[1:]
    return [_queue(block) for block in blocks]


def _queue(block: str) -> Queue:
    # IBM's has a default beside the limit, each under a title.
    usual, _, rest = block.partition("MAXIMUM LIMITS:")
    return Queue(
        name=block.partition("\n")[0].strip(),
        default="This is the default queue." in block,
        open=bool(re.search(r"^.*\bOpen:", block, re.MULTILINE)),
        max_walltime=_minutes(rest or block),
        default_walltime=_minutes(usual) if rest else None,
    )


def _minutes(text: str) -> int | None:
    match = re.search(r"^ RUNLIMIT\s*\n\s*([\d.]+) min", text, re.MULTILINE)
    return round(float(match[1]) * 60) if match else None
