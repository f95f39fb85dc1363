"""What of this program's environment others may see."""

from __future__ import annotations

import re
from collections.abc import Mapping

SECRETS = re.compile(r"JUPYTERHUB_.*|JPY_.*|JUPYTER_TOKEN|CONFIGPROXY_AUTH_TOKEN")
"""Variables with which a Hub lets its servers in. Batch systems hand the environment on to jobs,
where scripts and logs show it."""


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
