"""What adapters need to know of this machine: it is read here, as adapters read nothing."""

from __future__ import annotations

import getpass
import os
import pwd
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.errors import InvalidOption


@cache
def login_name() -> str:
    """Return the name of the user in batch systems, by user id, as LOGNAME may be stale."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container without an entry for its user
        return getpass.getuser()


def with_site_options(adapter: Adapter, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with what the site sets where the user leaves them open.

    A cluster does this once, before its first script: a preview is then what is submitted, however
    the environment and the configuration of the site change.

    Parameters
    ----------
    adapter : Adapter
        The batch system.
    options : Mapping
        Option values by name; missing ones and empty texts mean open, None means none.
    """
    environment = dict(os.environ)
    config = _text(adapter.config_file(environment))
    of_site = adapter.site_options(environment, config)
    return {**options, **{name: of_site[name] for name in of_site if options.get(name, "") == ""}}


def refuse_elsewhere(adapter: Adapter, options: Mapping[str, Any]) -> None:
    """Refuse options with which jobs go where they could neither be seen nor cancelled.

    Parameters
    ----------
    adapter : Adapter
        The batch system.
    options : Mapping
        Checked options.

    Raises
    ------
    InvalidOption
        It says what to do instead.
    """
    if sentence := adapter.elsewhere(options, dict(os.environ)):
        raise InvalidOption(sentence, field="options.job_extra_directives")


def _text(path: str) -> str:
    """Return the text of a file; empty if there is none or it cannot be read."""
    try:
        return Path(path).read_text(errors="replace") if path else ""
    except OSError:
        return ""
