"""How Grid Engine lists its jobs, its queues and how jobs ended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from xml.etree import ElementTree

from jupyter_jobqueue.adapters.adapter import BatchState, JobStatus, Queue
from jupyter_jobqueue.adapters.text import spans, tag_in

# Letters of qstat's states; the first line that has one of them says what the job does. What is
# being deleted (d) runs until it has gone; t is on its way to the node.
STATES = (
    ("E", BatchState.STUCK, "Job is in error state: qstat -j {job} says why"),
    ("d", BatchState.RUNNING, "registered for deletion"),
    ("sST", BatchState.RUNNING, "suspended"),
    ("rt", BatchState.RUNNING, ""),
    ("h", BatchState.HELD, "Job is in hold state"),
    ("qw", BatchState.PENDING, ""),
)
# qacct's codes of failure: the job is queued again, a limit was enforced, it was killed.
RESCHEDULED, LIMIT, KILLED = (24, 25), 37, 100
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50}
CLOSED = frozenset("cdsuCDES")
"""Letters of a queue on a node that takes no jobs now; a is only its load."""


def seconds(text: str) -> int | None:
    """Read ``hours:minutes:seconds``, of which hours, minutes and any number may be left out."""
    match = re.fullmatch(r"(?:(?:(\d*):)?(\d*):)?(\d*)", text.strip())
    if not match or not any(match.groups()):
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return (hours * 60 + minutes) * 60 + seconds


def job_id(text: str) -> str:
    """Read the id from ``23``, ``23.1-5:1`` or a site wrapper's ``Your job 23 ("name") has...``."""
    match = re.search(r"^(?:Your job(?:-array)? )?(\d+)(?=\s|\.\d)", text, re.MULTILINE)
    if not match:
        raise ValueError(f"no job id in {text!r}")
    return match.group(1)


# ---- qstat


def _rows(text: str, element: str) -> Iterator[ElementTree.Element]:
    """Yield the elements of one name; one that cannot be read loses no other."""
    if "</job_info>" not in text:  # it is there, too, when there are no jobs
        raise ValueError("not a whole answer of qstat")
    for block in re.findall(rf"<{element}\b.*?</{element}>", text, re.DOTALL):
        with suppress(ElementTree.ParseError, ValueError):
            yield ElementTree.fromstring(block)  # noqa: S314 (from the batch system)


def read_qstat(text: str) -> dict[str, JobStatus]:
    """Read the jobs of ``qstat -xml``; an array is one row for all tasks in the same state."""
    jobs = {}
    for element in _rows(text, "job_list"):
        row = {each.tag: each.text or "" for each in element}
        number = row.get("JB_job_number", "")
        for task in _tasks(row.get("tasks", "")):
            job = f"{number}.{task}" if task else number
            jobs[job] = _qstat_row(row, job)._replace(element=max(task - 1, 0))
    return jobs


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
    known = (each for each in STATES if set(each[0]) & set(row.get("state", "")))
    _, state, reason = next(known, ("", BatchState.UNKNOWN, ""))
    return JobStatus(
        state=state,
        reason=reason.format(job=job.partition(".")[0]),
        node=row.get("queue_name", "").partition("@")[2],
        tag=tag_in(row.get("JB_name", "")),
        submitted=_time(row.get("JB_submission_time", "")),
        started=_time(row.get("JAT_start_time", "")),
    )


def _time(text: str) -> float | None:
    """Read qstat's times and qacct's, both without a zone; ``-/-`` is no time."""
    for style in ("%Y-%m-%dT%H:%M:%S", "%a %b %d %H:%M:%S %Y"):
        with suppress(ValueError):
            return datetime.strptime(text, style).replace(tzinfo=UTC).timestamp()
    return None


def read_queues(text: str) -> list[Queue]:
    """Join the lines of a queue: there is one for each of its nodes."""
    queues: dict[str, Queue] = {}
    for element in _rows(text, "Queue-List"):
        name = element.findtext("name", "").partition("@")[0]
        if set(element.findtext("qtype", "")) & set("BP"):
            queues[name] = _widest(queues.get(name), _queue(name, element))
    return list(queues.values())


def _queue(name: str, element: ElementTree.Element) -> Queue:
    limits = {each.get("name"): each.text or "" for each in element.iter("resource")}
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
    return int(float(match[1]) * UNITS[match[2]]) if match else None


def _widest(known: Queue | None, seen: Queue) -> Queue:
    if known is None:
        return seen
    limits = (known.max_walltime, seen.max_walltime)
    return known._replace(
        open=known.open or seen.open,
        max_walltime=None if None in limits else max(limit or 0 for limit in limits),
        max_cores=max(known.max_cores or 0, seen.max_cores or 0) or None,
        max_memory=max(known.max_memory or 0, seen.max_memory or 0) or None,
        nodes=(known.nodes or 0) + 1,
    )


# ---- qacct


def read_qacct(text: str) -> dict[str, JobStatus]:
    """Read the records of ``qacct -j``: a line of ``=`` and then a line for each fact."""
    jobs = {}
    for block in re.split(r"^=+\n", text, flags=re.MULTILINE):
        fields = (line.partition(" ") for line in block.splitlines())
        record = {name: value.strip() for name, _, value in fields}
        number, task = record.get("jobnumber", ""), record.get("taskid", "")
        with suppress(ValueError):
            job = f"{number}.{task}" if task.isdigit() else number
            jobs[job] = _qacct_record(record)  # of a job that ran again, the last
    return jobs


def _qacct_record(record: Mapping[str, str]) -> JobStatus:
    """Read how a job ended; `ValueError` if its record does not tell."""
    failed, exit_status = _number(record, "failed"), _number(record, "exit_status")
    signal = exit_status - 128 if exit_status > 128 else None
    return JobStatus(
        state=_end(record, failed, exit_status),
        reason=record["failed"].partition(": ")[2],
        node=record.get("hostname", ""),
        tag=tag_in(record.get("jobname", "")),
        submitted=_time(record.get("qsub_time", "")),
        started=_time(record.get("start_time", "")),
        ended=_time(record.get("end_time", "")),
        exit_code=exit_status if signal is None and (exit_status or not failed) else None,
        signal=signal,
        element=max(_number(record, "taskid", default=1) - 1, 0),
        ended_by_system=failed == LIMIT and _ran_out(record),
    )


def _end(record: Mapping[str, str], failed: int, exit_status: int) -> BatchState:
    if failed in RESCHEDULED:
        return BatchState.PENDING
    # qdel. Before 8.1, which has the category, a limit that was reached looked the same.
    if failed == KILLED and exit_status == 128 + 9 and "category" in record:
        return BatchState.CANCELLED
    return BatchState.FAILED if failed or exit_status else BatchState.DONE


def _ran_out(record: Mapping[str, str]) -> bool:
    """Whether it was the walltime that a job ran into, not a limit of memory or CPU time."""
    asked = re.search(r"h_rt=(\d+)", record.get("category", ""))
    return asked is not None and _number(record, "ru_wallclock") >= int(asked[1])


def _number(record: Mapping[str, str], name: str, *, default: int | None = None) -> int:
    match = re.match(r"\d+", record.get(name, ""))
    if match is None and default is None:
        raise ValueError(f"no {name}")
    return int(match[0]) if match else default or 0


# ---- qdel


def ranges(ids: Iterable[str]) -> list[str]:
    """Join tasks of an array that follow each other; a comma would begin another job.

    Examples
    --------
    >>> ranges(["12.1", "12.2", "12.3", "12.7", "13"])
    ['12.1-3', '12.7', '13']
    """
    arrays: dict[str, list[int]] = {}
    for each in ids:
        job, _, task = each.partition(".")
        arrays.setdefault(job, []).extend([int(task)] if task else [])
    return [
        f"{job}.{span}" if span else job
        for job, tasks in arrays.items()
        for span in spans(tasks).split(",")
    ]
