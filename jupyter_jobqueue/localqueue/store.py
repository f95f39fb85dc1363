"""The only state of the queue: one SQLite file, shared by commands, daemon and supervisors."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from . import database
from .records import Outcome, Submission

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from types import TracebackType

RETENTION = 3600  # seconds for which an ended job is kept
REMEMBERED = 2000  # ended jobs that are kept at most

_BOTH = "FROM jobs JOIN submissions ON submissions.id = submission"
# All but the environment, which is large and concerns only the job itself.
_PUBLIC = f"""SELECT jobs.id, submission, task, name, tag, state, reason, submitted, started, ended,
    exit_code, signal, pid, born, cancelled, cpus, walltime, stdout, stderr
    {_BOTH}"""
_COLUMNS = ", ".join(Submission._fields)
_INSERT = (
    f"INSERT INTO submissions ({_COLUMNS}) "  # noqa: S608  (the names are those above)
    f"VALUES (?{', ?' * (len(Submission._fields) - 1)})"
)


class Store:
    """An open state file.

    Parameters
    ----------
    directory : str
        The state directory.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._db = database.connect(directory)

    def __enter__(self) -> Store:
        """Return the store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all changes of the block or none, and exclude other writers meanwhile."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def script_path(self, submission: int) -> str:
        """Return the path of the script of a submission."""
        return os.path.join(self.directory, "scripts", str(submission))

    def submit(self, source: bytes, submission: Submission, count: int | None, cpus: int) -> int:
        """Add the jobs of one submission.

        Parameters
        ----------
        source : bytes
            The script.
        submission : Submission
            What it requests and where it was submitted.
        count : int, optional
            The number of array elements; None for a job that is no array.
        cpus : int
            The size of the queue from now on.

        Returns
        -------
        int
            The number of the submission.
        """
        with self.transaction():
            self._db.execute("UPDATE settings SET cpus = ?", (cpus,))
            cursor = self._db.execute(_INSERT, submission)
            number = int(cursor.lastrowid or 0)
            self._db.executemany(
                "INSERT INTO jobs (id, submission, task, submitted) VALUES (?, ?, ?, ?)",
                _elements(number, count),
            )
            os.makedirs(os.path.join(self.directory, "scripts"), exist_ok=True)
            with open(self.script_path(number), "wb") as file:
                file.write(source)
        return number

    def cpus(self) -> int:
        """Return the size of the queue in CPUs, as set by the latest submission."""
        return int(self._db.execute("SELECT cpus FROM settings").fetchone()[0])

    def jobs(self) -> list[sqlite3.Row]:
        """Return all jobs in the order of submission, except those that ended long ago."""
        query = f"{_PUBLIC} WHERE ended IS NULL OR ended > ? ORDER BY submission, task"
        return self._db.execute(query, (time.time() - RETENTION,)).fetchall()

    def jobs_in(self, state: str, limit: int = -1) -> list[sqlite3.Row]:
        """Return the jobs in a state, in the order of submission.

        Parameters
        ----------
        state : str
            A state, such as ``"PENDING"``.
        limit : int
            Maximum number of jobs; negative for all.
        """
        query = f"{_PUBLIC} WHERE state = ? ORDER BY submission, task LIMIT ?"
        return self._db.execute(query, (state, limit)).fetchall()

    def is_busy(self) -> bool:
        """Return whether a job is pending or running."""
        query = "SELECT 1 FROM jobs WHERE state IN ('PENDING', 'RUNNING') LIMIT 1"
        return self._db.execute(query).fetchone() is not None

    def submission(self, number: int) -> Submission:
        """Return a submission with everything that its jobs need to start."""
        query = f"SELECT {_COLUMNS} FROM submissions WHERE id = ?"  # noqa: S608
        return Submission(*self._db.execute(query, (number,)).fetchone())

    def start(self, job_id: str, pid: int, born: str) -> None:
        """Record that a job runs under a supervisor.

        Parameters
        ----------
        job_id : str
            The job.
        pid : int
            Process id of the supervisor.
        born : str
            Start time of the supervisor.
        """
        self._db.execute(
            "UPDATE jobs SET state = 'RUNNING', started = ?, pid = ?, born = ? WHERE id = ?",
            (time.time(), pid, born, job_id),
        )

    def give_back(self, job_id: str, pid: int) -> None:
        """Make a job pending again if its supervisor never started it, unless it is cancelled.

        Parameters
        ----------
        job_id : str
            The job.
        pid : int
            Process id of the supervisor.
        """
        self._db.execute(
            "UPDATE jobs SET state = 'PENDING', started = NULL, pid = NULL, born = NULL "
            "WHERE id = ? AND pid = ? AND state = 'RUNNING' AND NOT cancelled",
            (job_id, pid),
        )

    def finish(self, job_id: str, outcome: Outcome) -> None:
        """Record how a job ended.

        Parameters
        ----------
        job_id : str
            The job.
        outcome : Outcome
            How it ended.
        """
        self._db.execute(
            "UPDATE jobs SET state = ?, reason = ?, exit_code = ?, signal = ?, ended = ? "
            "WHERE id = ? AND ended IS NULL",
            (*outcome, time.time(), job_id),
        )

    def cancel(self, ids: Iterable[str]) -> list[sqlite3.Row]:
        """End pending jobs at once and mark running ones.

        Parameters
        ----------
        ids : iterable of str
            Ids of jobs; the id of an array means all its elements.

        Returns
        -------
        list of sqlite3.Row
            The running jobs, whose supervisors need a signal.
        """
        wanted = set(ids)
        with self.transaction():
            rows = self.jobs_in("PENDING") + self.jobs_in("RUNNING")
            chosen = [row for row in rows if {row["id"], str(row["submission"])} & wanted]
            running = [row for row in chosen if row["state"] == "RUNNING"]
            for row in chosen[: len(chosen) - len(running)]:
                self.finish(row["id"], Outcome("CANCELLED", "Cancelled before it started"))
            for row in running:
                self._db.execute("UPDATE jobs SET cancelled = 1 WHERE id = ?", (row["id"],))
        return running

    def forget(self) -> None:
        """Delete jobs that ended long ago, and submissions without jobs."""
        orphans = "FROM submissions WHERE id NOT IN (SELECT submission FROM jobs)"
        with self.transaction():
            self._db.execute(
                "DELETE FROM jobs WHERE ended < ? OR id IN (SELECT id FROM jobs "
                "WHERE ended IS NOT NULL ORDER BY ended DESC LIMIT -1 OFFSET ?)",
                (time.time() - RETENTION, REMEMBERED),
            )
            gone = self._db.execute(f"SELECT id {orphans}").fetchall()
            self._db.execute(f"DELETE {orphans}")
        for row in gone:
            with suppress(FileNotFoundError):
                os.unlink(self.script_path(row["id"]))


def _elements(submission: int, count: int | None) -> list[tuple[str, int, int | None, float]]:
    now = time.time()
    if count is None:
        return [(str(submission), submission, None, now)]
    return [(f"{submission}_{task}", submission, task, now) for task in range(count)]
