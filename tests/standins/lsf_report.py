"""How LSF (volclava 2.2) prints jobs and queues."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from tests.standins.engine import Job
from tests.standins.lsf_submit import HOST
from tests.standins.portable import HOME, USER, clock

LINE = 78 * "-"
LOAD = """
 SCHEDULING PARAMETERS:
           r15s   r1m  r15m   ut      pg    io   ls    it    tmp    swp    mem
 loadSched   -     -     -     -       -     -    -     -     -      -      -  
 loadStop    -     -     -     -       -     -    -     -     -      -      -  
"""  # noqa: W291 (as recorded)
HEAD = "JOBID   USER    STAT  QUEUE      FROM_HOST   EXEC_HOST   JOB_NAME   SUBMIT_TIME"
REASONS = "JOBID   USER    STAT  QUEUE       FROM_HOST      JOB_NAME           SUBMIT_TIME"


def status(job: Job) -> str:
    """Return what LSF calls a state: an end with exit code 0 is DONE, however it came."""
    if job.ended:
        return "DONE" if job.started and job.state != "TIMEOUT" and not job.code else "EXIT"
    return "RUN" if job.started else "PSUSP" if job.state == "HELD" else "PEND"


def shown_id(job: Job) -> str:
    """Return ``5``, or ``5[2]`` for an array element."""
    return str(job.number) if job.element is None else f"{job.number}[{job.element}]"


def name(job: Job) -> str:
    """Return the name that the tables show: the command of a job that was given none."""
    shown = job.name if job.facts["named"] else str(job.facts["command"])
    return shown if job.element is None else f"{shown}[{job.element}]"


def ordered(jobs: Iterable[Job]) -> list[Job]:
    """Put running jobs first, then those that wait, then the others as they ended."""
    return sorted(jobs, key=lambda job: (job.ended or 0, not job.started, job.number))


def _day(when: float | None) -> str:
    return time.strftime("%b %e %H:%M", time.localtime(when))


def _instant(when: float | None) -> str:
    return time.strftime("%m/%d-%H:%M:%S", time.localtime(when)) if when else "-"


def _moment(when: float | None) -> str:
    return clock(when)[:19]


# -- tables


def table(jobs: Iterable[Job], wide: bool) -> Iterable[str]:
    """Yield the plain table; the wide one cuts and wraps nothing."""
    yield HEAD
    for job in jobs:
        slots = int(job.facts["slots"]) if job.started else 0
        shown = name(job)
        if not wide and len(shown) > 10:
            shown = "*" + shown[-9:]
        hosts = ":".join(slots * [HOST]) or ("   -" if wide else "")
        row = f"{job.number:<7} {USER:<7} {status(job):<5} {job.facts['queue']:<10} {HOST:<11} "
        yield f"{row}{hosts if wide else hosts[:2]:<11} {shown:<10} {_day(job.submitted)}"
        yield from [] if wide else (max(0, slots - 1) * [f"{'':<45}{HOST}"])


def reasons(jobs: Iterable[Job]) -> Iterable[str]:
    """Yield the jobs that wait, and why."""
    yield REASONS
    for job in jobs:
        row = f"{job.number:<7} {USER:<7} {status(job):<5} {job.facts['queue']:<11} {HOST:<14} "
        yield f"{row}{name(job):<18} {_day(job.submitted)}"
        yield f" {reason(job)}"


def reason(job: Job) -> str:
    """Return why a job waits."""
    if job.state == "HELD":
        return "The job was suspended by the user while pending: 1 host;"
    return str(job.facts["reason"]) or "Not enough job slot(s): 1 host;"


FIELDS: Mapping[str, Callable[[Job], str]] = {
    "jobid": lambda job: str(job.number),
    "user": lambda job: USER,
    "stat": status,
    "queue": lambda job: str(job.facts["queue"]),
    "from_host": lambda job: HOST,
    "exec_host": lambda job: ":".join(job.facts["slots"] * [HOST]) if job.started else "",
    "job_name": name,
    "submit_time": lambda job: _day(job.submitted),
    "proj_name": lambda job: str(job.facts["project"]),
    "cpu_used": lambda job: "000:00:00.00",
    "mem": lambda job: "0",
    "swap": lambda job: "0",
    "pids": lambda job: "-",
    "start_time": lambda job: _instant(job.started),
    "finish_time": lambda job: _instant(job.ended),
}


# -- the long form


def long(job: Job) -> Iterable[str]:
    """Yield the lines of ``bjobs -l``."""
    facts = job.facts
    named = f"Job Name <{name(job)}>, " if facts["named"] else ""
    command = facts["command"] if len(facts["command"]) < 240 else facts["command"][:240]
    yield ""
    yield (
        f"Job <{shown_id(job)}>, {named}User <{USER}>, Project <{facts['project']}>, "
        f"Status <{status(job)}>, Queue <{facts['queue']}>, Command <{command}>"
    )
    hold = " with hold" if facts["state"] == "HELD" else ""
    yield f"{_moment(job.submitted)}: Submitted from host <{HOST}>{hold}{_asked(job)};"
    yield from _limits(job)
    if job.started:
        several = facts["slots"] > 1
        where = " ".join(facts["slots"] * [f"<{HOST}>"])
        on = f"Started on {facts['slots']} Hosts/Processors " if several else "Started on "
        home = f"Execution Home <{HOME}>, Execution CWD <{facts['directory']}>"
        yield f"{_moment(job.started)}: {on}{where}, {home};"
    if job.ended:
        yield f"{_moment(job.ended)}: {how(job)} The CPU time used is 0.0 seconds."
    elif not job.started:
        yield from (" PENDING REASONS:", f" {reason(job)}")
    yield from LOAD.rstrip("\n").split("\n")
    yield from ("", " RESOURCE REQUIREMENT DETAILS:")
    wants = f"select[type == local] order[r15s:pg] {facts['resources']}".rstrip()
    yield f" Combined: {wants}"
    yield f" Effective: {wants if job.started else '-'}"


def _asked(job: Job) -> str:
    facts = job.facts
    directory = facts["directory"].replace(HOME, "$HOME", 1)
    told = [f"CWD <{directory}>"]
    told += [f"Output File <{facts['out']}>"] if facts["out"] else []
    told += [f"Error File <{facts['err']}>"] if facts["err"] else []
    told += [f"{facts['slots']} Processors Requested"] if facts["slots"] > 1 else []
    told += [f"Requested Resources <{facts['resources']}>"] if facts["resources"] else []
    return "".join(f", {each}" for each in told)


def _limits(job: Job) -> Iterable[str]:
    if job.facts["walltime"]:
        hours, _, minutes = job.facts["walltime"].rpartition(":")
        limit = f"{60 * int(hours or 0) + int(minutes)}.0 min"
        yield from ("", f" {'RUNLIMIT':<24}", f" {limit:<24}")
    if job.facts["memory"]:
        yield from ("", " MEMLIMIT", f" {int(job.facts['memory']) * 1024} K")


def how(job: Job) -> str:
    """Return how a job ended."""
    if status(job) == "DONE":
        return "Done successfully."
    if not job.started:
        return "Exited."
    if job.state == "TIMEOUT":
        return "Exited with exit code 140."
    if job.state == "CANCELLED" and job.signal == 9:
        return "Exited by signal 9."
    return f"Exited with exit code {job.code}."


def history(job: Job) -> Iterable[str]:
    """Yield the lines of ``bhist -l``, broken as it breaks them."""
    facts = job.facts
    named = f"Job Name <{name(job)}>, " if facts["named"] else ""
    yield ""
    head = f"Job <{shown_id(job)}>, {named}User <{USER}>, Project <{facts['project']}>, "
    yield from broken(f"{head}Command <{facts['command']}>")
    queue = f", to Queue <{facts['queue']}>"
    yield from broken(
        f"{_moment(job.submitted)}: Submitted from host <{HOST}>{queue}{_asked(job)};"
    )
    if job.started:
        yield from broken(f"{_moment(job.started)}: Dispatched to <{HOST}>;")
        yield from broken(f"{_moment(job.started)}: Starting (Pid {job.pid});")
    if job.ended:
        yield from broken(f"{_moment(job.ended)}: {how(job)} The CPU time used is 0.0 seconds;")


def broken(line: str, width: int = 79) -> Iterable[str]:
    """Break a line anywhere, as bhist does."""
    yield line[:width]
    rest, step = line[width:], width - 21
    yield from (21 * " " + rest[start : start + step] for start in range(0, len(rest), step))


# -- queues

QUEUE = """
QUEUE: {name}
  -- {title}

PARAMETERS/STATISTICS
PRIO NICE STATUS          MAX JL/U JL/P JL/H NJOBS  PEND   RUN SSUSP USUSP  RSV 
 {priority}    0  Open:Active       -    -    -    -     0     0     0     0     0    0
Schedule delay for a new job is 0 seconds
Interval for a host to accept two jobs is 0 seconds
{limit}
SCHEDULING PARAMETERS
           r15s   r1m  r15m   ut      pg    io   ls    it    tmp    swp    mem
 loadSched   -     -     -     -       -     -    -     -     -      -      -  
 loadStop    -     -     -     -       -     -    -     -     -      -      -  

USERS:  all
HOSTS:  all
"""  # noqa: W291 (as recorded)
SHORT = QUEUE.format(
    name="short",
    title="At most one minute of run time.",
    priority=40,
    limit=f"\n {'RUNLIMIT':<24}\n {'1.0 min':<24}\n",
)
NORMAL = QUEUE.format(
    name="normal",
    title="Default queue of the test bed.  This is the default queue.",
    priority=30,
    limit="",
)
QUEUES = """\
QUEUE_NAME      PRIO STATUS          MAX JL/U JL/P JL/H NJOBS  PEND   RUN  SUSP 
short            40   Open:Active      -    -    -    -     0     0     0     0
normal           30   Open:Active      -    -    -    -     0     0     0     0
"""  # noqa: W291 (as recorded)
