"""Recognises known causes in the last lines of a log. Pure."""

from __future__ import annotations

import re

CAUSES = (
    (
        r"No module named '?([\w.]+)'?",
        "The Python of the jobs has no module {0}. Choose another Python with the option `python`, "
        "or load its environment in `job_script_prologue`.",
    ),
    (
        r"(?:ImportError|cannot import name)[: ]+(.+)",
        "The Python of the jobs cannot import what it needs: {0}. Its packages may not fit "
        "those of the scheduler.",
    ),
    (
        r"(?:^|[:\s])(\S*python\S*): (?:No such file or directory|(?:command )?not found)",
        "There is no {0} on the node. Set the option `python` to a Python that the nodes can see.",
    ),
    (
        r"(?i)certificate is not yet valid",
        "The clock of the node is more than a day behind. Report it to the site's administrators.",
    ),
    (
        r"(?i)out of memory|oom[-_ ]?kill|MemoryError|Cannot allocate memory|bad_alloc",
        "A job ran out of memory. Request more `memory` or use fewer `processes`.",
    ),
    (
        r"(?i)No space left on device|Disk quota exceeded",
        "A disk or its quota is full. Choose another `local_directory`.",
    ),
    (
        r"(?i)Timed out trying to connect to '?([\w+.-]+://[^\s'\"]+?)'? after",
        "The node cannot reach the scheduler at {0}. Try another network `interface`.",
    ),
    (
        r"Timed out starting worker",
        "A worker did not start within `death_timeout`: the node cannot reach the scheduler, or is "
        "slow. Try another network `interface`.",
    ),
    (
        r"(?i)(?:No route to host|Network is unreachable|Connection refused)",
        "The node cannot reach the scheduler. Try another network `interface`.",
    ),
    (
        r"(?i)interface '?(\S+?)'? .*(?:not|n't) .*(?:found|exist|have)|'(\S+)' is not a valid "
        r"network interface",
        "The node has no network interface {0}. Choose another `interface`.",
    ),
    (
        r"(?i)(?:PermissionError|Permission denied)[^'\n]*(?:'([^']+)')?",
        "A job has no permission for a file that it needs{0:in}. Check its owner and mode.",
    ),
)


class _Found(str):
    """A text of the log; ``{0:in}`` formats it as `` (text)``, or as nothing if it is empty."""

    def __format__(self, spec: str) -> str:
        if spec == "in":
            return f" ({self})" if self else ""
        return str(self)


def diagnose(log: str) -> str:
    """Return the cause that the end of a log shows, as a sentence; empty if it is not known.

    Parameters
    ----------
    log : str
        The last lines of the log.

    Examples
    --------
    >>> diagnose("ModuleNotFoundError: No module named 'distributed'")[:45]
    'The Python of the jobs has no module distribu'
    >>> diagnose("all is well")
    ''
    """
    for pattern, sentence in CAUSES:
        if match := re.search(pattern, log, re.MULTILINE):
            found = next((group for group in match.groups() if group), "")
            return sentence.format(_Found(found.strip()))
    return ""


def last_words(log: str, count: int = 20) -> str:
    r"""Return the last lines of a log, preceded by the line with the cause if it is further up.

    The traceback of a worker that cannot connect has fifty lines after the cause.

    Parameters
    ----------
    log : str
        The log.
    count : int
        Number of lines.

    Examples
    --------
    >>> last_words("No route to host\na\nb\nc", 2)
    'No route to host\nb\nc'
    """
    lines = log.splitlines()
    last = "\n".join(lines[-count:])
    if diagnose(last):
        return last
    cause = [line for line in lines[:-count] if diagnose(line)][-1:]
    return "\n".join([*cause, last])
