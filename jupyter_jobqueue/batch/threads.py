"""Threads for work that may hang, such as reading a file of a server that does not answer.

The pool of an event loop has few threads for everything: forty hanging reads would block all other
work, and Python waits for them when it ends. Here, each kind of work has threads of its own, with
a limit of number and time, and nothing waits for them at the end.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
PAUSE = 0.01
"""Seconds between two checks for a free thread."""


class Threads:
    """Threads for one kind of work.

    Parameters
    ----------
    work : str
        What the threads do, for messages, such as ``"reading logs"``.
    most : int
        Maximum number of threads.
    limit : float
        Seconds for one piece of work.
    """

    def __init__(self, work: str, most: int, limit: float) -> None:
        self._work = work
        self._limit = limit
        self._free = threading.Semaphore(most)

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """Do a piece of work in a thread and return its result.

        Parameters
        ----------
        work : callable
            What to do.
        *args : Any
            Its arguments.

        Raises
        ------
        TimeoutError
            If it takes longer than the limit, even if only because all threads hang. The thread
            of hanging work remains until the work ends.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        try:
            async with asyncio.timeout(self._limit):
                while not self._free.acquire(blocking=False):  # noqa: ASYNC110 (of threads)
                    await asyncio.sleep(PAUSE)
                self._start(loop, done, work, args)
                return await done
        except TimeoutError:
            raise TimeoutError(f"{self._work} took more than {self._limit:g} s") from None

    def _start(self, loop: asyncio.AbstractEventLoop, *task: Any) -> None:
        threading.Thread(target=self._do, args=(loop, *task), name=self._work, daemon=True).start()

    def _do(
        self,
        loop: asyncio.AbstractEventLoop,
        done: asyncio.Future[T],
        work: Callable[..., T],
        args: tuple[Any, ...],
    ) -> None:
        try:
            result, error = work(*args), None
        except Exception as raised:
            result, error = None, raised
        finally:
            self._free.release()
        with suppress(RuntimeError):  # the event loop has ended
            loop.call_soon_threadsafe(_tell, done, result, error)


def _tell(done: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)


LOGS = Threads("reading logs", most=8, limit=10.0)
"""For the output of jobs, in folders that compute nodes share."""
SITE = Threads("looking at the batch systems", most=8, limit=60.0)
"""For the configuration, and for commands that tell which dialect of a batch system is here."""
RECORDS = Threads("the records of clusters", most=8, limit=30.0)
"""For the small files in the home of the user."""
SCHEDULERS = Threads("starting a scheduler", most=64, limit=300.0)
"""For the first line that a new scheduler writes."""
ANSWERS = Threads("reading the answer of the batch system", most=4, limit=60.0)
"""For long answers of a batch system, which would hold up the event loop."""
