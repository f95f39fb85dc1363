"""The end of a job's output."""

from __future__ import annotations

import os

TAIL_BYTES = 256 * 1024


def tail(path: str, lines: int) -> str:
    """Return the last lines of a file; empty if it is not there (yet)."""
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:] if lines > 0 else [])
