"""Removes files that clusters no longer need: keys, old folders, and logs beyond the limit."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

import dask.config
from dask.utils import parse_bytes

from jupyter_jobqueue.batch.threads import LOGS
from jupyter_jobqueue.jobs.job import ENDED, Job

CLOSED = "jobqueue-closed"
"""File that marks the folder of a closed cluster."""
FOLDER = re.compile(r"(jobqueue-)?[0-9a-f]{12}")
"""Names of the folders of clusters."""
KEPT_DAYS = 7
"""Days for which the logs of a closed cluster are kept."""
TRIM_INTERVAL = 60.0
"""Seconds between two checks of the size of the logs."""
LOG_LIMIT = "200 MB"
"""Default size of the logs of a cluster."""


def forget_old(parent: Path) -> None:
    """Remove folders of clusters that were closed days ago (``jupyter-jobqueue.log-days``).

    Parameters
    ----------
    parent : Path
        Folder that has the folders of clusters.
    """
    days = float(dask.config.get("jupyter-jobqueue.log-days", KEPT_DAYS))
    with suppress(OSError):
        forget_closed(parent, time.time() - days * 24 * 3600)


def forget_closed(parent: Path, before: float) -> None:
    """Remove folders of clusters of this user that were closed before a time.

    Other users may write into a shared folder. Therefore a folder counts only with the right name,
    owner and mark, no link is followed, and exactly the folder that was checked is removed.

    Parameters
    ----------
    parent : Path
        Folder that has the folders of clusters.
    before : float
        Seconds since the epoch.
    """
    handle = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in filter(FOLDER.fullmatch, os.listdir(handle)):
            with suppress(OSError):
                if _was_closed(handle, name, before):
                    shutil.rmtree(name, dir_fd=handle, ignore_errors=True)
    finally:
        os.close(handle)


def _was_closed(parent: int, name: str, before: float) -> bool:
    folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    try:
        mark = os.stat(CLOSED, dir_fd=folder, follow_symlinks=False)
        owners = {os.fstat(folder).st_uid, mark.st_uid}
        return owners == {os.getuid()} and stat.S_ISREG(mark.st_mode) and mark.st_mtime < before
    finally:
        os.close(folder)


def remove_keys(folder: Path) -> None:
    """Remove the keys of a cluster.

    Parameters
    ----------
    folder : Path
        Folder of the cluster.
    """
    for path in folder.glob("tls-*.pem"):
        path.unlink(missing_ok=True)


def retire(folder: Path) -> None:
    """Remove the keys of a cluster that has ended, and mark its folder as closed.

    Parameters
    ----------
    folder : Path
        Folder of the cluster.
    """
    remove_keys(folder)
    with suppress(OSError):
        (folder / CLOSED).touch()


async def keep_small(jobs: Callable[[], Collection[Job]]) -> None:
    """Limit the size of the logs of jobs periodically, until cancelled.

    Parameters
    ----------
    jobs : callable
        Returns the jobs whose logs count.
    """
    while True:
        with suppress(TimeoutError):
            await LOGS.run(trim_logs, jobs(), log_limit())
        await asyncio.sleep(TRIM_INTERVAL)


def log_limit() -> int:
    """Return the size limit of a cluster's logs in bytes (``jupyter-jobqueue.log-limit``)."""
    return int(parse_bytes(dask.config.get("jupyter-jobqueue.log-limit", LOG_LIMIT)))


def trim_logs(jobs: Collection[Job], limit: int) -> list[Path]:
    """Remove logs of ended jobs, the oldest first, until all logs together fit the limit.

    Logs of live jobs and other files in the folder are never removed.

    Parameters
    ----------
    jobs : collection of Job
        The jobs whose logs count.
    limit : int
        Bytes.

    Returns
    -------
    list of Path
        The removed files.
    """
    sizes = {path: _size(path) for job in jobs for path in _logs(job)}
    over, removed = sum(sizes.values()) - limit, []
    for job in sorted((job for job in jobs if job.state in ENDED), key=lambda job: job.ended or 0):
        for path in _logs(job):
            if over > 0 and sizes[path]:
                path.unlink(missing_ok=True)
                over -= sizes[path]
                removed.append(path)
    return removed


def _logs(job: Job) -> set[Path]:
    return {Path(path) for path in (job.stdout, job.stderr) if path}


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
