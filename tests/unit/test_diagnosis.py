"""What the last lines of a log mean; the logs are of real workers and shells."""

from __future__ import annotations

import pytest

from jupyter_jobqueue.jobs.diagnosis import diagnose, last_words

CASES = {
    "/opt/py/bin/python: No module named distributed": "has no module distributed",
    "/usr/bin/python3: Error while finding module specification for "
    "'distributed.cli.dask_worker' (ModuleNotFoundError: No module named 'distributed')": (
        "has no module distributed"
    ),
    'Traceback (most recent call last):\n  File "x.py", line 1\n'
    "ImportError: cannot import name 'tokenize' from 'dask.base'": (
        "cannot import what it needs: cannot import name 'tokenize' from 'dask.base'"
    ),
    "/var/spool/job01/slurm_script: line 9: /opt/py/bin/python: No such file or directory": (
        "There is no /opt/py/bin/python on the node"
    ),
    "/bin/bash: line 3: python3.99: command not found": "There is no python3.99 on the node",
    "slurmstepd: error: Detected 1 oom-kill event(s) in StepId=7.batch.": "ran out of memory",
    "MemoryError": "ran out of memory",
    "OSError: [Errno 28] No space left on device: '/local/x'": "A disk or its quota is full",
    "OSError: [Errno 122] Disk quota exceeded": "A disk or its quota is full",
    "OSError: Timed out trying to connect to tls://10.0.0.1:8786 after 30 s": (
        "cannot reach the scheduler at tls://10.0.0.1:8786. Try another network `interface`."
    ),
    "dask_worker - INFO - Timed out starting worker": "did not start within `death_timeout`",
    "ConnectionRefusedError: [Errno 111] Connection refused": "cannot reach the scheduler.",
    "OSError: [Errno 113] No route to host": "cannot reach the scheduler.",
    "ValueError: 'ib7' is not a valid network interface. Valid network interfaces are: ['lo']": (
        "no network interface ib7"
    ),
    "PermissionError: [Errno 13] Permission denied: '/scratch/other'": (
        "has no permission for a file that it needs (/scratch/other)"
    ),
    "/bin/sh: 1: /opt/x: Permission denied": "has no permission for a file that it needs.",
}


@pytest.mark.parametrize(("log", "told"), CASES.items())
def test_known_causes_get_a_plain_sentence(log: str, told: str) -> None:
    assert told in diagnose(f"some line before\n{log}\nand one after")


@pytest.mark.parametrize("log", ["", "Traceback\nValueError: 3", "Start worker at: tls://1.2.3.4"])
def test_what_is_not_known_is_not_guessed(log: str) -> None:
    assert diagnose(log) == ""


def test_the_last_words_of_a_log_begin_with_its_cause() -> None:
    cause = "OSError: Timed out trying to connect to tls://10.0.0.1:8786 after 30 s"
    traceback = [f'  File "x.py", line {number}' for number in range(60)]
    log = "\n".join(["Start", cause, *traceback])
    assert last_words(log).splitlines() == [cause, *traceback[-20:]]
    assert last_words("\n".join([*traceback, cause])).splitlines() == [*traceback[-19:], cause]
    assert last_words("\n".join(traceback[:3])).splitlines() == traceback[:3]
    assert last_words("") == ""
