"""Texts that several batch systems share: tags, quoting, time limits, ranges of elements."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

TAG_PATTERN = re.compile(r"jobqueue-[0-9a-f]+-\d+")
"""The tags of submissions: ``jobqueue``, the id of the cluster, the number of the first job."""

VARIABLE = r"\$(?:\w++|\{\w+(?::?-[\w/.,@%+=:~-]*)?\})"
"""A variable of the shell: ``$NAME``, ``${NAME}`` or ``${NAME:-text}``. Nothing else that begins
with ``$`` is expanded, as parts of it could be commands."""
SHELL_SAFE = re.compile(rf"(?!.*\bIFS\b)(?:[\w@%+=:,./~-]|{VARIABLE})++", re.ASCII)
"""Texts that need no quotes in a directive."""
SPECIAL = re.compile(rf'["`\\]|(?!{VARIABLE})\$', re.ASCII)
"""What a shell would act on between double quotes, but for variables."""


def tag_in(text: str) -> str:
    """Return the tag in the name of a job; empty if there is none.

    Examples
    --------
    >>> tag_in("dask-worker.jobqueue-0123456789ab-0[3]")
    'jobqueue-0123456789ab-0'
    """
    found = TAG_PATTERN.search(text)
    return found[0] if found else ""


def quote(value: object) -> str:
    r"""Quote a value so that spaces survive, ``$NAME`` expands, and no command in it runs.

    Braces and commas would be expanded to several words by some shells, and ``$IFS`` to blanks.

    Examples
    --------
    >>> quote("/scratch/$USER"), quote("my account"), quote("$(id)")
    ('/scratch/$USER', '"my account"', '"\\$(id)"')
    """
    text = str(value)
    if SHELL_SAFE.fullmatch(text):
        return text
    return '"' + SPECIAL.sub(lambda found: "\\" + found[0], text) + '"'


def seconds(text: str) -> int | None:
    """Read a time limit of the form ``[[days-]hours:]minutes:seconds``; None for anything else.

    Examples
    --------
    >>> seconds("1-00:00:00"), seconds("10:00"), seconds("infinite")
    (86400, 600, None)
    """
    match = re.fullmatch(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)", text.strip())
    if not match:
        return None
    days, hours, minutes, secs = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + secs


def element_ids(job_id: str, form: str, count: int, first: int = 0) -> list[str]:
    """Return one id per job of a submission: that of a single job, or those of an array's elements.

    Parameters
    ----------
    job_id : str
        The id that the submit command printed.
    form : str
        How the batch system writes the id of an element, with ``{job}`` and ``{index}``.
    count : int
        Number of jobs.
    first : int
        Index of the first element.

    Examples
    --------
    >>> element_ids("12", "{job}_{index}", 1), element_ids("12", "{job}_{index}", 2)
    (['12'], ['12_0', '12_1'])
    """
    if count == 1:
        return [job_id]
    return [form.format(job=job_id, index=index) for index in range(first, first + count)]


def group_elements(ids: Iterable[str], separator: str) -> dict[str, list[int]]:
    """Return the indices of array elements by the id of their array; none for a single job.

    Parameters
    ----------
    ids : iterable of str
        Ids of jobs.
    separator : str
        Character between the id of an array and the index.

    Examples
    --------
    >>> group_elements(["12_0", "12_1", "13"], "_"), group_elements(["5[1]", "5[2]"], "[")
    ({'12': [0, 1], '13': []}, {'5': [1, 2]})
    """
    arrays: dict[str, list[int]] = {}
    for job_id in ids:
        array, _, index = job_id.rstrip("]").partition(separator)
        arrays.setdefault(array, []).extend([int(index)] if index else [])
    return arrays


def spans(numbers: Iterable[int]) -> str:
    """Join numbers to ranges, the form in which batch systems accept array elements.

    Examples
    --------
    >>> spans([4, 1, 2, 3, 7])
    '1-4,7'
    """
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in found)


def shown(ids: Iterable[str]) -> str:
    """Return ids as text for people, with neighbours joined.

    Examples
    --------
    >>> shown(["12_0", "12_1", "12_2", "15", "8[1].pbs", "8[2].pbs"])
    '12_[0-2], 15, 8[1-2].pbs'
    """
    groups: dict[tuple[str, str], list[int]] = {}
    others = []
    for job_id in ids:
        match = re.fullmatch(r"(.*?)(\d+)(\D*)", job_id)
        if match:
            groups.setdefault((match[1], match[3]), []).append(int(match[2]))
        else:
            others.append(job_id)
    return ", ".join([*others, *(_shown(*place, found) for place, found in groups.items())])


def jobs_shown(ids: Collection[str]) -> str:
    """Return ids with the word for them.

    Examples
    --------
    >>> jobs_shown(["12"]), jobs_shown(["12_0", "12_1"])
    ('job 12', 'jobs 12_[0-1]')
    """
    return f"{'job' if len(ids) == 1 else 'jobs'} {shown(ids)}"


def _shown(before: str, after: str, numbers: list[int]) -> str:
    together = spans(numbers)
    plain = len(numbers) == 1 or before.endswith("[")
    return f"{before}{together}{after}" if plain else f"{before}[{together}]{after}"
