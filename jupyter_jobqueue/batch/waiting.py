"""Why jobs wait, if the listing of a batch system has too little detail. Pure."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from jupyter_jobqueue.adapters.adapter import Adapter, BatchState, Call, JobStatus, Listing

ASK_AGAIN = 300.0
"""Seconds until the next query: a batch system may have to check each of its nodes for it."""


class WaitingReasons:
    """Completes the reasons of waiting jobs; jobs of one submission wait for the same reason.

    Parameters
    ----------
    adapter : Adapter
        The batch system.
    """

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._asked_at: dict[str, float] = {}
        self._answers: dict[str, str] = {}

    def question(self, jobs: Mapping[str, JobStatus]) -> Call[dict[str, str]] | None:
        """Return the query for one job of each submission; None if no reason is missing.

        Parameters
        ----------
        jobs : Mapping
            The listed jobs, by id.
        """
        now = time.monotonic()
        self._asked_at = {tag: at for tag, at in self._asked_at.items() if now - at < ASK_AGAIN}
        self._answers = {tag: self._answers.get(tag, "") for tag in self._asked_at}
        vague = {job.tag: job_id for job_id, job in jobs.items() if self._is_vague(job)}
        ids = [job_id for tag, job_id in vague.items() if tag not in self._asked_at]
        self._asked_at.update({jobs[job_id].tag: now for job_id in ids})
        return self._adapter.why_waiting(sorted(ids)) if ids else None

    def note(self, answers: Mapping[str, str], jobs: Mapping[str, JobStatus]) -> None:
        """Record the answers to a query.

        Parameters
        ----------
        answers : Mapping
            Reasons by id.
        jobs : Mapping
            The listed jobs, by id.
        """
        self._answers.update({jobs[each].tag: answers[each] for each in answers if each in jobs})

    def complete(self, jobs: Listing) -> Listing:
        """Return the listing with the known reasons of its waiting jobs."""
        reasons = {
            job_id: self._answers[job.tag]
            for job_id, job in jobs.items()
            if self._is_vague(job) and self._answers.get(job.tag)
        }
        told = {job_id: jobs[job_id]._replace(reason=reasons[job_id]) for job_id in reasons}
        return Listing({**jobs, **told}, complete=jobs.complete)

    def _is_vague(self, job: JobStatus) -> bool:
        is_waiting = job.state is BatchState.PENDING and bool(job.tag)
        return is_waiting and bool(re.search(self._adapter.vague_reason, job.reason))
