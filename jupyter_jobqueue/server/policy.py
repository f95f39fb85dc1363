"""The policy of one Jupyter server: its limits, batch systems and profiles."""

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
from jupyter_jobqueue.discovery import Discovery
from jupyter_jobqueue.errors import InvalidOption, WrongState, shortened
from jupyter_jobqueue.options import profiles
from jupyter_jobqueue.server.responses import JobScriptModel


class ServerPolicy(LoggingConfigurable):
    """Checks requests against the limits of this server and builds the specs of clusters.

    Parameters
    ----------
    **kwargs
        Traits.
    """

    max_jobs = Integer(1000, min=1, help="Maximum number of jobs per cluster.").tag(config=True)
    max_clusters = Integer(
        50, min=1, help="Maximum number of clusters that this server has at the same time."
    ).tag(config=True)
    allowed_systems = List(
        Unicode(),
        help="Batch systems that clusters may use, such as ['slurm']; all of them if not set.",
    ).tag(config=True)
    query_timeout = Float(
        3.0,
        min=0.1,
        help="Seconds to wait for the version and the queues of a batch system.",
    ).tag(config=True)
    encrypted = Bool(
        True,
        help="Whether clusters use TLS. Without TLS, everybody who can reach the scheduler can use "
        "the cluster.",
    ).tag(config=True)

    @default("allowed_systems")
    def _all_systems(self) -> list[str]:
        return list(ADAPTERS)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.discovery = Discovery(self.allowed_systems, self.query_timeout)

    @property
    def names(self) -> set[str]:
        """Names of existing clusters."""
        return set()

    async def preview(
        self, *, profile: str | None, system: str | None, options: Mapping[str, Any]
    ) -> JobScriptModel:
        """Return the script and command of a cluster without submitting anything.

        Parameters
        ----------
        profile : str or None
            Name of the profile; None for that of the batch system.
        system : str or None
            Batch system; None for that of the profile.
        options : Mapping
            Option values by name.

        Returns
        -------
        JobScriptModel
            Script and command.

        Raises
        ------
        InvalidOption
            If a value is invalid.
        NotFound
            If there is no such profile or batch system.
        """
        await self.discovery.detect_dialects()
        script, command = self._spec(profile, system, options).preview()
        return JobScriptModel(script=script, command=command)

    def _spec(
        self,
        profile: str | None,
        system: str | None,
        options: Mapping[str, Any],
        name: str | None = None,
    ) -> ClusterSpec:
        chosen = profiles.profile(
            profile or self.discovery.known(system or ""), system and self.discovery.known(system)
        )
        unique = self._name(chosen.name, name)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            spec = build_spec(
                chosen.system,
                options,
                config_name=chosen.name,
                name=unique,
                encrypted=self.encrypted,
            )
        for warning in warned:
            self.log.warning("%s", warning.message)
        return spec

    def _name(self, profile: str, name: str | None) -> str:
        taken = self.names
        if name in taken:
            raise WrongState(
                f"a cluster named {shortened(name)} exists already; choose another name",
                field="name",
            )
        stem = re.sub(r"[^A-Za-z0-9._-]", "-", profile)[:48]
        return (
            name
            if name is not None
            else next(n for i in count(1) if (n := f"{stem}-{i}") not in taken)
        )

    def _check_room(self) -> None:
        """Refuse one more cluster than this server may have."""
        if len(self.names) >= self.max_clusters:
            raise WrongState(
                f"there are {len(self.names)} clusters, and this server's limit is "
                f"{self.max_clusters} (ClusterManager.max_clusters); close one of them first"
            )

    def _check_size(self, field: str, jobs: int) -> None:
        if jobs > self.max_jobs:
            raise InvalidOption(
                f"{shortened(jobs)} jobs exceed this server's limit of {self.max_jobs} per cluster "
                "(ClusterManager.max_jobs)",
                field=field,
            )
