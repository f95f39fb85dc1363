"""However a server ends, its clusters are closed, or left to the next one."""

from __future__ import annotations

import signal
import threading

SIGNALS = (signal.SIGINT, signal.SIGHUP)
"""Signals that end a server at once unless something handles them: spawners of JupyterHub send the
first, and without a terminal Jupyter Server has no handler for it; a closed terminal the second."""
BY_DEFAULT = (signal.SIG_DFL, signal.default_int_handler)


def stop_on_signals() -> None:
    """Stop a server on `SIGNALS` as on SIGTERM, for which Jupyter Server has a handler.

    Handlers that somebody else has set stay, as does an ignored signal.
    """
    stop = signal.getsignal(signal.SIGTERM)
    if not callable(stop) or threading.current_thread() is not threading.main_thread():
        return
    for number in SIGNALS:
        if signal.getsignal(number) in BY_DEFAULT:
            signal.signal(number, stop)
