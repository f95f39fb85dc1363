"""Reads and writes the records of a user's clusters.

Each cluster has one private file, which is replaced atomically.
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

TOUCH_INTERVAL = 20.0
"""Seconds between two updates of a record's time, which show other machines that the owner runs."""
STALE_AFTER = 90.0
"""Seconds without an update after which such an owner counts as ended."""
LOCK_TIMEOUT = 5.0
"""Seconds to wait for other programs that write a record."""


class Taken(Exception):
    """Another process owns the cluster now."""


class Store:
    """The records of a user.

    Parameters
    ----------
    folder : Path, optional
        Folder of the records; the default is below the state folder of the user.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or platformdirs.user_state_path("jupyter-jobqueue") / "records"
        self._ours: dict[str, tuple[Process, tuple[int, ...]]] = {}
        """Writer and file state after our last write: an unchanged file is still ours."""

    def path(self, cluster: str) -> Path:
        """Return the path of a cluster's record.

        Parameters
        ----------
        cluster : str
            Id of the cluster.
        """
        return self.folder / f"{cluster}.json"

    def read_all(self) -> tuple[list[Record], list[str]]:
        """Return all records, oldest first, and a sentence about each file that is not a record.

        Such a file is renamed, so that it is reported once.
        """
        self._remove_temporary()
        records, problems = [], []
        for path in sorted(self.folder.glob("*.json")):
            try:
                records.append(read(path))
            except FileNotFoundError:  # the cluster has just closed
                continue
            except NewerRecord as error:
                problems.append(f"{path} {error}, and is left as it is")
            except NotARecord as error:
                problems.append(self.set_aside(path, str(error)))
            except OSError as error:
                problems.append(f"{path} cannot be read: {error.strerror}")
        return sorted(records, key=lambda record: record.created), problems

    def _remove_temporary(self) -> None:
        """Remove temporary files of writers that were killed."""
        for path in self.folder.glob(".*-*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > 3600:
                    path.unlink()

    def set_aside(self, path: Path, why: str) -> str:
        """Rename a file so that it is not read again.

        Parameters
        ----------
        path : Path
            The file.
        why : str
            Why it is not a record.

        Returns
        -------
        str
            A sentence that reports it.
        """
        broken = path.with_name(f"{path.name}.broken")
        try:
            path.rename(broken)
        except OSError as error:
            return f"{path} is not the record of a cluster ({why}): {error.strerror}"
        return f"{path} is not the record of a cluster ({why}); it is now {broken.name}"

    def write(self, record: Record, writer: Process) -> None:
        """Replace a record.

        Parameters
        ----------
        record : Record
            The new record.
        writer : Process
            The process that writes, which must own the cluster unless nobody does.

        Raises
        ------
        Taken
            If another process owns the cluster.
        OSError
            If the file cannot be written.
        """
        with self._locked():
            if (writer, self._seen(record.id)) != self._ours.get(record.id):
                with suppress(FileNotFoundError, NotARecord):
                    if read(self.path(record.id)).owner not in (None, writer):
                        raise Taken(record.id)
            self._replace(record)
            self._ours[record.id] = writer, self._seen(record.id)

    def _seen(self, cluster: str) -> tuple[int, ...]:
        """Return numbers that change with every write of a record; empty if there is no file."""
        try:
            seen = self.path(cluster).stat()
        except FileNotFoundError:
            return ()
        return seen.st_ino, seen.st_size, seen.st_mtime_ns

    def touch(self, cluster: str) -> None:
        """Update the time of a record, which shows that its owner runs.

        Parameters
        ----------
        cluster : str
            Id of the cluster.
        """
        with suppress(FileNotFoundError), self._locked():
            writer, written = self._ours.get(cluster, (None, ()))
            untouched = self._seen(cluster) == written
            os.utime(self.path(cluster))
            if writer is not None and untouched:
                self._ours[cluster] = writer, self._seen(cluster)

    def remove(self, cluster: str, owner: Process) -> None:
        """Remove a record, unless another process owns it.

        Parameters
        ----------
        cluster : str
            Id of the cluster.
        owner : Process
            The process that removes it.
        """
        with self._locked(), suppress(FileNotFoundError, NotARecord):
            if read(self.path(cluster)).owner in (None, owner):
                self.path(cluster).unlink()

    def claim(self, cluster: str, claimant: Process) -> Record | None:
        """Become the owner of a cluster without an owner; only one of several claimants succeeds.

        Parameters
        ----------
        cluster : str
            Id of the cluster.
        claimant : Process
            The new owner.

        Returns
        -------
        Record or None
            None if the cluster has an owner, or no record.
        """
        with self._locked():
            try:
                record = read(self.path(cluster))
            except (OSError, NotARecord):
                return None
            if not self.is_free(record):
                return None
            mine = record.model_copy(update={"owner": claimant})
            # On a full disk no claim can be written; two owners are better than none.
            with suppress(OSError):
                self._replace(mine)
            return mine

    def is_free(self, record: Record) -> bool:
        """Return whether a cluster has no owner, or one that has ended.

        Parameters
        ----------
        record : Record
            Record of the cluster.
        """
        owner = record.owner
        return owner is None or (not owner.alive if owner.here else self._is_silent(record.id))

    def _is_silent(self, cluster: str) -> bool:
        """Return whether the record is out of date, by the clock of the file server."""
        lock = self.folder / ".lock"
        lock.touch()
        with suppress(OSError):
            return lock.stat().st_mtime - self.path(cluster).stat().st_mtime > STALE_AFTER
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
        """Exclude other writers, except on file systems without locks."""
        self._make_folder()
        deadline = time.monotonic() + LOCK_TIMEOUT
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
