"""Writes what oarsub takes: names, directives as arguments, and the script as a command."""

from __future__ import annotations

import re
import shlex
from contextlib import suppress

NAME_LENGTH = 100
"""Characters that the name of a job may have."""


def safe_name(name: str) -> str:
    """Return a name without characters of SQL and Perl, into which OAR puts it unquoted."""
    return re.sub(r"[^A-Za-z0-9_.@+-]+", "-", name) or "-"


def tagged_name(name: str, tag: str) -> str:
    """Return the name that distinguishes our jobs from all others, as OAR has no comments.

    Parameters
    ----------
    name : str
        The name that the user sees.
    tag : str
        The tag of the submission.
    """
    return f"{safe_name(name)[: NAME_LENGTH - len(tag) - 1]}.{tag}"


def arguments(line: str) -> list[str]:
    """Split a directive into option and value; a directive of several options as a shell does.

    Examples
    --------
    >>> arguments("#OAR -p gpu = 'YES'"), arguments("#OAR -t besteffort -t idempotent")
    (['-p', "gpu = 'YES'"], ['-t', 'besteffort', '-t', 'idempotent'])
    """
    text = line.removeprefix("#OAR").strip()
    match = re.fullmatch(r"(-\w|--[\w-]+)(?:\s+|=)(.+)", text)
    if match and not re.search(r"\s(-\w|--\w+)(\s|$)", match[2]):
        return [match[1], unquoted(match[2])]
    try:
        return shlex.split(text)
    except ValueError:  # a quote without its other half: oarsub prints what is wrong
        return text.split()


def condition_of(line: str) -> str:
    """Return the condition of a directive -p; empty for any other directive."""
    words = arguments(line)
    return words[1] if len(words) == 2 and words[0] in ("-p", "--property") else ""


def unquoted(text: str | None) -> str:
    """Return a text without the quotes that a shell would need around the whole of it."""
    text = (text or "").strip()
    with suppress(ValueError):
        words = shlex.split(text) if text[:1] in ("'", '"') else []
        return words[0] if len(words) == 1 else text
    return text


def inline(shebang: str, script: str) -> str:
    """Return a one-line command with which any login shell runs a script in the script's own shell.

    OAR gives the command to the login shell and does not read a shebang; a script in a file would
    have to stay until the job starts. csh and other shells treat newlines, quotes and ``!`` between
    quotes in ways of their own, so `printf` produces them.

    Parameters
    ----------
    shebang : str
        First line of the script, which names its shell.
    script : str
        The whole script.
    """
    if not shebang.startswith("#!"):
        return script
    for text, code in (("\\", r"\0134"), ("\n", r"\n"), ("'", r"\0047"), ("!", r"\0041")):
        script = script.replace(text, code)
    program = f'exec {shebang[2:].strip()} -c "$(printf %b "$0")"'
    return f"exec /bin/sh -c {shlex.quote(program)} '{script}'"
