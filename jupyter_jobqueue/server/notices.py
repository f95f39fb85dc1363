"""Notices: sentences about clusters that no longer exist."""

from __future__ import annotations

import secrets
import time

from jupyter_jobqueue.errors import NotFound
from jupyter_jobqueue.server.responses import NoticeModel

MAX_NOTICES = 50
"""Older notices are dropped."""


class Notices:
    """The notices of one server that the user has not dismissed."""

    def __init__(self) -> None:
        self._notices: dict[str, NoticeModel] = {}

    def add(self, text: str) -> None:
        """Add a notice.

        Parameters
        ----------
        text : str
            A sentence.
        """
        name = secrets.token_hex(4)
        self._notices[name] = NoticeModel(id=name, when=time.time(), text=text)
        for oldest in list(self._notices)[:-MAX_NOTICES]:
            del self._notices[oldest]

    def all(self) -> list[NoticeModel]:
        """Return all notices, oldest first."""
        return list(self._notices.values())

    def dismiss(self, notice: str) -> None:
        """Remove a notice.

        Parameters
        ----------
        notice : str
            Its id.

        Raises
        ------
        NotFound
            If there is no such notice.
        """
        if self._notices.pop(notice, None) is None:
            raise NotFound(f"no notice {notice!r}", field="id")
