"""Keeps the programs that stand for the interpreters of kernels, in folders that nodes can read."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path

from jupyter_jobqueue.environments import shim
from jupyter_jobqueue.environments.launcher import Kernel, launcher
from jupyter_jobqueue.errors import InvalidOption

NAME = "python"


def interpreter(kernel: Kernel, parent: Path) -> str:
    """Return the path of a program that takes the arguments of Python and runs it as a kernel does.

    The program is written if it is not there yet; one that clusters use is never changed.

    Parameters
    ----------
    kernel : Kernel
        The kernel.
    parent : Path
        Folder for such programs, shared with the compute nodes.

    Raises
    ------
    InvalidOption
        If the kernel is not for Python, or if the folder cannot be used.
    """
    if kernel.is_plain:
        return kernel.interpreter[0]
    folder = parent / f"{re.sub(r'[^A-Za-z0-9._-]', '-', kernel.name)[:40]}-{_digest(kernel)}"
    text = launcher(kernel, str(folder))
    try:
        _make_private(parent)
        _make_private(folder)
        for name, content in shim.FILES.items():
            _make_private((folder / name).parent)
            _write(folder / name, content(), 0o600)
        _write(folder / NAME, text, 0o700)
    except OSError as error:
        raise InvalidOption(f"kernel {kernel.name!r}: {error}", field="options.kernel") from None
    return str(folder / NAME)


def _digest(kernel: Kernel) -> str:
    words = [*kernel.argv, *(f"{key}={value}" for key, value in kernel.env.items()), shim.source()]
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:12]


def _make_private(folder: Path) -> None:
    """Make a folder into which nobody else can write, as jobs run what is in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o022:
        raise PermissionError(f"{folder} must be a folder that only you can write to")


def _write(path: Path, text: str, mode: int) -> None:
    """Write a file that appears whole, unless it is there."""
    if path.exists():
        return
    new = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    new.replace(path)
