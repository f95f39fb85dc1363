"""The environment of other programs: ours, without secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping

SECRETS = re.compile(r"JUPYTERHUB_.*|JPY_.*|JUPYTER_TOKEN|CONFIGPROXY_AUTH_TOKEN")
"""Variables with the tokens of a Hub. Batch systems pass the environment on to jobs, whose scripts
and logs can show it."""


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the tokens of the Jupyter server.

    Parameters
    ----------
    environment : Mapping
        Environment variables.

    Examples
    --------
    >>> without_secrets({"HOME": "/home/me", "JUPYTERHUB_API_TOKEN": "secret"})
    {'HOME': '/home/me'}
    """
    return {key: value for key, value in environment.items() if not SECRETS.fullmatch(key)}
