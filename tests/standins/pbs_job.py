"""The life of a job of OpenPBS: how it begins, and where its output goes."""

from __future__ import annotations

from tests.standins import pbs_report as report
from tests.standins import portable
from tests.standins.engine import Engine, Job
from tests.standins.run import Launch


def launch(job: Job, script: str) -> Launch:
    """Return how a job begins."""
    identity = report.job_id(job)
    told = {"PBS_JOBID": identity, "TMPDIR": "/var/tmp", "PBS_JOBDIR": portable.HOME}
    if job.element is not None:
        told |= {"PBS_ARRAY_INDEX": str(job.element), "PBS_ARRAY_ID": report.whole_id(job)}
    begun = portable.launch(job, script, told)
    out, err = _final(job, "out"), _final(job, "err")
    if job.facts["direct"]:
        return begun._replace(out=out, err=out if job.facts["join"] == "oe" else err)
    return begun


def cannot_start(engine: Engine, job: Job, error: OSError) -> int:
    """Return the exit code of a job whose program is not there."""
    return 254


def settle(engine: Engine, job: Job) -> None:
    """Bring the output home."""
    if job.facts["direct"]:
        return
    folder = f"{engine.directory}/spool"
    words = "=>> PBS: job killed: walltime exceeded limit\n" if job.state == "TIMEOUT" else ""
    portable.bring_home(job, f"{folder}/{job.key}.OU", _final(job, "out"))
    portable.bring_home(job, f"{folder}/{job.key}.ER", _final(job, "err"), words)


def _final(job: Job, which: str) -> str:
    path = report.shown_path(job, which).partition(":")[2]
    return (
        path + report.job_id(job) + {"out": ".OU", "err": ".ER"}[which] if path[-1] == "/" else path
    )
