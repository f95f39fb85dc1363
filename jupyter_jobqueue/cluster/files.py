"""The private folder of a cluster: keys, job scripts and logs."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import platformdirs
from distributed import Security

from jupyter_jobqueue.cluster import cleanup
from jupyter_jobqueue.errors import InvalidOption, shortened

TLS_FIELDS = (
    "tls_ca_file",
    "tls_client_cert",
    "tls_client_key",
    "tls_scheduler_cert",
    "tls_scheduler_key",
    "tls_worker_cert",
    "tls_worker_key",
)

KEPT_SCRIPTS = 20
"""Number of job scripts that are kept, the latest ones."""


def expand(path: str, option: str) -> Path:
    """Return an absolute path, with ``~`` and environment variables replaced.

    Parameters
    ----------
    path : str
        The path.
    option : str
        The option whose value it is.

    Raises
    ------
    InvalidOption
        If it begins with the home of an unknown user.
    """
    try:
        return Path(os.path.expandvars(path)).expanduser().absolute()
    except RuntimeError as error:  # of a user who is not there
        sentence = f"{option}: there is no home for {shortened(path)}: {error}"
        raise InvalidOption(sentence, field=f"options.{option}") from None


def shared_folder(options: Mapping[str, Any], own: str, shared: str) -> Path:
    """Return a folder that login and compute nodes share.

    Parameters
    ----------
    options : Mapping
        Checked options; ``shared_temp_directory`` is the parent of the folder, if it is set.
    own : str
        Path of the folder in the user's state folder, if it is not.
    shared : str
        Name of the folder in the other case, among files of other programs.

    Raises
    ------
    InvalidOption
        If ``shared_temp_directory`` begins with the home of an unknown user.
    """
    chosen = options.get("shared_temp_directory")
    if chosen:
        return expand(chosen, "shared_temp_directory") / shared
    return platformdirs.user_state_path("jupyter-jobqueue") / own


def private_logs(path: str, cluster_id: str) -> Path:
    """Return where the logs go that a user wants in a folder.

    Whoever may write there could make links with the names of logs, and the batch system would
    write through them to other files of the user. So where everybody may write, as in ``/tmp``,
    the logs are in a folder of their own.

    Parameters
    ----------
    path : str
        The folder, as the user names it.
    cluster_id : str
        The cluster.

    Raises
    ------
    InvalidOption
        If everybody may also rename and remove what is in the folder.
    """
    folder = expand(path, "log_directory")
    try:
        mode = folder.stat().st_mode
    except OSError:  # it is not there yet, and will be private
        return folder
    if not mode & stat.S_IWOTH:
        return folder
    if not mode & stat.S_ISVTX:
        raise InvalidOption(
            f"log_directory: everybody may write to {shortened(str(folder))} and replace the logs; "
            "choose a folder of your own, or use chmod o-w",
            field="options.log_directory",
        )
    return folder / f"jobqueue-{cluster_id}"


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
        self._id = cluster_id
        names = f"clusters/{cluster_id}", f"jobqueue-{cluster_id}"
        self.path = path or shared_folder(options, *names)
        chosen = options.get("log_directory")
        self.logs = private_logs(chosen, cluster_id) if chosen else self.path / "logs"
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
        self._require_own(self.path, "shared_temp_directory")
        if self.logs.name == f"jobqueue-{self._id}":
            self._require_own(self.logs, "log_directory")
        cleanup.forget_old(self.path.parent)

    def _require_own(self, folder: Path, option: str) -> None:
        """Make a folder private; refuse one that another user has created."""
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            sentence = f"{option}: {folder} is not a folder of this user"
            raise InvalidOption(sentence, field=f"options.{option}")
        folder.chmod(0o700)

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
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with open(os.open(path, flags, 0o600), "w") as file:
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

    def remove_keys(self) -> None:
        """Remove the keys of the cluster."""
        cleanup.remove_keys(self.path)

    def retire(self) -> None:
        """Remove the keys and mark the folder as closed; logs are kept for some days."""
        cleanup.retire(self.path)
