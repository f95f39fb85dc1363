"""Keeps the folder of a cluster small: job scripts and logs, as many as are of use."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import dask.config
from dask.utils import parse_bytes

from jupyter_jobqueue.cluster.files import ClusterFolder
from jupyter_jobqueue.jobs.job import ENDED, Job

SCRIPTS = 20
"""Job scripts that are kept: those submitted last."""
PERIOD = 60.0
"""Seconds between two looks at the size of the logs."""
LIMIT = "200 MB"


def log_limit() -> int:
    """Return how many bytes the logs of one cluster may have (``jupyter-jobqueue.log-limit``)."""
    return int(parse_bytes(dask.config.get("jupyter-jobqueue.log-limit", LIMIT)))


def keep_script(folder: ClusterFolder, tag: str, script: str) -> None:
    """Keep a job script as it was submitted; a disk that is full costs only that."""
    scripts = folder.path / "job-scripts"
    with suppress(OSError):
        scripts.mkdir(mode=0o700, exist_ok=True)
        folder.write(f"job-scripts/{tag}.sh", script)
        for old in sorted(scripts.glob("*.sh"), key=lambda path: path.stat().st_mtime)[:-SCRIPTS]:
            old.unlink(missing_ok=True)


def trim_logs(jobs: Collection[Job], limit: int) -> list[Path]:
    """Remove the logs of jobs that ended first, until all logs together are small enough.

    The log of a job that may yet write is never removed; others in the folder are not ours.

    Returns
    -------
    list of Path
        What was removed.
    """
    sizes = {path: _size(path) for job in jobs for path in _logs(job)}
    over, removed = sum(sizes.values()) - limit, []
    for job in sorted((job for job in jobs if job.state in ENDED), key=lambda job: job.ended or 0):
        for path in _logs(job):
            if over > 0 and sizes[path]:
                path.unlink(missing_ok=True)
                over -= sizes[path]
                removed.append(path)
    return removed


def _logs(job: Job) -> set[Path]:
    return {Path(path) for path in (job.stdout, job.stderr) if path}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
