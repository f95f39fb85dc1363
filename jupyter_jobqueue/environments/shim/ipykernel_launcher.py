"""Runs Python in the place of a Jupyter kernel.

Some kernels start through a script of the site, which loads modules or enters a container before
it runs ``python -m ipykernel_launcher``. This file is found in place of that module or, where the
script sets another PYTHONPATH, run as a configuration file of the kernel; in both cases in exactly
the environment that the kernel would have. It needs the standard library only.
"""

import os
import sys

ARGUMENTS = "JUPYTER_JOBQUEUE_ARGUMENTS"
"""Variable with the arguments for Python, one on each line: scripts may drop their own ones."""


IPYTHON_FOLDER = "JUPYTER_JOBQUEUE_IPYTHONDIR"
"""Variable with the folder of IPython's configuration that the user has."""


def without_us(path: str) -> str:
    """Return a search path without the folder of this file."""
    here = os.path.dirname(os.path.realpath(__file__))
    kept = [each for each in path.split(os.pathsep) if each and os.path.realpath(each) != here]
    return os.pathsep.join(kept)


def set_or_remove(name: str, value: str) -> None:
    """Set an environment variable, or remove it if there is no value for it.

    Parameters
    ----------
    name : str
        Name of the variable.
    value : str
        Its value; empty to remove it.
    """
    os.environ[name] = value
    if not value:
        del os.environ[name]


def main() -> None:
    """Become a Python that runs what was asked for."""
    arguments = os.environ.pop(ARGUMENTS, "").splitlines()
    if not arguments:
        sys.exit(f"{ARGUMENTS} is not set: this is no Jupyter kernel")
    set_or_remove("PYTHONPATH", without_us(os.environ.get("PYTHONPATH", "")))
    set_or_remove("IPYTHONDIR", os.environ.pop(IPYTHON_FOLDER, ""))
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 (no shell is meant)


if __name__ == "__main__":
    main()
