"""What HTCondor 25 knows of a job: its ad, the expressions over it, and its printed forms."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.standins.engine import Job
from tests.standins.portable import USER

HOST = "vm"
IDLE, RUNNING, REMOVED, COMPLETED, HELD = range(1, 6)
REMOVED_BY = f"via condor_rm (by user {USER})"
TOKEN = re.compile(
    r'\s*("(?:[^"\\]|\\.)*"|=\?=|=!=|==|!=|<=|>=|&&|\|\||[-+*/<>()!,]|[\w.]+)', re.DOTALL
)
WORDS = {
    "&&": " and ",
    "||": " or ",
    "!": " not ",
    "=?=": "==",
    "=!=": "!=",
    "true": "True",
    "false": "False",
    "undefined": "None",
    "isnt": "!=",
    "is": "==",
}
Ad = dict[str, Any]


def evaluate(expression: str, ad: Mapping[str, Any]) -> Any:
    """Return the value of a ClassAd expression, None if it has none; SyntaxError if it is none."""
    names = {name.lower(): value for name, value in ad.items()}
    python, position = [], 0
    while position < len(expression.rstrip()):
        token = TOKEN.match(expression, position)
        if not token:
            raise SyntaxError(expression)
        python.append(_python(token[1], names))
        position = token.end()
    try:
        return eval("".join(python), {"floor": math.floor, "regexp": _regexp})  # noqa: S307
    except TypeError:  # something is undefined
        return None


def _python(token: str, names: Mapping[str, Any]) -> str:
    name = re.sub(r"^(my|target)\.", "", token.lower())
    if name in WORDS:
        return WORDS[name]
    if re.match(r"[a-z_]", name) and name not in ("floor", "regexp"):
        return repr(names.get(name))
    return token


def _regexp(pattern: str, text: str) -> bool:
    return bool(re.search(pattern, text))


# -- the ad of a job


def ad(job: Job) -> Ad:
    """Return everything of a job."""
    status = _status(job)
    found: Ad = {
        **_with_cluster(job),
        "ClusterId": job.number,
        "ProcId": job.task or 0,
        "JobStatus": status,
        "QDate": int(job.submitted),
        "EnteredCurrentStatus": int(job.ended or job.started or job.submitted),
        "CompletionDate": int(job.ended or 0) if status == COMPLETED else 0,
        "GlobalJobId": f"{USER}@{HOST}#{job.number}.{job.task or 0}#{int(job.submitted)}",
        "NumJobStarts": 1 if job.started else 0,
        "ExitBySignal": bool(job.signal) and bool(job.ended),
        "ExitStatus": 0,
    }
    if job.started:
        slot = f"slot{job.number % 32 + 1}@{HOST}"
        found["JobStartDate"] = found["JobCurrentStartDate"] = int(job.started)
        found["LastRemoteHost" if job.ended else "RemoteHost"] = slot
    if status == IDLE and job.state == "STUCK":
        found["LastRejMatchReason"] = "no match found"
    found |= _hold(job) if status == HELD else _end(job, status)
    return _policy(job, found)


def _with_cluster(job: Job) -> Ad:
    own = job.facts["ads"][job.task or 0].items()
    cluster = str(job.number)
    return {k: v.replace("^cluster^", cluster) if isinstance(v, str) else v for k, v in own}


def _status(job: Job) -> int:
    if "removed" in job.notes:
        return REMOVED
    if "hold" in job.notes or job.state == "HELD" or job.state == "TIMEOUT":
        return HELD
    if job.ended:
        return COMPLETED
    return RUNNING if job.started else IDLE


def _hold(job: Job) -> Ad:
    if "hold" in job.notes:
        return dict(json.loads(job.notes["hold"]))
    if job.state == "TIMEOUT":
        limit = "{:02}:{:02}".format(*divmod(int(job.facts["duration"]), 60))
        reason = f"The job exceeded allowed job duration of {limit}"
        return {"HoldReason": reason, "HoldReasonCode": 46, "HoldReasonSubCode": 0}
    return {"HoldReason": "submitted on hold at user's request", "HoldReasonCode": 15}


def _end(job: Job, status: int) -> Ad:
    found: Ad = {"RemoveReason": REMOVED_BY} if status == REMOVED else {}
    if job.ended and job.started and "hold" not in job.notes:
        found |= {"ExitSignal": job.signal} if job.signal else {"ExitCode": job.exit_code}
    return found


def _policy(job: Job, found: Ad) -> Ad:
    """Remove a held job whose own policy wants that; why it was held is still told."""
    policy = job.facts["periodic_remove"]
    if found["JobStatus"] != HELD or not (policy and evaluate(policy, found)):
        return found
    found["JobStatus"] = REMOVED
    words = f"The job attribute PeriodicRemove expression '{policy}' evaluated to TRUE"
    found["RemoveReason"] = words
    return found


def in_queue(job: Job, found: Ad) -> bool:
    """Whether condor_q still lists a job: until it has left its node, or for ever."""
    if found["JobStatus"] == REMOVED:
        return bool(job.started and not job.ended)
    return found["JobStatus"] != COMPLETED or bool(job.facts["leave_in_queue"])


# -- printed forms


def as_json(ads: Iterable[Ad], attributes: list[str]) -> str:
    """Return a list of ads; an empty text if there are none."""
    wanted = {each.lower() for each in attributes}
    texts = []
    for each in ads:
        kept = {name: each[name] for name in sorted(each) if not wanted or name.lower() in wanted}
        texts.append(json.dumps(kept, indent=2))
    return "[\n" + "\n,\n".join(texts) + "\n]\n" if texts else ""


def as_text(value: Any) -> str:
    """Return a value as ``-af`` prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "undefined" if value is None else str(value)


def as_rows(ads: Iterable[Ad], attributes: list[str], with_id: bool) -> Iterable[str]:
    """Yield the values of some attributes, a line for each job."""
    for each in ads:
        names = {name.lower(): value for name, value in each.items()}
        values = [as_text(names.get(name.lower())) for name in attributes]
        identity = [f"{each['ClusterId']}.{each['ProcId']}"] if with_id else []
        yield " ".join([*identity, *values])
