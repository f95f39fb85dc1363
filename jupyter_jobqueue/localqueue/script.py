"""Parses a job script: its ``#!`` line and its ``#LOCALQ`` directives. Starts nothing."""

from __future__ import annotations

import os
import re
from typing import NamedTuple, NoReturn

from . import LocalQueueError

_DIRECTIVE = re.compile(r"#LOCALQ(?![A-Za-z0-9_])(.*)")
_OPTION = re.compile(r"\s+--([a-z-]+)=(.*)")
_WALLTIME = re.compile(r"([0-9]{1,6}):([0-5][0-9]):([0-5][0-9])")
_PATTERN = re.compile(r"%(.?)")
OPTIONS = ("job-name", "cpus", "time", "output", "error")


class Option(NamedTuple):
    """A directive of a job script.

    Parameters
    ----------
    text : str
        Its value.
    line : int
        Its line; 0 for a default.
    """

    text: str
    line: int


class Script(NamedTuple):
    """What a job script requests.

    Parameters
    ----------
    interpreter : list of str
        Interpreter of the script, and its argument.
    name : str
        Name of the job.
    cpus, cpus_line : int
        CPUs, and the line that sets them.
    walltime : int, optional
        Seconds; None for no limit.
    output, error : str
        Patterns of the absolute paths of the output files.
    """

    interpreter: list[str]
    name: str
    cpus: int
    cpus_line: int
    walltime: int | None
    output: str
    error: str


def parse(source: bytes, directory: str, name: str) -> Script:
    """Parse a job script and check what can be checked before it runs.

    Parameters
    ----------
    source : bytes
        The script.
    directory : str
        Working directory of the job; output files are relative to it.
    name : str
        The name of a job whose script has no ``--job-name``.

    Returns
    -------
    Script
        What the script requests.

    Raises
    ------
    LocalQueueError
        If the script is invalid; the message names the line.
    """
    lines = os.fsdecode(source).split("\n")
    if not os.fsdecode(source).strip():
        raise LocalQueueError("the job script is empty")
    interpreter = _interpreter(lines[0])
    options = _options(lines)
    named = options.get("job-name", Option(name, 0))
    cpus = options.get("cpus", Option("1", 0))
    output = options.get("output", Option("localq-%j.out", 0))
    return Script(
        interpreter=interpreter,
        name=_name(named),
        cpus=_cpus(cpus),
        cpus_line=cpus.line,
        walltime=_walltime(options["time"]) if "time" in options else None,
        output=_file("output", output, named.text, directory),
        error=_file("error", options.get("error", output), named.text, directory),
    )


def expand(pattern: str, job_id: str, name: str) -> str:
    """Replace ``%j`` (job id), ``%x`` (job name) and ``%%`` in a file name pattern.

    Parameters
    ----------
    pattern : str
        The pattern.
    job_id, name : str
        Id and name of the job.
    """
    values = {"j": job_id, "x": name, "%": "%"}
    return _PATTERN.sub(lambda match: values[match[1]], pattern)


def _fail(line: int, problem: str) -> NoReturn:
    raise LocalQueueError(f"script line {line}: {problem}" if line else problem)


def _interpreter(line: str) -> list[str]:
    if not line.startswith("#!") or not line[2:].strip():
        _fail(1, "the script must begin with #! and its interpreter, such as #!/bin/bash")
    if line.endswith("\r"):
        _fail(1, "the line ends with a carriage return; save the script with Unix line ends")
    # As in the kernel, all text after the first blank is one argument.
    interpreter = line[2:].strip().split(None, 1)
    if not os.access(interpreter[0], os.X_OK):
        _fail(1, f"the interpreter {interpreter[0]} does not exist or cannot be run")
    return interpreter


def _options(lines: list[str]) -> dict[str, Option]:
    """Return the directives before the first command; the last of a name wins, as in Slurm."""
    options: dict[str, Option] = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            break
        if match := _DIRECTIVE.match(line.rstrip()):
            name, value = _option(match[1], number)
            options[name] = Option(value, number)
    return options


def _option(text: str, line: int) -> tuple[str, str]:
    match = _OPTION.fullmatch(text)
    if not match:
        _fail(line, f"cannot read '#LOCALQ{text}'; a directive is #LOCALQ --NAME=VALUE")
    name, value = match[1], match[2].strip()
    if name not in OPTIONS:
        _fail(line, f"unknown option --{name}; there are --{', --'.join(OPTIONS)}")
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    elif " --" in value:
        _fail(line, f"write one option per line: '--{name}={value}'")
    if not value:
        _fail(line, f"--{name} has no value")
    return name, value


def _name(option: Option) -> str:
    if "/" in option.text or not option.text.isprintable():
        _fail(option.line, f"--job-name={option.text!r} must be plain text without '/'")
    return option.text


def _cpus(option: Option) -> int:
    if not re.fullmatch("[0-9]{1,6}", option.text) or int(option.text) < 1:
        _fail(option.line, f"--cpus={option.text} is not a whole number of 1 or more")
    return int(option.text)


def _walltime(option: Option) -> int:
    match = _WALLTIME.fullmatch(option.text)
    if not match or (seconds := _seconds(match)) == 0:
        _fail(option.line, f"--time={option.text} is not a walltime HH:MM:SS above 00:00:00")
    return seconds


def _seconds(match: re.Match[str]) -> int:
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])


def _file(kind: str, option: Option, name: str, directory: str) -> str:
    for letter in _PATTERN.findall(option.text):
        if letter not in ("j", "x", "%"):
            _fail(option.line, f"--{kind}={option.text}: %{letter} is unknown, use %j, %x or %%")
    path = os.path.join(directory.replace("%", "%%"), option.text)
    folder = os.path.dirname(expand(path, "%j", name))
    if not os.path.isdir(folder):
        _fail(option.line, f"--{kind}={option.text}: the folder {folder} does not exist")
    if not os.access(folder, os.W_OK | os.X_OK):
        _fail(option.line, f"--{kind}={option.text}: you may not write in the folder {folder}")
    return path
