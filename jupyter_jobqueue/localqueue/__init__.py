"""A small batch queue for one machine, in place of a batch system on a laptop.

Jobs are real processes started from a real job script. ``python -m jupyter_jobqueue.localqueue``
is the whole interface: ``submit``, ``status``, ``cancel`` and ``queues``. Three kinds of process
share one state directory::

    command     (__main__)    writes what is wanted into the store, wakes the daemon, returns
    daemon      (daemon)      one per state directory, there only while there are jobs: starts them
    supervisor  (supervisor)  one per running job: its walltime, its end, its exit code

The SQLite file in the state directory (`store`) is the only state, so each of them may be killed at
any moment: the others go on, and the next command starts the daemon that is missing.
"""

from __future__ import annotations


class LocalQueueError(Exception):
    """What was asked for cannot be done; the text says why and is meant for the user."""
