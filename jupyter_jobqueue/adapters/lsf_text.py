"""Writes what LSF's commands take: amounts of memory, ids, and the script as an argument."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from jupyter_jobqueue.adapters.text import group_elements, spans

UNITS: dict[str, int] = {unit: 1000**power for power, unit in enumerate("kmgtpez", start=1)}
"""Bytes of the units of memory limits, by their first letter."""


def unit_in(config: str) -> str:
    """Return the unit of memory limits that a text of ``lsf.conf`` sets; empty if it sets none.

    Examples
    --------
    >>> unit_in('LSF_UNIT_FOR_LIMITS = "GB"'), unit_in("#LSF_UNIT_FOR_LIMITS=MB")
    ('GB', '')
    """
    found = re.findall(r"^\s*LSF_UNIT_FOR_LIMITS[ \t]*=[ \t\"']*(\w+)", config, re.MULTILINE)
    return found[-1] if found and found[-1][0].lower() in UNITS else ""


def unit_size(unit: str) -> int:
    """Return the bytes of a unit such as ``mb``; those of LSF's default, a kilobyte, if unknown."""
    return UNITS.get(unit.lower()[:1], UNITS["k"])


def arguments(line: str) -> list[str]:
    """Split a directive as a shell does."""
    try:
        return shlex.split(line)
    except ValueError:  # a quote without its other half: bsub prints what is wrong
        return line.split()


def inline(shebang: str, body: Iterable[str]) -> str:
    """Return a script as one shell command on one line, as records of LSF are lines.

    Parameters
    ----------
    shebang : str
        First line of the script, which names its shell.
    body : iterable of str
        Its other lines.
    """
    text, shell = "\n".join(body), shebang.removeprefix("#!").strip()
    if "\n" not in text:
        return f"{shell} -c {shlex.quote(text)}"
    line = text.replace("\\", "\\\\").replace("\n", "\\n")
    return f'{shell} -c "$(printf %b {shlex.quote(line)})"'


def whole_arrays(ids: Iterable[str]) -> list[str]:
    """Replace elements by their array: a long list of elements might exceed a command line."""
    return list(dict.fromkeys(job_id.partition("[")[0] for job_id in ids))


def ranges(ids: Iterable[str]) -> list[str]:
    """Join array elements to ``5[1-3,7]``.

    Examples
    --------
    >>> ranges(["5[1]", "5[2]", "5[3]", "5[7]", "6"])
    ['5[1-3,7]', '6']
    """
    arrays = group_elements(ids, "[").items()
    return [f"{job}[{spans(indices)}]" if indices else job for job, indices in arrays]
