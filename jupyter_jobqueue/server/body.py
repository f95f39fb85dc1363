"""The body of a request: no more of it is kept than a request of this interface can need."""

from __future__ import annotations

from typing import Any

from jupyter_jobqueue.errors import TooLarge

LARGEST = 2**20
"""Bytes. The largest job script that Slurm takes by default has four times as many."""


class BoundedBody:
    """Collects the body of a request while it arrives, for a handler of a streamed body.

    What is too large is read to its end all the same, as a client that is still sending does not
    read an answer; but it is kept nowhere.

    Parameters
    ----------
    *args, **kwargs : Any
        Of `tornado.web.RequestHandler`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._size = 0
        self._body = bytearray()

    def data_received(self, chunk: bytes) -> None:
        """Take the next part; tornado calls it."""
        self._size += len(chunk)
        if self._size <= LARGEST:
            self._body += chunk
        else:
            self._body.clear()

    @property
    def body(self) -> bytes:
        """The whole body.

        Raises
        ------
        TooLarge
            If it has more than `LARGEST` bytes.
        """
        if self._size > LARGEST:
            raise TooLarge(
                f"the body of the request has {self._size} bytes, and may have at most {LARGEST}"
            )
        return bytes(self._body)
