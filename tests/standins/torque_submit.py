"""Torque's ``qsub``: what it reads, and what it refuses in which words."""

from __future__ import annotations

import getopt
import os
import re
from typing import Any

from tests.standins import portable
from tests.standins.engine import Engine, Refused, Wish
from tests.standins.torque_report import HOST

OPTIONS = "a:A:b:c:C:d:D:e:fhIj:k:K:l:m:M:nN:o:p:P:q:r:S:t:T:u:v:VwW:xXz"
RESOURCES = {
    "nodes",
    "walltime",
    "mem",
    "pmem",
    "vmem",
    "pvmem",
    "ncpus",
    "procs",
    "cput",
    "select",
}
USAGE = """
usage: qsub [-a date_time] [-A account_string] [-b secs]
    [-c [ none | { enabled | periodic | shutdown |
    depth=<int> | dir=<path> | interval=<minutes>}... ]
    [-C directive_prefix] [-d path] [-D path]
    [-e path] [-h] [-I] [-j oe|eo|n] [-k {oe}] [-K <kill delay seconds>] 
    [-l resource_list] [-m n|{abe}] [-M user_list] [-N jobname] [-o path] 
    [-p priority] [-P proxy_user [-J <jobid]] [-q queue] [-r y|n] 
    [-S path] [-t number_to_submit] [-T type]  [-u user_list] [-w] path
    [-W additional_attributes] [-v variable_list] [-V ] [-x] [-X] [-z] [script]

"""  # noqa: W291 (as recorded)


def submit(engine: Engine, arguments: list[str], program: str) -> tuple[int, str]:
    """Submit and return number and id; the id is empty if it is not wanted."""
    request = _request(arguments, program)
    queue = request.options.get("-q") or "batch"
    resources, cpus = _resources(request, queue, program, engine.size)
    name = request.options.get("-N") or request.name
    join = request.options.get("-j", "n")
    out, err = portable.spool(engine, join)
    told = {**portable.original(queue, HOST), "PBS_O_SERVER": HOST}
    walltime = portable.seconds(resources["walltime"])
    number = engine.add(
        Wish(
            name=name,
            script=request.script,
            directory="/",
            environment={
                **portable.environment(request, told),
                "PBS_JOBNAME": name,
                "PBS_QUEUE": queue,
                "PBS_WALLTIME": str(walltime),
                "PBS_NP": str(cpus),
                "PBS_NUM_PPN": str(cpus),
                "PBS_NUM_NODES": "1",
            },
            cpus=cpus,
            walltime=walltime,
            indices=_indices(request.options.get("-t")),
            out=out,
            err=err,
            state="HELD" if "-h" in request.options else "PENDING",
            facts={
                "queue": queue,
                "resources": resources,
                "walltime": walltime,
                "arguments": " ".join(arguments),
                "join": join,
                "out": _path(request.options.get("-o"), f"{name}.o^number^"),
                "err": _path(request.options.get("-e"), f"{name}.e^number^"),
                "command": [],
                "shell": request.options.get("-S"),
                "variables": told,
            },
        )
    )
    brackets = "[]" if "-t" in request.options else ""
    return number, "" if "-z" in request.options else f"{number}{brackets}.{HOST}"


def _request(arguments: list[str], program: str) -> portable.Asked:
    try:
        return portable.asked(arguments, OPTIONS)
    except getopt.GetoptError:
        raise Refused(2, f"[a single - is not a valid option]\n{USAGE}") from None
    except OSError as error:
        words = f"script file '{error.filename}' cannot be loaded - {error.strerror}"
        raise Refused(1, f"{program}: {words}\n") from None


def _indices(text: str | None) -> range | None:
    match = re.fullmatch(r"(\d+)(?:-(\d+))?(?:%\d+)?", text or "")
    return range(int(match[1]), int(match[2] or match[1]) + 1) if match else None


def _resources(
    request: portable.Asked, queue: str, program: str, size: int
) -> tuple[dict[str, Any], int]:
    """Return resources and cores; what can never run is refused at once."""
    given = request.resources
    if queue != "batch":
        words = "Unknown queue MSG=requested queue not found"
        raise Refused(172, f"{program}: submit error ({words})\n")
    for name in given:
        if name not in RESOURCES:
            words = f"Unknown resource type  Resource_List.{name}"
            raise Refused(189, f"{program}: submit error ({words})\n")
    if not portable.TIME.fullmatch(given.get("walltime", "1")):
        words = "Illegal attribute or resource value for Resource_List.walltime"
        raise Refused(168, f"{program}: submit error ({words})\n")
    nodes = re.fullmatch(r"(\d+)(?::ppn=(\d+))?.*", given.get("nodes", "1"))
    count, cpus = (int(nodes[1]), int(nodes[2] or 1)) if nodes else (1, 1)
    if count > 1 or cpus > size:
        words = (
            "Job exceeds queue resource limits MSG=cannot locate feasible nodes (nodes file is "
            "empty, all systems are busy, or no nodes have the requested feature)"
        )
        raise Refused(190, f"{program}: submit error ({words})\n")
    return {"walltime": "01:00:00", **given, "nodect": 1}, cpus


def _path(given: str | None, default: str) -> str:
    return os.path.join(os.getcwd(), (given or default).rpartition(":")[2])
