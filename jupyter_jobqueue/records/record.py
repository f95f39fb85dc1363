"""The record of a cluster: a small JSON document with a version."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jupyter_jobqueue.records.process import Process

LARGEST = 64 * 2**20
"""Bytes of a file that may be a record; ten thousand jobs need five million."""
VERSION = 2


class NotARecord(ValueError):
    """A file is not a record; the message gives the reason."""


class NewerRecord(NotARecord):
    """A record has a version that this package does not know yet."""


class KeptJob(BaseModel):
    """A job in a record; other fields belong to `jobs.job.Job` and are not checked here.

    Parameters
    ----------
    name : str
        Name of the job.
    tag : str
        Tag of its submission.
    id : str
        Id in the queue; empty until it is known.
    submitted : float
        When it was submitted, by the clock of this machine.
    submitted_per_queue : float, optional
        When it was submitted, by the clock of the batch system.
    """

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    name: str
    tag: str
    id: str = ""
    submitted: float = 0.0
    submitted_per_queue: float | None = Field(default=None, alias="queued")


class Bounds(BaseModel):
    """The policy of an adaptive cluster; see `jobs.adaptive.AdaptivePolicy`.

    Parameters
    ----------
    minimum, maximum : int
        Jobs; a maximum of None means no limit.
    idle_timeout : float
        Seconds for which fewer jobs must be enough before jobs are removed.
    interval : float
        Seconds between two decisions.
    target_duration : str or float
        Seconds that the work should take.
    log : list
        Time, number of jobs and reason of each decision.
    """

    minimum: int
    maximum: int | None = None
    idle_timeout: float = 60.0
    interval: float = 1.0
    target_duration: str | float = "1s"
    log: list[tuple[float, int, str]] = []


class Scheduler(BaseModel):
    """The Dask scheduler of a cluster.

    Parameters
    ----------
    address : str
        Address for clients and workers.
    dashboard_port : int
        Port of the dashboard; 0 if there is none.
    lease : float
        Seconds for which the scheduler runs without an owner; 0 if it ends with its owner.
    process : Process
        Process of the scheduler.
    """

    address: str
    dashboard_port: int = 0
    lease: float = 0.0
    process: Process


class Clock(BaseModel):
    """The clock of the program that wrote a record, to notice later that somebody has set it.

    Parameters
    ----------
    boot : str
        Id of the boot of its machine.
    offset : float
        Seconds between the epoch and the boot, as that program counts.
    """

    boot: str
    offset: float


class Record(BaseModel):
    """Everything that is needed to take a cluster over or to cancel its remaining jobs.

    Parameters
    ----------
    version : int
        Version of the format.
    id, name : str
        Id and name of the cluster.
    kind : str
        ``server`` if a Jupyter server made it, ``program`` if a Python program did.
    owner : Process, optional
        The process that manages the cluster; None if it was left for others to take over.
    closing : bool
        Whether the cluster is closing.
    created : float
        When the cluster was made; seconds since the epoch.
    system, profile : str
        Batch system, and the section of the configuration.
    options, scheduler_options : dict
        Options of the jobs, and keywords of `distributed.Scheduler`.
    protocol : str
        Such as ``"tls://"``.
    security : dict
        Keywords of `distributed.Security` that name files; empty without encryption.
    prefix : str
        Secret first part of the dashboard's paths.
    folder : str
        Folder of the cluster's files.
    scheduler : Scheduler
        The Dask scheduler.
    wanted : int
        Target: jobs.
    adaptive : Bounds, optional
        Target: the policy; None for a fixed size.
    count : int
        Jobs numbered so far.
    sizes : dict
        Number of jobs of each submission, by tag.
    failures : int
        Jobs in a row that ended before a worker joined.
    detail, words : str
        The problem with these jobs: the sentence, and verbatim output.
    jobs : list of KeptJob
        The jobs.
    notes : list
        Time and sentence of each unusual event.
    clock : Clock, optional
        By which the times of the jobs are; None in records of older programs.
    """

    version: Literal[2] = 2
    id: str = Field(pattern=r"^[\w.-]+$")
    kind: Literal["server", "program"]
    owner: Process | None
    closing: bool = False
    created: float
    system: str
    profile: str
    name: str
    options: dict[str, Any]
    scheduler_options: dict[str, Any] = {}
    protocol: str
    security: dict[str, Any]
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
    clock: Clock | None = None


def _from_1(old: dict[str, Any]) -> dict[str, Any]:
    """Convert version 1, which had only the bounds of an adaptive cluster, as a pair."""
    pair = old.get("adaptive")
    bounds = {"minimum": pair[0], "maximum": pair[1]} if pair else None
    return {**old, "version": 2, "adaptive": bounds}


OLDER: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1}
"""Functions that convert a record of a version to the next version."""


def _text_of(path: Path) -> bytes:
    """Return the contents of a regular file; opening a pipe would block for ever."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise NotARecord("it is no regular file")
        if found.st_size > LARGEST:
            raise NotARecord(f"it has more than {LARGEST} bytes")
        return file.read()


def read(path: Path) -> Record:
    """Read a record of this version or an older one.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    NotARecord
        If the file is not a record.
    NewerRecord
        If the record has a newer version.
    FileNotFoundError
        If there is no file.
    """
    try:
        value = json.loads(_text_of(path))
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

    Parameters
    ----------
    record : Record
        The record.
    """
    # Jobs are converted one by one: a thousand at once would block all other threads.
    fields = record.model_dump(exclude={"jobs"}, warnings=False)
    kept: list[Any] = record.jobs  # plain dictionaries if made by this program
    jobs = (job.model_dump(by_alias=True) if isinstance(job, KeptJob) else job for job in kept)
    lines = ",\n".join(json.dumps(job, default=str) for job in jobs)
    return f'{json.dumps(fields, default=str)[:-1]}, "jobs": [\n{lines}\n]}}\n'
