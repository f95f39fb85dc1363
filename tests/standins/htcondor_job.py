"""The life of a job of HTCondor: how it begins, and why it is held instead."""

from __future__ import annotations

import json
import os

from tests.standins.engine import Engine, Job
from tests.standins.htcondor_ads import HOST
from tests.standins.run import Launch


def launch(job: Job, script: str) -> Launch:
    """Return how a job begins: with hardly any variables, its output written at once."""
    mine = job.facts["jobs"][job.task or 0]
    scratch = _scratch(os.getppid())
    os.makedirs(scratch, exist_ok=True)
    told = {**mine["environment"], "OMP_NUM_THREADS": os.environ["OMP_NUM_THREADS"]}
    told |= dict.fromkeys(("TMPDIR", "TMP", "TEMP", "_CONDOR_SCRATCH_DIR"), scratch)
    told |= {"_CONDOR_JOB_IWD": mine["directory"], "_CONDOR_SLOT": "slot1"}
    out, err = (mine[which].replace("^cluster^", str(job.number)) for which in ("output", "error"))
    program = [word.replace("^cluster^", str(job.number)) for word in mine["program"]]
    return Launch(program, told, mine["directory"], out, err)


def cannot_start(engine: Engine, job: Job, error: OSError) -> int:
    """Put a job on hold whose program or output cannot be had."""
    where = f"Error from slot{job.number % 32 + 1}@{HOST}: "
    words, code = f"Failed to execute '{error.filename}': (errno={error.errno}: ", 6
    reason = f"{words}'{error.strerror}')"
    if error.filename != job.facts["jobs"][job.task or 0]["program"][0]:
        code = 7
        reason = f"Failed to open '{error.filename}' as standard output: {error.strerror} "
        reason += f"(errno {error.errno})"
    hold = {"HoldReason": where + reason, "HoldReasonCode": code, "HoldReasonSubCode": error.errno}
    engine.note(job.key, "hold", json.dumps(hold))
    return 0


def settle(engine: Engine, job: Job) -> None:
    """Remove the scratch folder; the output is where it belongs."""
    from shutil import rmtree  # slow, and needed once a job

    rmtree(_scratch(job.pid or 0), ignore_errors=True)


def _scratch(pid: int) -> str:
    """Return a folder with a short path, as it is in reality: sockets in it allow 100 letters."""
    return f"/tmp/standin-{pid}"
