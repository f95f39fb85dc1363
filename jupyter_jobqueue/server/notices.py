"""What a person should know although no cluster is there any more to show it."""

from __future__ import annotations

import secrets
import time
from typing import Any

from jupyter_jobqueue.errors import NotFound

MOST = 50
"""Notices that are kept; older ones are dropped."""


class Notices:
    """Sentences about clusters that are gone, until they are dismissed."""

    def __init__(self) -> None:
        self._notices: dict[str, dict[str, Any]] = {}

    def add(self, text: str) -> None:
        """Add a sentence."""
        name = secrets.token_hex(4)
        self._notices[name] = {"id": name, "when": time.time(), "text": text}
        for oldest in list(self._notices)[:-MOST]:
            del self._notices[oldest]

    def all(self) -> list[dict[str, Any]]:
        """Return id, time (seconds since the epoch) and text of each, oldest first."""
        return list(self._notices.values())

    def dismiss(self, notice: str) -> None:
        """Forget one."""
        if self._notices.pop(notice, None) is None:
            raise NotFound(f"no notice {notice!r}", field="id")
