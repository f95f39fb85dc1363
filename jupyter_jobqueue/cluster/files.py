"""The private folder of a cluster: keys, job scripts and logs."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import dask.config
import platformdirs
from dask.utils import parse_bytes
from distributed import Security

from jupyter_jobqueue.batch.threads import LOGS
from jupyter_jobqueue.errors import InvalidOption
from jupyter_jobqueue.jobs.job import ENDED, Job

TLS_FIELDS = (
    "tls_ca_file",
    "tls_client_cert",
    "tls_client_key",
    "tls_scheduler_cert",
    "tls_scheduler_key",
    "tls_worker_cert",
    "tls_worker_key",
)

CLOSED = "jobqueue-closed"
"""File that marks the folder of a closed cluster."""
FOLDER = re.compile(r"(jobqueue-)?[0-9a-f]{12}")
"""Names of the folders of clusters."""
KEPT_DAYS = 7
"""Days for which the logs of a closed cluster are kept."""
KEPT_SCRIPTS = 20
"""Number of job scripts that are kept, the latest ones."""
TRIM_INTERVAL = 60.0
"""Seconds between two checks of the size of the logs."""
LOG_LIMIT = "200 MB"
"""Default size of the logs of a cluster."""


def expand(path: str) -> Path:
    """Return an absolute path, with ``~`` and environment variables replaced.

    Parameters
    ----------
    path : str
        The path.

    Raises
    ------
    InvalidOption
        If it begins with the home of an unknown user.
    """
    try:
        return Path(os.path.expandvars(path)).expanduser().absolute()
    except RuntimeError as error:  # of an unknown user
        raise InvalidOption(f"{path[:200]!r}: {error}", field="options") from None


class ClusterFiles:
    """The files of a cluster, in a folder that login and compute nodes share.

    Parameters
    ----------
    cluster_id : str
        Name of the folder.
    options : Mapping
        Checked options: ``shared_temp_directory`` is the parent of the folder (the user's state
        folder if not set), ``log_directory`` the folder of the logs.
    path : Path, optional
        The folder, if it exists already.
    """

    def __init__(
        self, cluster_id: str, options: Mapping[str, Any], path: Path | None = None
    ) -> None:
        shared = options.get("shared_temp_directory")
        parent = expand(shared) if shared else platformdirs.user_state_path("jupyter-jobqueue")
        name = f"jobqueue-{cluster_id}" if shared else f"clusters/{cluster_id}"
        self.path = path or parent / name
        chosen = options.get("log_directory")
        self.logs = expand(chosen) if chosen else self.path / "logs"
        self.tls: dict[str, Any] = {}
        """Keywords of `distributed.Security` that name files; empty without encryption."""

    def create(self) -> None:
        """Create the folders, and remove old folders of closed clusters.

        Raises
        ------
        InvalidOption
            If a folder cannot be created; it names the option that sets the folder.
        """
        for folder, option in ((self.path, "shared_temp_directory"), (self.logs, "log_directory")):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise InvalidOption(f"{option}: {error}", field=f"options.{option}") from None
        self._make_private()
        self._forget_old()

    def _make_private(self) -> None:
        """Make the folder private; refuse one that another user has created."""
        found = os.lstat(self.path)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise InvalidOption(
                f"shared_temp_directory: {self.path} is not a folder of this user",
                field="options.shared_temp_directory",
            )
        self.path.chmod(0o700)

    def write(self, name: str, text: str) -> Path:
        """Write a private file and return its path.

        Parameters
        ----------
        name : str
            Name of the file in the folder.
        text : str
            Contents.
        """
        path = self.path / name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        return path

    def write_keys(self, security: Security) -> dict[str, Any]:
        """Write keys from memory to files.

        Parameters
        ----------
        security : Security
            The keys.

        Returns
        -------
        dict
            `tls`: keywords of `distributed.Security` that name the files.
        """
        self.tls = self._key_files(security) if security.require_encryption else {}
        return self.tls

    def _key_files(self, security: Security) -> dict[str, Any]:
        values = {name: getattr(security, name) for name in TLS_FIELDS}
        named: dict[str, Any] = {"require_encryption": True}
        written: dict[str, str] = {}
        for name, value in values.items():
            if value and "\n" in value and value not in written:
                written[value] = str(self.write(name.replace("_", "-") + ".pem", value))
            if value:
                named[name] = written.get(value, value)
        return named

    def keep_script(self, tag: str, script: str) -> None:
        """Keep a copy of a submitted job script; a full disk is no error.

        Parameters
        ----------
        tag : str
            Tag of the submission.
        script : str
            The script.
        """
        scripts = self.path / "job-scripts"
        with suppress(OSError):
            scripts.mkdir(mode=0o700, exist_ok=True)
            self.write(f"job-scripts/{tag}.sh", script)
            oldest_first = sorted(scripts.glob("*.sh"), key=lambda path: path.stat().st_mtime)
            for old in oldest_first[:-KEPT_SCRIPTS]:
                old.unlink(missing_ok=True)

    async def keep_small(self, jobs: Callable[[], Collection[Job]]) -> None:
        """Limit the size of the logs periodically, until cancelled.

        Parameters
        ----------
        jobs : callable
            Returns the jobs whose logs count.
        """
        while True:
            with suppress(TimeoutError):
                await LOGS.run(trim_logs, jobs(), log_limit())
            await asyncio.sleep(TRIM_INTERVAL)

    def remove_keys(self) -> None:
        """Remove the keys of the cluster."""
        remove_keys(self.path)

    def retire(self) -> None:
        """Remove the keys and mark the folder as closed; logs are kept for `KEPT_DAYS`."""
        retire(self.path)

    def _forget_old(self) -> None:
        """Remove the folders of clusters that were closed long ago."""
        days = float(dask.config.get("jupyter-jobqueue.log-days", KEPT_DAYS))
        with suppress(OSError):
            forget_closed(self.path.parent, time.time() - days * 24 * 3600)


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
