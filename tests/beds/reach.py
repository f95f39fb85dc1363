"""Lets other users of this machine reach folders that lie below ones that only root may enter.

Nobody else can run a virtual environment below ``/root``. The machine stays as it is: the command
runs in a mount namespace of its own, where such a closed folder is empty but for what is needed. As
a program::

    python -m tests.beds.reach STAGING CLOSED:CLOSED FOLDER:FOLDER COMMAND...
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path


def reaching(folders: Iterable[Path], staging: Path) -> list[str]:
    """Return what to write before a command, so that other users reach the folders in it.

    Parameters
    ----------
    folders : iterable of Path
        Absolute, without links.
    staging : Path
        An empty folder for mounts.

    Returns
    -------
    list of str
        Arguments; none where every user reaches the folders.
    """
    needed = sorted(set(folders))
    closed = {root for each in needed if (root := _closed_part(each))}
    if not closed:
        return []
    hidden = [each for each in needed if closed & {each, *each.parents}]
    script = [sys.executable, __file__, str(staging), _joined(closed), _joined(hidden)]
    return ["unshare", "--mount", "--propagation", "private", *script]


def _closed_part(path: Path) -> Path | None:
    """Return the first folder on the way to a path that others may not enter."""
    way = [*reversed(path.parents), path]
    return next((each for each in way if not each.stat().st_mode & stat.S_IXOTH), None)


def _joined(paths: Iterable[Path]) -> str:
    return os.pathsep.join(map(str, paths))


def _mount(*words: str | Path) -> None:
    subprocess.run(["mount", *words], check=True)


def main(staging: str, closed: str, folders: str, *command: str) -> None:
    """Mount what is needed in this namespace, and become the command."""
    kept = {}
    for number, folder in enumerate(folders.split(os.pathsep)):
        kept[folder] = Path(staging) / str(number)
        kept[folder].mkdir()
        _mount("--bind", folder, kept[folder])
    for folder in closed.split(os.pathsep):
        _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
    for folder, place in kept.items():
        Path(folder).mkdir(parents=True, exist_ok=True)
        _mount("--bind", place, folder)
    os.execvp(command[0], command)  # noqa: S606 (it is this process that the mounts are for)


if __name__ == "__main__":
    main(*sys.argv[1:])
