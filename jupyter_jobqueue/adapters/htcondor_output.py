"""Parses what HTCondor prints: jobs as ads in JSON, ids, the version."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from jupyter_jobqueue.adapters.model import BatchState, JobStatus, Listing

PENDING, RUNNING, REMOVED, COMPLETED, HELD, TRANSFERRING, SUSPENDED = range(1, 8)
"""https://htcondor.readthedocs.io/en/latest/classad-attributes/job-classad-attributes.html"""

STATES = {
    PENDING: BatchState.PENDING,
    RUNNING: BatchState.RUNNING,
    TRANSFERRING: BatchState.RUNNING,
    SUSPENDED: BatchState.RUNNING,
}

HELD_BY_USER = {None, 1, 3, 15, 16}
"""Codes of holds that are no errors, from the same page: by condor_hold, by the user's own policy,
at submission, while files are spooled; and no code at all."""

MEMORY, DURATION, EXECUTION = 34, 46, 47
"""Codes of holds after a limit was exceeded: the job was killed, and only its entry is left."""

LIMITS = {MEMORY, DURATION, EXECUTION}

TIME_LIMITS = {DURATION, EXECUTION}

ATTRIBUTES = ",".join(
    (
        "ClusterId",
        "ProcId",
        "JobStatus",
        "JobQueueTag",
        "HoldReason",
        "HoldReasonCode",
        "LastHoldReason",
        "LastHoldReasonCode",
        "RemoveReason",
        "LastRejMatchReason",
        "RemoteHost",
        "LastRemoteHost",
        "QDate",
        "JobCurrentStartDate",
        "CompletionDate",
        "EnteredCurrentStatus",
        "ExitCode",
        "ExitBySignal",
        "ExitSignal",
        "Out",
        "Err",
        "AllowedJobDuration",
        "AllowedExecuteDuration",
        "ServerTime",
    )
)


def read_ids(text: str) -> list[str]:
    """Read ``3.0 - 3.4``, or the sentence that condor_submit prints without ``-terse``."""
    match = re.search(r"^(\d+)\.(\d+) - \1\.(\d+)\s*$", text, re.MULTILINE)
    if match:
        first, last = int(match[2]), int(match[3])
        return [f"{match[1]}.{number}" for number in range(first, last + 1)]
    match = re.search(r"(\d+) job\(s\) submitted to cluster (\d+)", text)
    if not match:
        raise ValueError(f"no job id in {text!r}")
    return [f"{match[2]}.{number}" for number in range(int(match[1]))]


def read_jobs(text: str, *, left: bool = False) -> Listing:
    """Read the jobs of condor_q or condor_history.

    Parameters
    ----------
    text : str
        The output.
    left : bool
        Whether removed jobs have left their nodes, as in the history.
    """
    ads, complete = _ads(text)
    jobs = [ad for ad in ads if "ClusterId" in ad and "ProcId" in ad]
    read = {f"{ad['ClusterId']}.{ad['ProcId']}": _status(ad, left) for ad in jobs}
    return Listing(read, complete=complete and len(jobs) == len(ads))


def _ads(text: str) -> tuple[list[dict[str, Any]], bool]:
    """Read a list of ads and whether it is complete; without ads, nothing is printed."""
    found, blocks = [], re.findall(r"^\{$.*?^\}$", text, re.MULTILINE | re.DOTALL)
    for block in blocks:
        with suppress(ValueError):
            found.append(json.loads(block, strict=False))
    framed = re.fullmatch(r"\s*(\[\s*(\{.*\})?\s*\]\s*)*", text, re.DOTALL)
    return found, bool(framed) and len(found) == len(blocks)


def _status(ad: Mapping[str, Any], left: bool) -> JobStatus:
    state = _state(ad, left)
    waiting = state in (BatchState.PENDING, BatchState.HELD, BatchState.STUCK)
    by_signal = bool(ad.get("ExitBySignal"))
    return JobStatus(
        state=state,
        reason=_reason(ad),
        node=(ad.get("RemoteHost") or ad.get("LastRemoteHost") or "").rpartition("@")[2],
        tag=ad.get("JobQueueTag") or "",
        submitted=ad.get("QDate"),
        started=None if waiting else ad.get("JobCurrentStartDate"),
        ended=_end_time(ad) if state.ended else None,
        exit_code=ad.get("ExitCode") if state.ended and not by_signal else None,
        signal=ad.get("ExitSignal") if state.ended and by_signal else None,
        element=ad["ProcId"],
        ended_by_system=_hold_code(ad) in TIME_LIMITS,
        limit=None if state.ended else _limit(ad),
        ran=_ran(ad) if state is BatchState.RUNNING else None,
    )


def _limit(ad: Mapping[str, Any]) -> float | None:
    limits = (_number(ad.get(f"Allowed{kind}Duration")) for kind in ("Job", "Execute"))
    return min((limit for limit in limits if limit), default=None)


def _ran(ad: Mapping[str, Any]) -> float | None:
    now, started = _number(ad.get("ServerTime")), _number(ad.get("JobCurrentStartDate"))
    return now - started if now and started else None


def _number(value: object) -> float | None:
    """Return a number of an ad, where there may be an expression that is not evaluated."""
    return float(value) if isinstance(value, int | float) else None


def _hold_code(ad: Mapping[str, Any]) -> int | None:
    """Return why the job is held, or was when `periodic_remove` removed it, as a code."""
    removed = "PeriodicRemove" in (ad.get("RemoveReason") or "")
    if not removed and ad.get("JobStatus") != HELD:
        return None
    code: int | None = ad.get("HoldReasonCode", ad.get("LastHoldReasonCode") if removed else None)
    return code


def _state(ad: Mapping[str, Any], left: bool) -> BatchState:
    code = ad.get("JobStatus")
    if _hold_code(ad) in LIMITS:
        return BatchState.FAILED
    if code == HELD:
        return BatchState.HELD if _hold_code(ad) in HELD_BY_USER else BatchState.STUCK
    if code == REMOVED:  # it may need a while to leave its node
        return BatchState.RUNNING if ad.get("RemoteHost") and not left else BatchState.CANCELLED
    if code == COMPLETED:
        return (
            BatchState.FAILED if ad.get("ExitBySignal") or ad.get("ExitCode") else BatchState.DONE
        )
    return STATES.get(code or 0, BatchState.UNKNOWN)


def _reason(ad: Mapping[str, Any]) -> str:
    code = ad.get("JobStatus")
    if code == HELD or _hold_code(ad) in LIMITS:
        return _hold_reason(ad)
    if code == PENDING:
        return (ad.get("LastRejMatchReason") or "").strip()
    if code == REMOVED:
        return ad.get("RemoveReason") or ""
    return "suspended" if code == SUSPENDED else ""


def _hold_reason(ad: Mapping[str, Any]) -> str:
    """Return why a job is held, with the path of output that HTCondor cannot write."""
    reason: str = ad.get("HoldReason") or ad.get("LastHoldReason") or ""
    streams = {"standard output stream": ad.get("Out"), "standard error stream": ad.get("Err")}
    path = next((path for name, path in streams.items() if reason.endswith(name)), None)
    return f"{reason}: {path}" if path else reason


def _end_time(ad: Mapping[str, Any]) -> float | None:
    return ad.get("CompletionDate") or ad.get("EnteredCurrentStatus")


def read_version(text: str) -> str:
    """Read the version from the output of condor_version."""
    match = re.search(r"\$CondorVersion: (\S+)", text)
    return match[1] if match else text.strip()
