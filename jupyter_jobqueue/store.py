"""One small file a cluster, so that whoever comes after its owner can find it and its jobs.

The files are private, are replaced whole or not at all, and have a version.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jupyter_jobqueue.identity import Process

VERSION = 2
TOUCH = 20.0
"""Seconds after which an owner shows that it lives, for those who cannot see its process."""
STALE = 90.0
"""Seconds of silence after which such an owner is taken to be gone."""
LOCK_PATIENCE = 5.0
"""Seconds to wait for others who write a record."""


class Taken(Exception):
    """Somebody else owns the cluster now."""


class NotARecord(ValueError):
    """A file that cannot be read as a record; the text says why."""


class NewerRecord(NotARecord):
    """A record of a later version of this package."""


class KeptJob(BaseModel):
    """What anybody needs to know of a job; the rest is for the cluster's own table."""

    model_config = ConfigDict(extra="allow")

    name: str
    tag: str
    id: str = ""
    submitted: float = 0.0
    queued: float | None = None


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


class Store:
    """The records of a user.

    Parameters
    ----------
    folder : Path, optional
        Where they are; below the state folder of the user unless given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or platformdirs.user_state_path("jupyter-jobqueue") / "records"

    def path(self, cluster: str) -> Path:
        """Return the file of a cluster."""
        return self.folder / f"{cluster}.json"

    def read_all(self) -> tuple[list[Record], list[str]]:
        """Return all records, oldest first, and a sentence on each file that is none.

        Such a file is set aside, so that it is told of once.
        """
        self._sweep_temporary()
        records, told = [], []
        for path in sorted(self.folder.glob("*.json")):
            try:
                records.append(read(path))
            except FileNotFoundError:  # its cluster has just closed
                continue
            except NewerRecord as error:
                told.append(f"{path} {error}, and is left as it is")
            except NotARecord as error:
                told.append(self.set_aside(path, str(error)))
            except OSError as error:
                told.append(f"{path} cannot be read: {error.strerror}")
        return sorted(records, key=lambda record: record.created), told

    def _sweep_temporary(self) -> None:
        """Remove what writers left that were killed in the midst of it."""
        for path in self.folder.glob(".*-*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > 3600:
                    path.unlink()

    def set_aside(self, path: Path, why: str) -> str:
        """Rename a file so that nobody reads it again; returns a sentence that says so."""
        broken = path.with_name(f"{path.name}.broken")
        try:
            path.rename(broken)
        except OSError as error:
            return f"{path} is not the record of a cluster ({why}): {error.strerror}"
        return f"{path} is not the record of a cluster ({why}); it is now {broken.name}"

    def write(self, record: Record, writer: Process) -> None:
        """Replace a record; raises `Taken` if it is somebody else's, OSError if it cannot be."""
        with self._locked():
            with suppress(FileNotFoundError, NotARecord):
                owner = read(self.path(record.id)).owner
                if owner not in (None, writer):
                    raise Taken(record.id)
            self._replace(record)

    def touch(self, cluster: str) -> None:
        """Show that the owner lives."""
        with suppress(FileNotFoundError):
            os.utime(self.path(cluster))

    def remove(self, cluster: str) -> None:
        """Remove a record."""
        self.path(cluster).unlink(missing_ok=True)

    def claim(self, cluster: str, claimant: Process) -> Record | None:
        """Become the owner of a cluster that has none; of several who try, one does.

        Returns
        -------
        Record or None
            None if it has an owner, or is gone.
        """
        with self._locked():
            try:
                record = read(self.path(cluster))
            except (OSError, NotARecord):
                return None
            if not self.is_free(record):
                return None
            mine = record.model_copy(update={"owner": claimant})
            # On a full disk nobody can claim anything; better one owner too many than none.
            with suppress(OSError):
                self._replace(mine)
            return mine

    def is_free(self, record: Record) -> bool:
        """Whether the owner of a cluster is gone."""
        owner = record.owner
        return owner is None or (not owner.alive if owner.here else self._is_silent(record.id))

    def _is_silent(self, cluster: str) -> bool:
        """Tell whether an owner elsewhere has long not shown itself, by the file server's clock."""
        lock = self.folder / ".lock"
        lock.touch()
        with suppress(OSError):
            return lock.stat().st_mtime - self.path(cluster).stat().st_mtime > STALE
        return False

    def _replace(self, record: Record) -> None:
        self._make_folder()
        text = json.dumps(record.model_dump(warnings=False), default=str)
        handle, name = tempfile.mkstemp(prefix=f".{record.id}-", dir=self.folder)  # has mode 0600
        try:
            with open(handle, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path(record.id))
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep others from writing; where the file system has no locks, nobody is kept."""
        self._make_folder()
        deadline = time.monotonic() + LOCK_PATIENCE
        with open(os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600), "w") as file:
            while not _lock(file.fileno()):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{self.folder} is locked by another program")
                time.sleep(0.01)
            yield


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


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
