"""Writes the program that stands for the Python interpreter of a Jupyter kernel."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jupyter_jobqueue.environments.shim import CONNECTION_FILE, IPYTHON, MODULES
from jupyter_jobqueue.errors import InvalidOption

VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})")
MODULE = re.compile(r"ipykernel(_launcher)?")


@dataclass(frozen=True)
class Kernel:
    """A Jupyter kernel, as its specification describes it.

    Parameters
    ----------
    name : str
        Name of the specification, such as ``"python3"``.
    argv : sequence of str
        Command that starts it, with ``{connection_file}`` for the name of a file.
    env : Mapping
        Environment variables that it gets; values may contain ``${NAME}``.
    language : str
        Language of its code, such as ``"python"``.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    language: str = "python"

    @property
    def interpreter(self) -> list[str]:
        """The words in front of ``-m ipykernel_launcher``; none if a script starts the kernel."""
        places = [
            at
            for at, (word, module) in enumerate(zip(self.argv, self.argv[1:], strict=False))
            if word == "-m" and MODULE.fullmatch(module)
        ]
        return list(self.argv[: places[-1]]) if places else []

    @property
    def is_plain(self) -> bool:
        """Whether its interpreter alone is its whole environment."""
        return len(self.interpreter) == 1 and not self.env

    def script_words(self, connection: str) -> list[str]:
        """Return the command that starts the kernel, with the given connection file."""
        return [word.replace("{connection_file}", connection) for word in self.argv]


def launcher(kernel: Kernel, folder: str) -> str:
    """Return a shell script that takes the arguments of Python and runs it as the kernel does.

    Parameters
    ----------
    kernel : Kernel
        The kernel.
    folder : str
        Absolute path of the folder that will hold the script and what `environments.shim` has.

    Returns
    -------
    str
        The script.

    Raises
    ------
    InvalidOption
        If it is not a kernel for Python.
    """
    if kernel.language.lower() != "python" or not kernel.argv:
        raise InvalidOption(
            f"kernel {kernel.name!r} runs {kernel.language or 'no program'}, but workers need "
            "Python; choose a Python kernel, or set python",
            field="options.kernel",
        )
    lines = [
        "#!/bin/sh",
        f"# Runs Python in the environment of the Jupyter kernel {kernel.name}.",
        *(f"export {name}={_expanded(value)}" for name, value in kernel.env.items()),
        *(_direct(kernel) or _in_place_of(kernel, folder)),
    ]
    return "\n".join(lines) + "\n"


def _direct(kernel: Kernel) -> list[str]:
    words = kernel.interpreter
    return [f'exec {shlex.join(words)} "$@"'] if words else []


def _in_place_of(kernel: Kernel, folder: str) -> list[str]:
    """Start the kernel's own script; the shim runs Python where the kernel would have begun."""
    return [
        "JUPYTER_JOBQUEUE_ARGUMENTS=$(printf '%s\\n' \"$@\")",
        'JUPYTER_JOBQUEUE_IPYTHONDIR="${IPYTHONDIR-}"',
        f"IPYTHONDIR={shlex.quote(f'{folder}/{IPYTHON}')}",
        f'PYTHONPATH={shlex.quote(f"{folder}/{MODULES}")}"${{PYTHONPATH:+:$PYTHONPATH}}"',
        "export JUPYTER_JOBQUEUE_ARGUMENTS JUPYTER_JOBQUEUE_IPYTHONDIR IPYTHONDIR PYTHONPATH",
        f"exec {shlex.join(kernel.script_words(f'{folder}/{CONNECTION_FILE}'))}",
    ]


def _expanded(value: str) -> str:
    """Quote a value for the shell, except for the variables that Jupyter replaces in it."""
    parts, end = [], 0
    for found in VARIABLE.finditer(value):
        parts += [_quoted(value[end : found.start()]), f'"${{{found[1] or found[2]}-}}"']
        end = found.end()
    return "".join([*parts, _quoted(value[end:])]) or "''"


def _quoted(text: str) -> str:
    return shlex.quote(text) if text else ""
