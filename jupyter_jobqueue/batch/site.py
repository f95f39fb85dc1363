"""Reads what adapters need to know about this machine, as adapters read nothing themselves."""

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
    """Return the user's login name, from the user id: LOGNAME may be wrong."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container without an entry for its user
        return getpass.getuser()


def with_site_options(adapter: Adapter, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with the site's values for those that the user does not set.

    A cluster does this once, before its first script. A preview then equals what is submitted, even
    if the environment or the configuration of the site changes.

    Parameters
    ----------
    adapter : Adapter
        The batch system.
    options : Mapping
        Option values by name; a missing value or an empty text means not set, None means none.
    """
    environment = dict(os.environ)
    config = _text(adapter.config_file(environment))
    of_site = adapter.site_options(environment, config)
    return {**options, **{name: of_site[name] for name in of_site if options.get(name, "") == ""}}


def refuse_elsewhere(adapter: Adapter, options: Mapping[str, Any]) -> None:
    """Refuse options that send jobs where this program can neither see nor cancel them.

    Parameters
    ----------
    adapter : Adapter
        The batch system.
    options : Mapping
        Checked options.

    Raises
    ------
    InvalidOption
        The message contains an alternative.
    """
    if sentence := adapter.elsewhere(options, dict(os.environ)):
        raise InvalidOption(sentence, field="options.job_extra_directives")


def _text(path: str) -> str:
    """Return the text of a file; empty if there is none or it cannot be read."""
    try:
        return Path(path).read_text(errors="replace") if path else ""
    except OSError:
        return ""
