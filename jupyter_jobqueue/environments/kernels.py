"""Finds the Jupyter kernels of this machine."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from jupyter_jobqueue.environments.launcher import Kernel
from jupyter_jobqueue.errors import InvalidOption, nearest, shortened

OUR_PYTHON = re.compile(rf"python({sys.version_info.major}(\.{sys.version_info.minor})?)?")
"""Names for which Jupyter starts the Python of the server (`KernelManager.format_kernel_cmd`)."""

Find = Callable[[str], Kernel]


class Specifications(Protocol):
    """The part of `jupyter_client.kernelspec.KernelSpecManager` that is needed."""

    def get_kernel_spec(self, kernel_name: str) -> Any:
        """Return a specification; `NoSuchKernel`, a KeyError, if there is none."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the folders of all specifications by name."""


def find(name: str) -> Kernel:
    """Return a kernel of this user and machine.

    Parameters
    ----------
    name : str
        Name of its specification.

    Raises
    ------
    InvalidOption
        With the nearest names, if there is none.
    """
    # Not needed by anybody who names no kernel, and jupyter_client takes a while to import.
    from jupyter_client.kernelspec import KernelSpecManager

    return find_in(KernelSpecManager())(name)


def find_in(specifications: Specifications) -> Find:
    """Return a function that finds kernels, such as those that a Jupyter server offers.

    Parameters
    ----------
    specifications : Specifications
        The kernels.
    """

    def find(name: str) -> Kernel:
        try:
            spec = specifications.get_kernel_spec(name)
        except KeyError:
            known = sorted(specifications.find_kernel_specs())
            raise InvalidOption(
                f"there is no kernel {shortened(name)} on this machine; {nearest(name, known)}",
                field="options.kernel",
            ) from None
        return _kernel(name, spec)

    return find


def _kernel(name: str, spec: Any) -> Kernel:
    filled = {"{resource_dir}": spec.resource_dir, "{prefix}": sys.prefix}
    return Kernel(
        name,
        tuple(_with_our_python([_filled(str(word), filled) for word in spec.argv])),
        {key: str(value) for key, value in (spec.env or {}).items()},
        str(spec.language),
    )


def _filled(word: str, values: dict[str, str]) -> str:
    for placeholder, value in values.items():
        word = word.replace(placeholder, value)
    return word


def _with_our_python(argv: Sequence[str]) -> list[str]:
    ours = argv and OUR_PYTHON.fullmatch(argv[0])
    return [sys.executable, *argv[1:]] if ours else list(argv)
