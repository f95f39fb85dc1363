"""A cluster's own folder: keys, job scripts and logs, readable by nobody else."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import dask.config
import platformdirs
from distributed import Security

from jupyter_jobqueue.errors import InvalidOption

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
"""File that marks the folder of a cluster that has been closed."""
KEPT_DAYS = 7
"""Days for which the logs of a closed cluster are kept."""


def expand(path: str) -> Path:
    """Return a path with ``~`` and environment variables of this host filled in."""
    return Path(os.path.expandvars(path)).expanduser().absolute()


class ClusterFolder:
    """Files of one cluster, in a folder that login and compute nodes share.

    Parameters
    ----------
    cluster_id : str
        Name of the folder.
    options : Mapping
        Checked options; ``shared_temp_directory`` says where the folder goes, the user's state
        folder if not set, and
        ``log_directory`` where the logs go.
    path : Path, optional
        Where the folder is already.
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

    def create(self) -> None:
        """Make the folders; one that cannot be made is the fault of the option that names it."""
        for folder, option in ((self.path, "shared_temp_directory"), (self.logs, "log_directory")):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise InvalidOption(f"{option}: {error}", field=f"options.{option}") from None
        self.path.chmod(0o700)
        self._forget_old()

    def write(self, name: str, text: str) -> Path:
        """Write a private file."""
        path = self.path / name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        return path

    def security_files(self, security: Security) -> dict[str, Any]:
        """Write keys held in memory to files; return keywords of a `Security` that names them."""
        values = {name: getattr(security, name) for name in TLS_FIELDS}
        named: dict[str, Any] = {"require_encryption": True}
        written: dict[str, str] = {}
        for name, value in values.items():
            if value and "\n" in value and value not in written:
                written[value] = str(self.write(name.replace("_", "-") + ".pem", value))
            if value:
                named[name] = written.get(value, value)
        return named

    def remove_keys(self) -> None:
        """Remove the keys."""
        remove_keys(self.path)

    def retire(self) -> None:
        """Remove the keys; logs stay for the reader, until `KEPT_DAYS` after the end."""
        retire(self.path)

    def _forget_old(self) -> None:
        """Remove what clusters that were closed long ago have left beside this one."""
        days = float(dask.config.get("jupyter-jobqueue.log-days", KEPT_DAYS))
        oldest = time.time() - days * 24 * 3600
        for mark in self.path.parent.glob(f"*/{CLOSED}"):
            with suppress(OSError):
                if mark.stat().st_mtime < oldest:
                    shutil.rmtree(mark.parent, ignore_errors=True)


def remove_keys(folder: Path) -> None:
    """Remove the keys of a cluster."""
    for path in folder.glob("tls-*.pem"):
        path.unlink(missing_ok=True)


def retire(folder: Path) -> None:
    """Remove the keys of a cluster that has ended, and mark its folder so."""
    remove_keys(folder)
    with suppress(OSError):
        (folder / CLOSED).touch()
