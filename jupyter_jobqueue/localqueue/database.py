"""Opens the SQLite file of a state directory, and creates it if needed."""

from __future__ import annotations

import fcntl
import os
import sqlite3

_SCHEMA = """
BEGIN;
CREATE TABLE settings (cpus INTEGER NOT NULL);
INSERT INTO settings VALUES (1);
CREATE TABLE submissions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, tag TEXT, interpreter TEXT, cpus INTEGER,
    walltime INTEGER, stdout TEXT, stderr TEXT, directory TEXT, umask INTEGER, environment TEXT);
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, submission INTEGER REFERENCES submissions, task INTEGER,
    state TEXT DEFAULT 'PENDING', reason TEXT DEFAULT '', submitted REAL, started REAL, ended REAL,
    exit_code INTEGER, signal INTEGER, pid INTEGER, born TEXT, cancelled INTEGER DEFAULT 0);
CREATE INDEX jobs_in_order ON jobs (state, submission, task);
PRAGMA user_version = 1;
COMMIT;
"""


def connect(directory: str) -> sqlite3.Connection:
    """Open the state file.

    Parameters
    ----------
    directory : str
        The state directory.

    Returns
    -------
    sqlite3.Connection
        The connection, in autocommit mode.
    """
    path = os.path.join(directory, "queue.sqlite")
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    db.row_factory = sqlite3.Row
    if not _is_ready(db):
        _create(db, directory)
    # The file must survive a power cut, the last commits need not: WAL needs no sync per commit.
    db.execute("PRAGMA synchronous = NORMAL")
    return db


def _is_ready(db: sqlite3.Connection) -> bool:
    return bool(db.execute("PRAGMA user_version").fetchone()[0])


def _create(db: sqlite3.Connection, directory: str) -> None:
    # Switching to WAL fails if others do the same ("database is locked"), so one process does it.
    with open(os.path.join(directory, "create.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_ready(db):
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(_SCHEMA)
