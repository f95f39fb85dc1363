"""`jupyter jobqueue`: the command line of the project."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.cli import doctor


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code of the program."""
    parser = argparse.ArgumentParser(prog="jupyter jobqueue", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    examine = commands.add_parser(
        "doctor",
        help="tell which batch systems can be used here, and why not the others",
        description="Tells which batch systems can be used on this machine, with version and "
        "queues, and why the others cannot; which profiles there are, and what is wrong with them. "
        "The exit code is 1 if no batch system can be used, or if a profile of yours cannot work.",
    )
    examine.add_argument("--system", choices=sorted(ADAPTERS), help="this batch system only")
    examine.add_argument("--json", action="store_true", help="for programs")
    return doctor.run(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
