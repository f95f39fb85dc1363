"""Parses what qsub and qstat of Grid Engine print: ids, jobs, queues."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from xml.etree import ElementTree

from jupyter_jobqueue.adapters.model import BatchState, JobStatus, Listing, Queue
from jupyter_jobqueue.adapters.text import tag_in

STATES = (
    ("E", BatchState.STUCK, "Job is in error state: qstat -j {job} shows the reason"),
    ("d", BatchState.RUNNING, "registered for deletion"),
    ("sST", BatchState.RUNNING, "suspended"),
    ("rt", BatchState.RUNNING, ""),
    ("h", BatchState.HELD, "Job is in hold state"),
    ("qw", BatchState.PENDING, ""),
)
"""Letters of qstat's states, with the state and its reason: the first row of which the state has a
letter counts. A job that is being deleted (d) runs until it has gone; t is on its way to the node.
"""

MEMORY_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50}
CLOSED = frozenset("cdsuCDES")
"""Letters of a queue on a node that takes no jobs now; an ``a`` is only its load."""


def seconds(text: str) -> int | None:
    """Read ``hours:minutes:seconds``; hours, minutes and any number may be missing."""
    match = re.fullmatch(r"(?:(?:(\d*):)?(\d*):)?(\d*)", text.strip())
    if not match or not any(match.groups()):
        return None
    hours, minutes, secs = (int(part or 0) for part in match.groups())
    return (hours * 60 + minutes) * 60 + secs


def read_job_id(text: str) -> str:
    """Read the id from ``23``, ``23.1-5:1`` or a site wrapper's ``Your job 23 ("name") has...``."""
    match = re.search(r"^(?:Your job(?:-array)? )?(\d+)(?=\s|\.\d)", text, re.MULTILINE)
    if not match:
        raise ValueError(f"no job id in {text!r}")
    return match.group(1)


# ---- jobs


def _rows(text: str, element: str) -> Iterator[ElementTree.Element]:
    """Yield the elements of one name, without those that cannot be parsed."""
    if "</job_info>" not in text:  # an empty listing has it too
        raise ValueError("not a whole answer of qstat")
    for block in re.findall(rf"<{element}\b.*?</{element}>", text, re.DOTALL):
        with suppress(ElementTree.ParseError, ValueError):
            yield ElementTree.fromstring(block)  # noqa: S314 (from the batch system)


def read_qstat(text: str) -> Listing:
    """Read the jobs of ``qstat -xml``; an array is one row for all tasks in the same state."""
    jobs = Listing()
    for element in _rows(text, "job_list"):
        row = {item.tag: item.text or "" for item in element}
        row["limit"] = element.findtext("hard_request[@name='h_rt']", "")
        number = row.get("JB_job_number", "")
        for task in _tasks(row.get("tasks", "")):
            job = f"{number}.{task}" if task else number
            jobs[job] = _qstat_row(row, job)._replace(element=max(task - 1, 0))
    jobs.complete = _is_whole(text)
    return jobs


def _is_whole(text: str) -> bool:
    """Whether every job of a text can be parsed."""
    try:
        root = ElementTree.fromstring(text.strip())  # noqa: S314 (from the batch system)
    except ElementTree.ParseError:
        return False
    return all(job.findtext("JB_job_number", "").isdecimal() for job in root.iter("job_list"))


def _tasks(text: str) -> Iterator[int]:
    """Yield the tasks of ``1,4-10:2``; 0 for a job that is no array.

    Examples
    --------
    >>> list(_tasks("1,4-10:2")), list(_tasks(""))
    ([1, 4, 6, 8, 10], [0])
    """
    if not text:
        yield 0
    for low, high, step in re.findall(r"(\d+)(?:-(\d+)(?::(\d+))?)?", text):
        yield from range(int(low), int(high or low) + 1, int(step or 1))


def _qstat_row(row: Mapping[str, str], job: str) -> JobStatus:
    known = (entry for entry in STATES if set(entry[0]) & set(row.get("state", "")))
    _, state, reason = next(known, ("", BatchState.UNKNOWN, ""))
    return JobStatus(
        state=state,
        reason=reason.format(job=job.partition(".")[0]),
        node=row.get("queue_name", "").partition("@")[2],
        tag=tag_in(row.get("JB_name", "")),
        submitted=read_time(row.get("JB_submission_time", "")),
        started=read_time(row.get("JAT_start_time", "")),
        limit=seconds(row.get("limit", "")),
    )


def read_time(text: str) -> float | None:
    """Read the times of qstat and of qacct, both in UTC; ``-/-`` is no time."""
    for style in ("%Y-%m-%dT%H:%M:%S", "%a %b %d %H:%M:%S %Y"):
        with suppress(ValueError):
            return datetime.strptime(text, style).replace(tzinfo=UTC).timestamp()
    return None


# ---- queues


def read_queues(text: str) -> list[Queue]:
    """Join the lines of a queue: there is one for each of its nodes."""
    queues: dict[str, Queue] = {}
    for element in _rows(text, "Queue-List"):
        name = element.findtext("name", "").partition("@")[0]
        if set(element.findtext("qtype", "")) & set("BP"):
            queues[name] = _widest(queues.get(name), _queue(name, element))
    return list(queues.values())


def _queue(name: str, element: ElementTree.Element) -> Queue:
    limits = {limit.get("name"): limit.text or "" for limit in element.iter("resource")}
    return Queue(
        name,
        open=not CLOSED & set(element.findtext("state", "")),
        max_walltime=seconds(limits.get("h_rt", "")),
        max_cores=int(element.findtext("slots_total", "0")) or None,
        max_memory=_bytes(limits.get("mem_total", "")),
        nodes=1,
    )


def _bytes(text: str) -> int | None:
    match = re.fullmatch(r"([\d.]+)([KMGTP]?)", text)
    return int(float(match[1]) * MEMORY_UNITS[match[2]]) if match else None


def _widest(known: Queue | None, found: Queue) -> Queue:
    if known is None:
        return found
    limits = (known.max_walltime, found.max_walltime)
    return known._replace(
        open=known.open or found.open,
        max_walltime=None if None in limits else max(limit or 0 for limit in limits),
        max_cores=max(known.max_cores or 0, found.max_cores or 0) or None,
        max_memory=max(known.max_memory or 0, found.max_memory or 0) or None,
        nodes=(known.nodes or 0) + 1,
    )
