"""`jupyter jobqueue`: the command line of jupyter-jobqueue."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from jupyter_jobqueue.cli import doctor

COMMANDS = (doctor,)
"""Modules with a function `add_parser`, which adds a command and sets its function `run`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the program if None.

    Returns
    -------
    int
        The exit code of the program.
    """
    parser = argparse.ArgumentParser(
        prog="jupyter jobqueue", description="Dask clusters on the batch queue of an HPC site."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in COMMANDS:
        command.add_parser(commands)
    options = parser.parse_args(argv)
    code: int = options.run(options)
    return code


if __name__ == "__main__":
    sys.exit(main())
