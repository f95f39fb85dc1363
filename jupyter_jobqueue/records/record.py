"""What is kept of a cluster: a small JSON document with a version."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jupyter_jobqueue.records.process import Process

VERSION = 2


class NotARecord(ValueError):
    """A file that cannot be read as a record; the text says why."""


class NewerRecord(NotARecord):
    """A record of a later version of this package."""


class KeptJob(BaseModel):
    """What anybody needs to know of a job; the rest is for the cluster's own table."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    name: str
    tag: str
    id: str = ""
    submitted: float = 0.0
    submitted_per_queue: float | None = Field(default=None, alias="queued")


class Bounds(BaseModel):
    """An adaptive cluster."""

    minimum: int
    maximum: int | None = None
    idle_timeout: float = 60.0
    interval: float = 1.0
    target_duration: str | float = "1s"
    log: list[tuple[float, int, str]] = []


class Scheduler(BaseModel):
    """Where the Dask scheduler is, and how long it lives without an owner (0: not at all)."""

    address: str
    dashboard_port: int = 0
    lease: float = 0.0
    process: Process


class Record(BaseModel):
    """All that is needed to take a cluster up again, or to see to what is left of it."""

    version: Literal[2] = 2
    id: str = Field(pattern=r"^[\w.-]+$")
    kind: Literal["server", "program"]
    """Of a Jupyter server, whose clusters live on without it, or of a program."""
    owner: Process | None
    """None if its owner has left it for others to find."""
    closing: bool = False
    created: float
    system: str
    profile: str
    name: str
    options: dict[str, Any]
    scheduler_options: dict[str, Any] = {}
    protocol: str
    security: dict[str, Any]
    """Keywords of `Security` that name files; empty without encryption."""
    prefix: str
    folder: str
    scheduler: Scheduler
    wanted: int = 0
    adaptive: Bounds | None = None
    count: int = 0
    sizes: dict[str, int] = {}
    failures: int = 0
    detail: str = ""
    words: str = ""
    jobs: list[KeptJob] = []
    notes: list[tuple[float, str]] = []


def _from_1(old: dict[str, Any]) -> dict[str, Any]:
    """Version 1 knew the bounds of an adaptive cluster only, as a pair."""
    pair = old.get("adaptive")
    bounds = {"minimum": pair[0], "maximum": pair[1]} if pair else None
    return {**old, "version": 2, "adaptive": bounds}


OLDER: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1}
"""How a record of each older version becomes one of the next."""


def read(path: Path) -> Record:
    """Read a record, also one of an older version; `NotARecord` says why it is none."""
    try:
        value = json.loads(path.read_bytes())
        version = value.get("version")
        while version in OLDER:
            value = OLDER[version](value)
            version = value["version"]
        if not isinstance(version, int):
            raise NotARecord("it has no version")
        if version > VERSION:
            raise NewerRecord(f"is of the newer version {version}")
        record = Record.model_validate(value)
        if record.id != path.stem:
            raise NotARecord(f"it is of cluster {record.id}")
        return record
    except NotARecord:
        raise
    except (PermissionError, IsADirectoryError) as error:
        raise NotARecord(str(error.strerror)) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise NotARecord(f"{where}: {first['msg']}") from None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise NotARecord("it is truncated or something else") from None


def write(record: Record) -> str:
    """Return the text of a record.

    Jobs are written one by one: a thousand at once would hold up all other threads.
    """
    facts = record.model_dump(exclude={"jobs"}, warnings=False)
    kept: list[Any] = record.jobs  # not checked, and so still plain, if this program made them
    jobs = (job.model_dump(by_alias=True) if isinstance(job, KeptJob) else job for job in kept)
    lines = ",\n".join(json.dumps(job, default=str) for job in jobs)
    return f'{json.dumps(facts, default=str)[:-1]}, "jobs": [\n{lines}\n]}}\n'
