"""Writes what HTCondor's commands take: submit descriptions, conditions on jobs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MACROS = {"cluster", "clusterid", "process", "procid", "node", "step", "item", "itemindex", "row"}
"""What condor_submit itself replaces in a description; every other ``$(...)`` is the shell's."""

RUN_LINES = 'eval "$(printf "%s\\n" "$@")"'
"""Shell command that runs its arguments as the lines of one script."""


def key_of(line: str) -> str:
    """Return the name of a setting; HTCondor ignores case.

    Examples
    --------
    >>> key_of("RequestDisk = 1024"), key_of("RequestDisk")
    ('requestdisk', 'requestdisk')
    """
    return line.partition("=")[0].strip().lower()


def shell_arguments(lines: Sequence[str]) -> str:
    """Return the arguments with which ``/bin/sh`` runs some lines, for a submit description.

    https://htcondor.readthedocs.io/en/latest/man-pages/condor_submit.html: a description cannot
    contain a line break in a value, so each line is an argument of its own.

    Parameters
    ----------
    lines : sequence of str
        Lines of shell.

    Examples
    --------
    >>> shell_arguments(["echo 'a b'"])
    "-c 'echo ''a b'''"
    """
    words = [lines[0]] if len(lines) == 1 else [RUN_LINES, "sh", *lines]
    escaped = (word.replace("'", "''").replace('"', '""') for word in words)
    return " ".join(["-c", *(f"'{word}'" for word in escaped)])


def without_macros(text: str, macros: Iterable[str]) -> str:
    """Protect what the shell is to replace from condor_submit, which would read it as macros.

    Parameters
    ----------
    text : str
        Part of a submit description.
    macros : iterable of str
        Names that condor_submit is to replace.

    Examples
    --------
    >>> without_macros("cd $(mktemp -d); echo $HOME $(ProcId)", {"procid"})
    'cd $(DOLLAR)(mktemp -d); echo $HOME $(ProcId)'
    """
    names = "|".join(map(re.escape, sorted(macros)))
    return re.sub(rf"(?i)(?<!\$)\$(?=\()(?!\((?:{names})\))", "$(DOLLAR)", text)


def constraint(ids: Iterable[str]) -> str:
    """Return a condition that only these jobs meet.

    Examples
    --------
    >>> constraint(["3.0", "3.1", "3.2", "4.0"])
    '(ClusterId == 3 && ProcId >= 0 && ProcId <= 2) || (ClusterId == 4 && ProcId == 0)'
    """
    spans: list[list[int]] = []
    for cluster, proc in sorted(tuple(map(int, job_id.split("."))) for job_id in ids):
        if spans and spans[-1][0] == cluster and spans[-1][2] == proc - 1:
            spans[-1][2] = proc
        else:
            spans.append([cluster, proc, proc])
    return " || ".join(f"(ClusterId == {cluster} && {_procs(*rest)})" for cluster, *rest in spans)


def _procs(low: int, high: int) -> str:
    return f"ProcId == {low}" if low == high else f"ProcId >= {low} && ProcId <= {high}"
