"""The life of a job of LSF: how it begins, and the report that follows it."""

from __future__ import annotations

import os
from contextlib import suppress

from tests.standins import lsf_report as report
from tests.standins.engine import Engine, Job
from tests.standins.lsf_submit import HOST
from tests.standins.portable import HOME, USER, clock
from tests.standins.run import Launch


def launch(job: Job, script: str) -> Launch:
    """Return how a job begins: where it was submitted, with all variables of that place."""
    with open(script) as file:
        first = file.readline()
    shell = first[2:].split() if first.startswith("#!") else ["/bin/sh"]
    told = {
        "LSB_JOBID": str(job.number),
        "LSB_JOBINDEX": str(job.element or 0),
        "LSB_JOBNAME": report.name(job),
        "LSB_QUEUE": str(job.facts["queue"]),
        "LSB_HOSTS": " ".join(job.facts["slots"] * [HOST]),
        "LSB_SUB_HOST": HOST,
        "LS_SUBCWD": str(job.facts["directory"]),
        "LSB_JOBFILENAME": script,
    }
    own = {k: v for k, v in os.environ.items() if not k.startswith("LOCALQ_")}
    return Launch([*shell, script], {**own, **told}, job.facts["directory"])


def cannot_start(engine: Engine, job: Job, error: OSError) -> int:
    """Return the exit code of a job whose program is not there."""
    return 127


MAIL = """Sender: LSF System <lsfadm@{host}>
Subject: Job {id}: <{name}> {ended}

Job <{name}> was submitted from host <{host}> by user <{user}>.
Job was executed on host(s) <{host}>, in queue <{queue}>, as user <{user}>.
<{home}> was used as the home directory.
<{directory}> was used as the working directory.
Started at {started}
Results reported at {reported}

Your job looked like:

------------------------------------------------------------
# LSBATCH: User input
{command}
------------------------------------------------------------

{how}

Resource usage summary:

    CPU time   :      0.02 sec.
    Max Memory :         7 MB
    Max Swap   :        12 MB

    Max Processes  :         3

The output (if any) follows:

"""


def settle(engine: Engine, job: Job) -> None:
    """Append a report and the output of a job to its file, at its end only."""
    facts = job.facts
    told = MAIL.format(
        host=HOST,
        id=report.shown_id(job),
        name=report.name(job),
        ended="Done" if report.status(job) == "DONE" else "Exited",
        user=USER,
        home=HOME,
        queue=facts["queue"],
        directory=facts["directory"],
        started=clock(job.started),
        reported=clock(job.ended),
        command=facts["command"].replace(";", "\n"),
        how=report.how(job) if report.status(job) != "DONE" else "Successfully completed.",
    )
    _append(job, f"{engine.directory}/{job.key}.out", facts["out"], told)
    _append(job, f"{engine.directory}/{job.key}.err", facts["err"], "")


def _append(job: Job, kept: str, wanted: str, words: str) -> None:
    path = wanted.replace("%J", str(job.number)).replace("%I", str(job.element or 0))
    with suppress(OSError), open(kept, "rb") as source, open(path, "ab") as target:
        target.write(words.encode() + source.read())
