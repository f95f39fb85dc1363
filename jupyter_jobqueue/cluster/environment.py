"""The Python of a cluster: that of this program, of a Jupyter kernel, or of a path."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_jobqueue.adapters.text import quote
from jupyter_jobqueue.cluster.files import shared_folder
from jupyter_jobqueue.environments.compare import require_dask
from jupyter_jobqueue.environments.folder import interpreter
from jupyter_jobqueue.environments.kernels import Find
from jupyter_jobqueue.environments.launcher import Kernel
from jupyter_jobqueue.environments.versions import Environment, Interpreters, ours, words_of
from jupyter_jobqueue.errors import InvalidOption

INTERPRETERS = Interpreters()
"""What the interpreters of this machine have answered to this program."""


def choose_one(keywords: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options in which a kernel of the user overrides the profile's Python, and vice versa.

    Parameters
    ----------
    keywords : Mapping
        What the user gives.
    options : Mapping
        The same over the values of a profile.

    Raises
    ------
    InvalidOption
        If the user gives both.
    """
    given = [name for name in ("kernel", "python") if keywords.get(name)]
    if len(given) > 1 or (not given and options.get("kernel") and options.get("python")):
        raise InvalidOption(
            "kernel and python are two ways to choose a Python; give one of them",
            field="options.kernel",
        )
    other = {"kernel": "python", "python": "kernel"}
    return {**options, **{other[name]: None for name in given}}


def with_interpreter(options: Mapping[str, Any], find: Find) -> dict[str, Any]:
    """Return checked options in which ``python`` runs the environment of the chosen kernel.

    Parameters
    ----------
    options : Mapping
        Checked options.
    find : callable
        Returns the kernel of a name.

    Raises
    ------
    InvalidOption
        If there is no such kernel, or if it cannot run Python.
    """
    if not options["kernel"]:
        return dict(options)
    path = interpreter(find(options["kernel"]), _folder(options))
    return {**options, "python": quote(path)}


def _folder(options: Mapping[str, Any]) -> Path:
    """Return the folder for the programs that stand for kernels."""
    return shared_folder(options, "kernels", "jobqueue-kernels")


async def kernel_environment(kernel: Kernel, options: Mapping[str, Any]) -> Environment | None:
    """Return the environment of a kernel; None if that is not for Python.

    Parameters
    ----------
    kernel : Kernel
        The kernel.
    options : Mapping
        Checked options of the cluster that it will use.
    """
    if kernel.language.lower() != "python":
        return None
    return await INTERPRETERS.ask([interpreter(kernel, _folder(options))], "notebook")


def scheduler_python(options: Mapping[str, Any]) -> list[str]:
    """Return the command of the Python that runs the scheduler, as near to the workers' as can be.

    Parameters
    ----------
    options : Mapping
        Checked options. A ``python`` that is on the compute nodes only cannot run here.
    """
    return words_of(options["python"] or "") or [sys.executable]


async def check_environment(options: Mapping[str, Any]) -> Environment | None:
    """Return what the workers will run, before anything is submitted.

    Parameters
    ----------
    options : Mapping
        Checked options.

    Returns
    -------
    Environment or None
        None for a Python that is not on this machine, but may be on the compute nodes.

    Raises
    ------
    InvalidOption
        If that Python cannot run workers; its field is ``options.kernel`` or ``options.python``.
    """
    if not options["python"]:
        return ours()
    words = words_of(options["python"])
    field = f"options.{'kernel' if options.get('kernel') else 'python'}"
    if not words:
        return None
    found = await INTERPRETERS.ask(words, field)
    if options["worker_command"].startswith("distributed."):
        require_dask(found, words, field)
    return found
