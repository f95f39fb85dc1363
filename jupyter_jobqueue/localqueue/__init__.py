"""A small batch queue for one machine, in place of a batch system on a laptop.

Jobs are real processes started from a real job script. ``python -m jupyter_jobqueue.localqueue``
is the whole interface: ``submit``, ``status``, ``cancel`` and ``queues``. Three kinds of process
share one state directory::

    command     (__main__)    writes the request into the store, wakes the daemon, returns
    daemon      (daemon)      one per state directory, runs only while there are jobs: starts them
    supervisor  (supervisor)  one per running job: its walltime, its end, its exit code

The SQLite file in the state directory (`store`) is the only state, so each process can be killed at
any time: the others continue, and the next command starts a missing daemon.
"""

from __future__ import annotations


class LocalQueueError(Exception):
    """A command cannot be carried out; the message gives the user the reason."""
