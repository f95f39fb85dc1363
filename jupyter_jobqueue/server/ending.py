"""Closes the clusters of a server, or leaves them to the next one, however the server ends."""

from __future__ import annotations

import signal
import threading

SIGNALS = (signal.SIGINT, signal.SIGHUP)
"""Signals that end a server at once unless something handles them. Spawners of JupyterHub send the
first, for which Jupyter Server has no handler without a terminal; a closed terminal sends the
second."""
BY_DEFAULT = (signal.SIG_DFL, signal.default_int_handler)


def stop_on_signals() -> None:
    """Stop a server on `SIGNALS` as on SIGTERM, for which Jupyter Server has a handler.

    Other handlers and ignored signals remain.
    """
    stop = signal.getsignal(signal.SIGTERM)
    if not callable(stop) or threading.current_thread() is not threading.main_thread():
        return
    for number in SIGNALS:
        if signal.getsignal(number) in BY_DEFAULT:
            signal.signal(number, stop)
