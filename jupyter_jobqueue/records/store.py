"""One small file a cluster, so that whoever comes after its owner can find it and its jobs.

The files are private, are replaced whole or not at all, and have a version.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

from jupyter_jobqueue.records import record as records
from jupyter_jobqueue.records.process import Process
from jupyter_jobqueue.records.record import NewerRecord, NotARecord, Record, read

TOUCH = 20.0
"""Seconds after which an owner shows that it lives, for those who cannot see its process."""
STALE = 90.0
"""Seconds of silence after which such an owner is taken to be gone."""
LOCK_PATIENCE = 5.0
"""Seconds to wait for others who write a record."""


class Taken(Exception):
    """Somebody else owns the cluster now."""


class Store:
    """The records of a user.

    Parameters
    ----------
    folder : Path, optional
        Where they are; below the state folder of the user unless given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or platformdirs.user_state_path("jupyter-jobqueue") / "records"
        self._ours: dict[str, tuple[Process, tuple[int, ...]]] = {}
        """Files as we have written them, which need not be read before they are replaced."""

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
            if (writer, self._seen(record.id)) != self._ours.get(record.id):
                with suppress(FileNotFoundError, NotARecord):
                    if read(self.path(record.id)).owner not in (None, writer):
                        raise Taken(record.id)
            self._replace(record)
            self._ours[record.id] = writer, self._seen(record.id)

    def _seen(self, cluster: str) -> tuple[int, ...]:
        """Return what changes with every change of a file; empty if there is none."""
        try:
            seen = self.path(cluster).stat()
        except FileNotFoundError:
            return ()
        return seen.st_ino, seen.st_size, seen.st_mtime_ns

    def touch(self, cluster: str) -> None:
        """Show that the owner lives."""
        with suppress(FileNotFoundError), self._locked():
            writer, written = self._ours.get(cluster, (None, ()))
            untouched = self._seen(cluster) == written
            os.utime(self.path(cluster))
            if writer is not None and untouched:
                self._ours[cluster] = writer, self._seen(cluster)

    def remove(self, cluster: str, owner: Process) -> None:
        """Remove a record, unless somebody else has it by now."""
        with self._locked(), suppress(FileNotFoundError, NotARecord):
            if read(self.path(cluster)).owner in (None, owner):
                self.path(cluster).unlink()

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
        text = records.write(record)
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
