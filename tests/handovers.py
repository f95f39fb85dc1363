"""Prints what `make handovers` has found, as a table: ``python -m tests.handovers FILE``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

HEAD = ("system", "walltime", "jobs", "tasks", "again", "seconds", "said")


def table(text: str) -> str:
    """Return a table of the runs in a file, one in a line of JSON."""
    rows = [json.loads(line) for line in text.splitlines()]
    lines = [HEAD, ("---",) * len(HEAD)]
    lines += [(*(str(row[name]) for name in HEAD[:-1]), "; ".join(row["said"])) for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(table(Path(sys.argv[1]).read_text()))
