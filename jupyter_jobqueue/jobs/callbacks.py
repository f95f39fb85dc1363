"""The functions of a cluster that a group of jobs calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from jupyter_jobqueue.adapters.adapter import JobSpec
from jupyter_jobqueue.jobs.job import Job
from jupyter_jobqueue.jobs.table import Submission


@dataclass(frozen=True)
class Callbacks:
    """Functions of the cluster.

    Parameters
    ----------
    make_spec : callable
        Returns the `JobSpec` of a submission.
    save_record : callable
        Saves the record before a submission, so that its tag is known whatever happens; takes the
        tag and the job script.
    is_open : callable
        Returns whether the cluster may have jobs.
    on_change : callable
        Called with each job that has changed, and with None for any other change.
    set_note : callable
        Called with a sentence that counts something up; it takes the place of the last one.
    """

    make_spec: Callable[[Submission], JobSpec]
    save_record: Callable[[str, str], Awaitable[None]]
    is_open: Callable[[], bool]
    on_change: Callable[[Job | None], None]
    set_note: Callable[[str], None] = lambda sentence: None
