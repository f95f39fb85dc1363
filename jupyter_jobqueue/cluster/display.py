"""What a cluster shows of itself: text, HTML, the client snippet, the end of a log."""

from __future__ import annotations

import html as escaper
from collections import Counter
from typing import TYPE_CHECKING, Any

from dask.utils import format_bytes
from distributed.utils import format_dashboard_link

if TYPE_CHECKING:
    from jupyter_jobqueue.cluster.status import ClusterView


def counts(cluster: ClusterView) -> dict[str, int]:
    """Return the number of jobs in each state that has any, in the order of a job's life."""
    return dict(Counter(str(job.state) for job in cluster.jobs.values()))


def resources(cluster: ClusterView) -> tuple[int, int, int]:
    """Return workers, cores and memory (bytes) that are connected."""
    workers = cluster.scheduler_info["workers"].values()
    memory = sum(worker.get("memory_limit") or 0 for worker in workers)
    return len(workers), sum(worker["nthreads"] for worker in workers), memory


def summary(cluster: ClusterView) -> dict[str, str]:
    """Return label and value of each line that describes a cluster."""
    workers, cores, memory = resources(cluster)
    told = ", ".join(f"{count} {state}" for state, count in counts(cluster).items()) or "none"
    wanted = f"{cluster.wanted} wanted"
    if cluster.adaptive is not None:
        most = "any number" if cluster.adaptive.maximum is None else cluster.adaptive.maximum
        wanted += f", adaptive between {cluster.adaptive.minimum} and {most}"
    lines = {
        "State": cluster.state,
        "Scheduler": cluster.placement.address,
        "Dashboard": cluster.dashboard_link,
        "Jobs": f"{told} ({wanted}; {cluster.plan_.processes} workers a job)",
        "Waiting for": cluster.waiting_reason,
        "Workers": f"{workers} ({cores} cores, {format_bytes(memory)})",
        "Trouble": " ".join(filter(None, [cluster.status_detail, cluster.status_words])),
    }
    return {label: value for label, value in lines.items() if value}


def text(cluster: ClusterView) -> str:
    """Return one line."""
    workers, cores, memory = resources(cluster)
    told = ", ".join(f"{count} {state}" for state, count in counts(cluster).items()) or "none"
    address = cluster.placement.address or "not started"
    trouble = f"; {cluster.state}: {cluster.status_detail}" if cluster.state == "degraded" else ""
    return (
        f"{type(cluster).__name__}({cluster.name!r}, {address!r}, "
        f"jobs: {told}; workers={workers}, threads={cores}, memory={format_bytes(memory)}{trouble})"
    )


def html(cluster: ClusterView) -> str:
    """Return a table for notebooks: the cluster, and its jobs folded away."""
    rows = "".join(_row(label, value) for label, value in summary(cluster).items())
    return (
        f"<div><h3>{escaper.escape(cluster.name)} <small>{cluster.plan_.adapter.label}</small></h3>"
        f"<table>{rows}</table>{_job_table(cluster)}</div>"
    )


def _row(label: str, value: str) -> str:
    shown = escaper.escape(value)
    if label == "Dashboard":
        shown = f'<a href="{shown}" target="_blank" rel="noopener">{shown}</a>'
    left = 'style="text-align: left"'
    return f"<tr><th {left}>{label}</th><td {left}>{shown}</td></tr>"


def _job_table(cluster: ClusterView) -> str:
    columns = ("name", "id", "state", "reason", "node", "exit_code")
    head = "".join(f"<th>{column.replace('_', ' ')}</th>" for column in (*columns, "workers"))
    body = "".join(
        "<tr>"
        + "".join(f"<td>{_cell(getattr(job, column))}</td>" for column in columns)
        + f"<td>{len(job.workers)}</td></tr>"
        for job in cluster.jobs.values()
    )
    if not body:
        return ""
    return f"<details><summary>Jobs</summary><table><tr>{head}</tr>{body}</table></details>"


def _cell(value: Any) -> str:
    return "" if value is None else escaper.escape(str(value))


def scaling(cluster: ClusterView) -> str:
    """Return the table that distributed's widget shows."""
    return f"<table>{_row('Jobs', summary(cluster)['Jobs'])}</table>"


def dashboard_link(port: int, prefix: str) -> str:
    """Return a link made with ``distributed.dashboard.link``, with the secret prefix in it."""
    if not port:
        return ""
    link: str = format_dashboard_link("127.0.0.1", port)
    return f"{link.removesuffix('/status')}/{prefix}/status"
