"""Says what differs between two environments, and what one of them lacks."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from jupyter_jobqueue.environments.versions import PACKAGES, Environment, ours
from jupyter_jobqueue.errors import InvalidOption

OLDEST = (2024, 8)
"""The oldest Dask that works, which `pyproject.toml` says too."""
NEEDED = ("distributed", "dask")


def require_dask(environment: Environment, words: Sequence[str], field: str) -> None:
    """Refuse an environment that cannot run a scheduler or workers.

    Parameters
    ----------
    environment : Environment
        What the interpreter has.
    words : sequence of str
        Its command, for the advice.
    field : str
        The part of the input that named it.

    Raises
    ------
    InvalidOption
        With the command that installs what is missing.
    """
    install = f"{shlex.join(words)} -m pip install distributed=={ours().packages['distributed']}"
    for name in NEEDED:
        version = environment.packages[name]
        if version is None:
            raise InvalidOption(
                f"{environment.executable} has no {name}, which workers need; install it with: "
                f"{install}",
                field=field,
            )
        if _release(version) < OLDEST:
            raise InvalidOption(
                f"{environment.executable} has {name} {version}, but "
                f"{'.'.join(map(str, OLDEST))} or newer is needed; install it with: {install}",
                field=field,
            )


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def differences(environment: Environment, other: Environment, whose: str) -> list[str]:
    """Return a sentence for each difference that can break work on a cluster.

    Parameters
    ----------
    environment : Environment
        That of scheduler and workers.
    other : Environment
        That of the client.
    whose : str
        Whose that is, such as ``"the notebook"``.
    """
    pairs: list[tuple[str, str | None, str | None]]
    pairs = [("Python", _minor(environment.python), _minor(other.python))]
    pairs += [(name, environment.packages[name], other.packages[name]) for name in PACKAGES]
    # What only one of them has matters where work uses it, and is then told by Python itself.
    return [
        f"{name} is {theirs} on the workers and {own} in {whose}"
        for name, theirs, own in pairs
        if theirs and own and theirs != own
    ]


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
