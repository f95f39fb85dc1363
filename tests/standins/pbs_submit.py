"""OpenPBS's ``qsub``: what it reads, and what it refuses in which words."""

from __future__ import annotations

import getopt
import os
import re
from collections.abc import Callable
from typing import Any

from tests.standins import portable
from tests.standins.engine import MEMORY, Engine, Refused, Wish, say
from tests.standins.pbs_report import HOST
from tests.standins.pbs_site import QUEUES
from tests.standins.portable import Asked

OPTIONS = "a:A:c:C:e:fhIj:J:k:l:m:M:N:o:p:P:q:r:R:S:u:v:VW:Xz"
CHUNK = {"ncpus", "mem", "mpiprocs", "ompthreads", "vmem", "host", "arch", "ngpus"}
RESOURCES = CHUNK | {"select", "place", "walltime", "nodes", "cput", "pmem", "pvmem", "nodect"}
QSUB = """usage: qsub [-a date_time] [-A account_string] [-c interval]
	[-C directive_prefix] [-e path] [-f ] [-h ] [-I [-X]] [-j oe|eo] [-J X-Y[:Z]]
	[-k keep] [-l resource_list] [-m mail_options] [-M user_list]
	[-N jobname] [-o path] [-p priority] [-P project] [-q queue] [-r y|n]
	[-R o|e|oe] [-S path] [-u user_list] [-W otherattributes=value...]
	[-v variable_list] [-V ] [-z] [script | -- command [arg1 ...]]
       qsub --version
"""


def qsub(engine: Engine, arguments: list[str]) -> None:
    """Submit a job or an array."""
    request = _request(arguments)
    resources, cpus, memory = _resources(request)
    queue = request.options.get("-q") or "workq"
    _check_queue(engine, queue, resources)
    queue = QUEUES[queue].get("route", queue)
    limits = QUEUES[queue]
    resources = {**limits.get("default", {"walltime": "01:00:00"}), **resources}
    vnode = f"({HOST}:ncpus={cpus}" + (f":mem={memory // 1024}kb)" if memory else ")")
    name = request.options.get("-N") or request.name
    number_of = "^array_index^" if "-J" in request.options else ""
    out, err = portable.spool(engine, request.options.get("-j", "n"))
    told = _original(queue)
    comment = _why_never(cpus, memory, limits, engine.size)
    state = "STUCK" if comment else "PENDING"
    number = engine.add(
        Wish(
            name=name,
            script=request.script,
            directory="/",
            environment={
                **portable.environment(request, told),
                "PBS_JOBNAME": name,
                "PBS_QUEUE": queue,
                "NCPUS": str(cpus),
                "OMP_NUM_THREADS": str(cpus),
            },
            cpus=cpus,
            walltime=portable.seconds(resources["walltime"]),
            indices=_indices(request.options.get("-J")),
            out=out,
            err=err,
            umask=int(request.attributes.get("umask", "077"), 8),
            state="HELD" if "-h" in request.options else state,
            facts={
                "queue": queue,
                "account": request.options.get("-A"),
                "project": request.options.get("-P", "_pbs_project_default"),
                "resources": dict(sorted(resources.items())),
                "vnode": vnode,
                "comment": comment,
                "arguments": " ".join(arguments),
                "join": request.options.get("-j", "n"),
                "direct": "d" in request.options.get("-k", ""),
                "out": _path(request.options.get("-o"), f"{name}.o", number_of),
                "err": _path(request.options.get("-e"), f"{name}.e", number_of),
                "command": request.command,
                "shell": request.options.get("-S"),
                "variables": told,
            },
        )
    )
    if "-z" not in request.options:
        say(f"{number}[].{HOST}" if number_of else f"{number}.{HOST}")


def _original(queue: str) -> dict[str, str]:
    told = {**portable.original(queue, HOST), "PBS_O_SHELL": "/bin/bash", "PBS_O_SYSTEM": "Linux"}
    order = ["HOME", "LANG", "LOGNAME", "PATH", "SHELL", "WORKDIR", "SYSTEM", "QUEUE", "HOST"]
    return {f"PBS_O_{name}": told[f"PBS_O_{name}"] for name in order}


def _request(arguments: list[str]) -> Asked:
    try:
        request = portable.asked(arguments, OPTIONS)
    except getopt.GetoptError as error:
        letters = "-" + error.opt[:1] if len(error.opt) > 1 else error.opt
        lines = "".join(f"qsub: invalid option -- '{letter}'\n" for letter in letters)
        raise Refused(2, lines + QSUB) from None
    except OSError:
        raise Refused(1, "qsub: script file:: No such file or directory\n") from None
    name, options = request.options.get("-N", ""), request.options
    if "\r\n" in request.script:
        raise Refused(1, "qsub: script contains cr, lf\n")
    if len(name) > 236:
        raise Refused(2, "qsub: Job name is too long \n")
    if re.search(r"[\s/:]", name):
        raise Refused(2, f"qsub: illegal -N value\n{QSUB}")
    if "-J" in options and len(_indices(options["-J"]) or ()) > 10000:
        raise Refused(3, "qsub: Array job exceeds server or queue size limit\n")
    return request


def _indices(text: str | None) -> range | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)-(\d+)(?::(\d+))?(?:%\d+)?", text)
    if not match or int(match[1]) >= int(match[2]):
        raise Refused(2, f"qsub: illegal -J value\n{QSUB}")
    return range(int(match[1]), int(match[2]) + 1, int(match[3] or 1))


def _resources(request: Asked) -> tuple[dict[str, Any], int, int]:
    """Return the resource list, cores and bytes; refuse what is none."""
    given = request.resources
    for name in given:
        if name not in RESOURCES:
            raise Refused(187, f"qsub: Unknown resource Resource_List.{name}\n")
        if "select" in given and name == "nodes":
            raise Refused(6, "qsub: Cannot be used with select or place: nodes\n")
        if "select" in given and name in CHUNK:
            words = '"-lresource=" cannot be used with "select" or "place", resource is:'
            raise Refused(5, f"qsub: {words} {name}\n")
    if not portable.TIME.fullmatch(given.get("walltime", "1")):
        raise Refused(166, "qsub: Illegal attribute or resource value Resource_List.walltime\n")
    select = given.get("select") or _as_select(given)
    nodes, cpus, memory = _chunks(select)
    place = given.get("place") or ("free" if "select" in given else "pack")
    listed = {**given, "ncpus": cpus, "nodect": nodes, "place": place, "select": select}
    return listed | ({"mem": _shown(memory)} if memory else {}), cpus, memory


def _as_select(given: dict[str, str]) -> str:
    nodes = re.fullmatch(r"(\d+)(?::ppn=(\d+))?", given.get("nodes", "1"))
    count, cores = (nodes[1], nodes[2] or "1") if nodes else ("1", "1")
    memory = f":mem={given['mem']}" if "mem" in given else ""
    return f"{count}:ncpus={given.get('ncpus', cores)}{memory}"


def _shown(memory: int) -> str:
    """Sizes are printed in the largest unit that divides them."""
    unit, power = ("mb", 2) if memory % 2**20 == 0 else ("kb", 1)
    return f"{memory // 1024**power}{unit}"


def _chunks(select: str) -> tuple[int, int, int]:
    nodes = cpus = memory = 0
    for chunk in select.split("+"):
        first, *rest = chunk.split(":")
        if not first.isdigit():
            first, rest = "1", [first, *rest]
        wants = dict(item.partition("=")[::2] for item in rest)
        nodes += int(first)
        cpus += int(first) * _checked(wants, "ncpus", int, "1")
        memory += int(first) * _checked(wants, "mem", portable.size, "0")
    return nodes, cpus, memory


def _checked(wants: dict[str, str], name: str, read: Callable[[str], int], default: str) -> int:
    for each, value in wants.items():
        if not value:
            raise Refused(166, "qsub: Illegal attribute or resource value Resource_List.select\n")
        if each not in CHUNK:
            raise Refused(187, f"qsub: Unknown resource: {each}\n")
    try:
        return read(wants.get(name, default))
    except ValueError:
        raise Refused(166, f"qsub: Illegal attribute or resource value select.{name}\n") from None


def _check_queue(engine: Engine, name: str, resources: dict[str, Any]) -> None:
    queue = QUEUES.get(name)
    if queue is None:
        raise Refused(170, "qsub: Unknown queue\n")
    if queue.get("enabled") == "False":
        raise Refused(173, "qsub: Queue is not enabled\n")
    if "acl" in queue:
        raise Refused(159, "qsub: Unauthorized Request \n")
    most = queue.get("max", {})
    asked = portable.seconds(resources.get("walltime", "0"))
    over = asked > portable.seconds(most.get("walltime", "9999:00:00"))
    if over or resources["ncpus"] > most.get("ncpus", resources["ncpus"]):
        raise Refused(188, "qsub: Job violates queue and/or server resource limits\n")
    waiting = [job for job in engine.known() if not job.ended and job.facts["queue"] == name]
    if len(waiting) >= queue.get("max_queued", 10**6):
        raise Refused(38, "qsub: would exceed queue generic's per-user limit\n")


def _why_never(cpus: int, memory: int, queue: dict[str, Any], size: int) -> str:
    never = "Can Never Run: Insufficient amount of resource:"
    if cpus > size:
        return f"{never} ncpus (R: {cpus} A: {size} T: {size})"
    if memory > MEMORY:
        return f"{never} mem (R: {_shown(memory)} A: 64gb T: 64gb)"
    return "" if queue.get("started") != "False" else "Not Running: Queue not started."


def _path(given: str | None, stem: str, index: str) -> str:
    """Return where an output goes; the number of the job is not known yet."""
    if not given:
        ending = f".{index}" if index else ""
        return f"{HOST}:{os.getcwd()}/{stem}^number^{ending}"
    host, _, path = given.rpartition(":")
    path = os.path.join(os.getcwd(), path)
    return f"{host or 'localhost'}:{path}" + (
        "/" if os.path.isdir(path) and path[-1] != "/" else ""
    )
