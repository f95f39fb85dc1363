"""The policy of one Jupyter server: its limits, batch systems and profiles."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from traitlets import Bool, Float, Integer, List, Unicode, default
from traitlets.config import LoggingConfigurable

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.batch.threads import RECORDS
from jupyter_jobqueue.cluster.environment import check_environment, kernel_environment
from jupyter_jobqueue.cluster.request import ClusterSpec, build_spec
from jupyter_jobqueue.discovery import Discovery
from jupyter_jobqueue.environments.compare import differences
from jupyter_jobqueue.environments.kernels import Find, find
from jupyter_jobqueue.environments.launcher import Kernel
from jupyter_jobqueue.environments.versions import Environment
from jupyter_jobqueue.errors import InvalidOption, TooSlow, WrongState, shortened
from jupyter_jobqueue.options import profiles
from jupyter_jobqueue.server.responses import EnvironmentModel, JobScriptPreviewModel


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
        self.find_kernel: Find = find

    @property
    def names(self) -> set[str]:
        """Names of existing clusters."""
        return set()

    async def preview(
        self,
        *,
        profile: str | None,
        system: str | None,
        options: Mapping[str, Any],
        notebook: str | None = None,
    ) -> JobScriptPreviewModel:
        """Return script, command and environment of a cluster without submitting anything.

        Parameters
        ----------
        profile, system : str, optional
            A section of the configuration, or a batch system.
        options : Mapping
            Options of its jobs, which override the profile.
        notebook : str, optional
            Kernel of the notebook that will use the cluster.

        Returns
        -------
        JobScriptPreviewModel
            Script, command and environment.

        Raises
        ------
        InvalidOption
            If a value is invalid, or if the environment cannot run workers.
        NotFound
            If there is no such profile or batch system.
        TooSlow
            If the kernel cannot be looked up.
        """
        spec = self._named(await self._spec(profile, system, options), None)
        script, command = spec.preview()
        return JobScriptPreviewModel(
            script=script, command=command, environment=await self._environment(spec, notebook)
        )

    async def _environment(
        self, spec: ClusterSpec, notebook: str | None
    ) -> EnvironmentModel | None:
        found = await check_environment(spec.options)
        if found is None:
            return None
        return EnvironmentModel(
            executable=found.executable,
            python=found.python,
            packages=dict(found.packages),
            differences=await self._differences(found, spec, notebook) if notebook else [],
        )

    async def _differences(self, found: Environment, spec: ClusterSpec, notebook: str) -> list[str]:
        if notebook == spec.options["kernel"]:
            return []
        try:
            theirs = await kernel_environment(await self._kernel(notebook), spec.options)
        except (InvalidOption, TooSlow) as error:
            return [f"the versions of the notebook are not known: {error.message}"]
        return differences(found, theirs, "the notebook") if theirs else []

    async def _kernel(self, name: str) -> Kernel:
        """Find a kernel outside the event loop, as some servers have to search for it."""
        try:
            return await RECORDS.run(self.find_kernel, name)
        except TimeoutError:
            raise TooSlow(
                f"kernel {shortened(name)} cannot be looked up", field="options.kernel"
            ) from None

    async def _spec(
        self,
        profile: str | None,
        system: str | None,
        options: Mapping[str, Any],
        name: str | None = None,
    ) -> ClusterSpec:
        await self.discovery.detect_dialects()
        chosen = profiles.profile(
            profile or self.discovery.known(system or ""), system and self.discovery.known(system)
        )
        stem = re.sub(r"[^A-Za-z0-9._-]", "-", chosen.name)[:48]
        wanted = options.get("kernel") or (
            "" if options.get("python") else chosen.options.get("kernel")
        )
        kernel = await self._kernel(wanted) if isinstance(wanted, str) and wanted else None
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            spec = build_spec(
                chosen.system,
                options,
                config_name=chosen.name,
                name=name if name is not None else stem,
                encrypted=self.encrypted,
                find_kernel=(lambda _: kernel) if kernel else self.find_kernel,
            )
        for warning in warned:
            self.log.warning("%s", warning.message)
        return spec

    def _named(self, spec: ClusterSpec, name: str | None) -> ClusterSpec:
        """Return a spec with the name wanted or, if that is None, the next of its profile."""
        taken = self.names
        if name in taken:
            raise WrongState(
                f"a cluster named {shortened(name)} exists already; choose another name",
                field="name",
            )
        free = (n for i in count(1) if (n := f"{spec.name}-{i}") not in taken)
        return replace(spec, name=next(free) if name is None else name)

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
