"""Formats a cluster as text and as HTML."""

from __future__ import annotations

import html as escaper
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dask.utils import format_bytes
from distributed.utils import format_dashboard_link

from jupyter_jobqueue.cluster.status import ClusterStatus
from jupyter_jobqueue.jobs.job import Job
from jupyter_jobqueue.jobs.scaler import Target


@dataclass(frozen=True)
class Shown:
    """The data of a cluster that is displayed.

    Parameters
    ----------
    class_name, name : str
        Name of the class and of the cluster.
    label : str
        Name of the batch system for people.
    processes : int
        Workers of one job.
    address : str
        Address of the scheduler; empty before the start.
    dashboard_link : str
        Link to the dashboard; empty if there is none.
    now : ClusterStatus
        Status of the cluster.
    """

    class_name: str
    name: str
    label: str
    processes: int
    address: str
    dashboard_link: str
    now: ClusterStatus


def summary(cluster: Shown) -> dict[str, str]:
    """Return the lines that describe a cluster, as values by label.

    Parameters
    ----------
    cluster : Shown
        The cluster.
    """
    now, found = cluster.now, cluster.now.resources
    problem = [now.problem.message, now.problem.details] if now.problem else []
    lines = {
        "State": now.state,
        "Scheduler": cluster.address,
        "Dashboard": cluster.dashboard_link,
        "Jobs": f"{_counts(now)} ({_wanted(now.target)}; {cluster.processes} workers a job)",
        "Waiting for": now.waiting_reason,
        "Workers": f"{found.workers} ({found.cores} cores, {format_bytes(found.memory)})",
        "Problem": " ".join(filter(None, problem)),
    }
    return {label: value for label, value in lines.items() if value}


def _counts(now: ClusterStatus) -> str:
    return ", ".join(f"{count} {state}" for state, count in now.job_counts.items()) or "none"


def _wanted(target: Target) -> str:
    if target.adapt is None:
        return f"{target.jobs} wanted"
    most = "any number" if target.adapt.maximum is None else target.adapt.maximum
    return f"{target.jobs} wanted, adaptive between {target.adapt.minimum} and {most}"


def text(cluster: Shown) -> str:
    """Return one line of text about a cluster.

    Parameters
    ----------
    cluster : Shown
        The cluster.
    """
    now, found = cluster.now, cluster.now.resources
    problem = (
        f"; {now.state}: {now.problem.message}" if now.state == "degraded" and now.problem else ""
    )
    return (
        f"{cluster.class_name}({cluster.name!r}, {cluster.address or 'not started'!r}, "
        f"jobs: {_counts(now)}; workers={found.workers}, threads={found.cores}, "
        f"memory={format_bytes(found.memory)}{problem})"
    )


def html(cluster: Shown, jobs: Sequence[Job]) -> str:
    """Return a table for notebooks: the cluster, and a collapsed table of its jobs.

    Parameters
    ----------
    cluster : Shown
        The cluster.
    jobs : sequence of Job
        Its jobs.
    """
    rows = "".join(_row(label, value) for label, value in summary(cluster).items())
    return (
        f"<div><h3>{escaper.escape(cluster.name)} <small>{cluster.label}</small></h3>"
        f"<table>{rows}</table>{_job_table(jobs)}</div>"
    )


def _row(label: str, value: str) -> str:
    shown = escaper.escape(value)
    if label == "Dashboard":
        shown = f'<a href="{shown}" target="_blank" rel="noopener">{shown}</a>'
    left = 'style="text-align: left"'
    return f"<tr><th {left}>{label}</th><td {left}>{shown}</td></tr>"


def _job_table(jobs: Sequence[Job]) -> str:
    columns = ("name", "id", "state", "reason", "node", "exit_code")
    head = "".join(f"<th>{column.replace('_', ' ')}</th>" for column in (*columns, "workers"))
    body = "".join(
        "<tr>"
        + "".join(f"<td>{_cell(getattr(job, column))}</td>" for column in columns)
        + f"<td>{len(job.workers)}</td></tr>"
        for job in jobs
    )
    if not body:
        return ""
    return f"<details><summary>Jobs</summary><table><tr>{head}</tr>{body}</table></details>"


def _cell(value: Any) -> str:
    return "" if value is None else escaper.escape(str(value))


def scaling(cluster: Shown) -> str:
    """Return the table that the widget of `distributed` displays.

    Parameters
    ----------
    cluster : Shown
        The cluster.
    """
    return f"<table>{_row('Jobs', summary(cluster)['Jobs'])}</table>"


def dashboard_link(port: int, prefix: str) -> str:
    """Return a link made from ``distributed.dashboard.link``, with the secret prefix added.

    Parameters
    ----------
    port : int
        Port of the dashboard; 0 if there is none, which returns an empty text.
    prefix : str
        The secret prefix.
    """
    if not port:
        return ""
    link: str = format_dashboard_link("127.0.0.1", port)
    return f"{link.removesuffix('/status')}/{prefix}/status"
