"""Parses what sinfo of Slurm prints: partitions and their limits."""

from __future__ import annotations

import re

from jupyter_jobqueue.adapters.model import Queue
from jupyter_jobqueue.adapters.text import seconds

SINFO_FORMAT = "%P|%a|%l|%L|%D|%c|%m"
"""Name, availability, limit, default limit, and of one kind of node: number, CPUs, megabytes."""


def read_sinfo(text: str) -> list[Queue]:
    """Join the lines of one partition: sinfo prints one for each kind of node."""
    queues: dict[str, Queue] = {}
    for row in (line.split("|") for line in text.splitlines()):
        if len(row) == SINFO_FORMAT.count("|") + 1:
            name = row[0].rstrip("*")
            queues[name] = _widest(queues.get(name), _queue(row))
    return list(queues.values())


def _queue(row: list[str]) -> Queue:
    name, available, limit, default, nodes, cpus, memory = row
    return Queue(
        name=name.rstrip("*"),
        default=name.endswith("*"),
        open=available == "up",
        max_walltime=seconds(limit),
        default_walltime=seconds(default),
        max_cores=_number(cpus),
        max_memory=(_number(memory) or 0) * 2**20 or None,
        nodes=_number(nodes),
    )


def _number(text: str) -> int | None:
    """Read a number; sinfo writes 2048 as ``2K``, and a ``+`` where nodes of one line differ."""
    match = re.fullmatch(r"(\d+)(K?)\+?", text)
    return int(match[1]) * (1024 if match[2] else 1) if match else None


def _widest(known: Queue | None, found: Queue) -> Queue:
    if known is None:
        return found
    return known._replace(
        max_cores=max(known.max_cores or 0, found.max_cores or 0) or None,
        max_memory=max(known.max_memory or 0, found.max_memory or 0) or None,
        nodes=(known.nodes or 0) + (found.nodes or 0) or None,
    )
