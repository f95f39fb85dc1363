"""What may be asked for on this server: checks wishes and makes plans of them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from itertools import count
from typing import Any

from traitlets import Bool, Float, Integer, List, Unicode, default
from traitlets.config import LoggingConfigurable

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.cluster.request import ClusterSpec, build_spec
from jupyter_jobqueue.discovery import Systems
from jupyter_jobqueue.errors import InvalidOption, WrongState
from jupyter_jobqueue.options import profiles


class Planner(LoggingConfigurable):
    """Knows the batch systems, the profiles and the limits of this server."""

    max_jobs = Integer(1000, min=1, help="Most jobs that one cluster may want.").tag(config=True)
    allowed_systems = List(
        Unicode(),
        help="Batch systems that may be used, such as ['slurm']; all that are known if not set.",
    ).tag(config=True)
    query_timeout = Float(
        3.0,
        min=0.1,
        help="Seconds to wait for a batch system's version or queues when all are listed.",
    ).tag(config=True)
    encrypted = Bool(
        True, help="Whether the clusters use TLS; without it anybody on the machine can use them."
    ).tag(config=True)

    @default("allowed_systems")
    def _all_systems(self) -> list[str]:
        return list(ADAPTERS)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.systems = Systems(self.allowed_systems, self.query_timeout)

    @property
    def names(self) -> set[str]:
        """Names that are taken."""
        return set()

    async def preview(
        self, *, profile: str | None, system: str | None, options: Mapping[str, Any]
    ) -> dict[str, str]:
        """Return the script and command that a cluster would submit; nothing is sent."""
        await self.systems.learn_dialects()
        script, command = self._spec(profile, system, options).preview()
        return {"script": script, "command": command}

    def _spec(
        self,
        profile: str | None,
        system: str | None,
        options: Mapping[str, Any],
        name: str | None = None,
    ) -> ClusterSpec:
        chosen = profiles.profile(
            profile or self.systems.known(system or ""), system and self.systems.known(system)
        )
        unique = self._name(chosen.name, name)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            spec = build_spec(
                chosen.system,
                options,
                config_name=chosen.name,
                name=unique,
                encrypted=self.encrypted,
            )
        for each in told:
            self.log.warning("%s", each.message)
        return spec

    def _name(self, profile: str, name: str | None) -> str:
        taken = self.names
        if name in taken:
            raise WrongState(
                f"there is a cluster named {name!r} already; choose another name", field="name"
            )
        stem = re.sub(r"[^A-Za-z0-9._-]", "-", profile)[:48]
        return (
            name
            if name is not None
            else next(n for i in count(1) if (n := f"{stem}-{i}") not in taken)
        )

    def _check_size(self, field: str, jobs: int) -> None:
        if jobs > self.max_jobs:
            raise InvalidOption(
                f"{field}: {jobs} jobs are more than a cluster may have on this server, which is "
                f"{self.max_jobs} (ClusterManager.max_jobs)",
                field=field,
            )
