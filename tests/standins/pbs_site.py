"""How OpenPBS 23.06 prints listings: tables and JSON of jobs, queues, its server and its node."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from typing import Any

from tests.standins.engine import Job, say
from tests.standins.pbs_report import HOST
from tests.standins.portable import USER

COUNTS = "Transit:0 Queued:0 Held:0 Waiting:0 Running:0 Exiting:0 Begun:0 "
NONE = {"ncpus": 0, "nodect": 0}
QUEUES: dict[str, dict[str, Any]] = {
    "workq": {
        "default": {"walltime": "01:00:00"},
        "assigned": {"mem": "0mb", "mpiprocs": 0, **NONE},
    },
    "short": {
        "assigned": {"mem": "0mb", **NONE},
        "max": {"ncpus": 8, "walltime": "00:10:00"},
        "default": {"walltime": "00:05:00"},
    },
    "off": {"enabled": "False", "started": "False"},
    "limited": {"max_queued": 2},
    "private": {"acl": "root@*"},
    "stopped": {"started": "False"},
    "route1": {"route": "workq"},
}

HEAD = """Job id            Name             User              Time Use S Queue
----------------  ---------------- ----------------  -------- - -----
"""
WIDE = """Job id                         Name            User             Time Use S Queue
-----------------------------  --------------- ---------------  -------- - ---------------
"""


def table(rows: Iterable[tuple[str, Job, str]], wide: bool) -> None:
    """Print the plain listing."""
    widths, head = ((30, 15, 15), WIDE) if wide else ((17, 16, 16), HEAD)
    lines = []
    for shown, job, letter in rows:
        name = job.name if len(job.name) < widths[1] else job.name[: widths[1] - 1] + "*"
        used = "00:00:00" if job.ended and job.started else "0"
        owner, queue = (f"{text:<{widths[2]}}" for text in (USER, job.facts["queue"]))
        lines.append(
            f"{shown:<{widths[0]}} {name:<{widths[1]}} {owner}  {used:>8} {letter} {queue}"
        )
    if lines:
        say(head + "\n".join(lines))


def show(kind: str, found: dict[str, Any]) -> None:
    """Print JSON as the server's commands do; without anything found there is a head only."""
    head = {"timestamp": int(time.time()), "pbs_version": "23.06.06", "pbs_server": HOST}
    whole = {**head, kind: found} if found else head
    text = json.dumps(whole, indent="\t", separators=(",", ":\t"), ensure_ascii=False)
    sys.stdout.write(text + "\n")


def queues(names: Iterable[str]) -> dict[str, Any]:
    """Return queues as ``qstat -Q -f -F json`` has them."""
    return {name: _queue(QUEUES[name]) for name in names}


def _queue(facts: dict[str, Any]) -> dict[str, Any]:
    found = {
        "queue_type": "Route" if "route" in facts else "Execution",
        "total_jobs": 0,
        "state_count": COUNTS,
        "resources_max": facts.get("max"),
        "resources_default": facts.get("default"),
        "resources_assigned": facts.get("assigned"),
        "acl_user_enable": "True" if "acl" in facts else None,
        "acl_users": facts.get("acl"),
        "route_destinations": facts.get("route"),
        "enabled": facts.get("enabled", "True"),
        "started": facts.get("started", "True"),
        "max_queued": f"[u:PBS_GENERIC={facts['max_queued']}]" if "max_queued" in facts else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def server() -> dict[str, Any]:
    """Return what of ``qstat -B -f -F json`` concerns a user."""
    return {
        HOST: {
            "server_state": "Active",
            "server_host": HOST,
            "scheduling": "True",
            "total_jobs": 0,
            "state_count": COUNTS,
            "default_queue": "workq",
            "query_other_jobs": "True",
            "max_array_size": 10000,
            "pbs_version": "23.06.06",
            "job_history_enable": "True",
            "job_history_duration": "24:00:00",
        }
    }


def nodes(total: int) -> dict[str, Any]:
    """Return the one node as ``pbsnodes -a -F json`` has it."""
    has = {"arch": "linux", "host": HOST, "mem": "64gb", "ncpus": total, "vnode": HOST}
    return {
        HOST: {
            "Mom": HOST,
            "ntype": "PBS",
            "state": "free",
            "pcpus": 2,
            "resources_available": has,
            "resources_assigned": {},
            "resv_enable": "True",
            "sharing": "default_shared",
        }
    }
