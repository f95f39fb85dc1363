"""The request for a cluster, checked and complete before anything is started or submitted."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from distributed import Security
from distributed.utils import get_ip

from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.adapters.adapter import Adapter, JobSpec
from jupyter_jobqueue.adapters.text import quote
from jupyter_jobqueue.batch.command import command_line
from jupyter_jobqueue.batch.dialect import adapter_for
from jupyter_jobqueue.batch.site import refuse_elsewhere, with_site_options
from jupyter_jobqueue.cluster.environment import choose_one, with_interpreter
from jupyter_jobqueue.cluster.worker import worker_command
from jupyter_jobqueue.environments.kernels import Find, find
from jupyter_jobqueue.errors import InvalidOption, shortened
from jupyter_jobqueue.jobs.table import JobShape
from jupyter_jobqueue.options.check import check, refuse_unknown
from jupyter_jobqueue.options.common import options_of, renamed_of
from jupyter_jobqueue.options.profiles import resolve

OF_SCHEDULER = {"host", "dashboard_address", "port"}
"""Keywords of the scheduler that people often pass to the cluster."""
ENCRYPTED = {"tls://", "wss://"}
"""Protocols that require keys."""
PLACEHOLDER = "<insert-scheduler-address-here>"


@dataclass(frozen=True)
class ClusterSpec:
    """The request for a cluster, checked and complete.

    Parameters
    ----------
    system, profile : str
        Batch system, and the section of the configuration.
    name : str
        Name of the cluster; its workers are called ``name-0``, ``name-1`` and so on.
    options : Mapping
        Every option of a job, by name.
    scheduler_options : Mapping
        Keywords for `distributed.Scheduler`.
    protocol : str
        ``"tls://"`` or another of Dask's.
    """

    system: str
    profile: str
    name: str
    options: Mapping[str, Any]
    scheduler_options: Mapping[str, Any] = field(default_factory=dict)
    protocol: str = "tls://"

    @property
    def adapter(self) -> Adapter:
        """The batch system's adapter."""
        return adapter_for(self.system)

    @property
    def processes(self) -> int:
        """Workers in one job."""
        return int(self.options["processes"])

    @property
    def walltime(self) -> int | None:
        """Time limit of a job in seconds; None if there is none or it is not known."""
        return self.adapter.limit_sent(self._job_spec("", "", 1))

    @property
    def cores(self) -> int:
        """Cores that one job requests from the queue."""
        options = self.options
        return int(options.get("job_cpu") or options.get("ncpus") or options["cores"])

    @property
    def shape(self) -> JobShape:
        """The properties that all jobs share."""
        threads = max(1, int(self.options["cores"]) // self.processes)
        return JobShape(self.cores, self.processes, threads, self.walltime)

    @property
    def cancel_words(self) -> Sequence[str]:
        """Additional words for the command that cancels jobs."""
        return cancel_words(self.options)

    def job_spec(
        self,
        *,
        address: str = "",
        tls: Mapping[str, Any] | None = None,
        logs: str = "",
        first: int = 0,
        count: int = 1,
        tag: str = "",
    ) -> JobSpec:
        """Describe a submission.

        Parameters
        ----------
        address : str
            Address of the scheduler; a placeholder if empty.
        tls : Mapping, optional
            Keywords of `distributed.Security` that name files; None without encryption.
        logs : str
            Folder for the output of the jobs; the option ``log_directory`` if empty.
        first : int
            Number of the first job.
        count : int
            Number of jobs.
        tag : str
            Tag of the submission.
        """
        options, adapter = self.options, self.adapter
        name = _name(self.name, first, count, adapter.array_index)
        logs = logs or options["log_directory"] or ""
        spec = self._job_spec(tag, logs, count)
        command = worker_command(
            options,
            address=address or f"{self.protocol}{PLACEHOLDER}:8786",
            name=name,
            protocol=self.protocol,
            tls=tls or {},
            host=adapter.host,
            walltime=adapter.limit_sent(spec),
        )
        exit_file = quote(f"{logs}/") + f"{name}.exit" if logs else ""
        return replace(spec, command=command, exit_file=exit_file)

    def _job_spec(self, tag: str, logs: str, count: int) -> JobSpec:
        """Describe jobs without the command that they run."""
        options, adapter = self.options, self.adapter
        return JobSpec(
            command="",
            name=options["job_name"],
            cores=options["cores"],
            memory=options["memory"],
            count=count,
            tag=tag,
            logs=logs,
            shebang=options["shebang"],
            prologue=options["job_script_prologue"],
            epilogue=options["job_script_epilogue"],
            skip=options["job_directives_skip"],
            extra=options["job_extra_directives"],
            options={option.name: options[option.name] for option in adapter.options},
        )

    def preview(self, spec: JobSpec | None = None) -> tuple[str, str]:
        """Return the job script and the command that would submit it.

        Parameters
        ----------
        spec : JobSpec, optional
            The submission; by default, the first of a cluster that does not exist yet.
        """
        spec = spec or self.job_spec(tag="jobqueue-CLUSTER-0")
        return self.adapter.script(spec), command_line(self.adapter.submit(spec))

    def scheduler_keywords(self) -> dict[str, Any]:
        """Return the keywords of `distributed.Scheduler`."""
        chosen = {"dashboard_address": "127.0.0.1:0", "protocol": self.protocol}
        chosen.update(self.scheduler_options)
        if not {"host", "interface", "contact_address"} & set(chosen):
            interface = self.options["interface"]
            host = self.adapter.host or get_ip()
            chosen.update({"interface": interface} if interface else {"host": host})
        return chosen


def cancel_words(options: Mapping[str, Any]) -> Sequence[str]:
    """Return the words that the options add to the command that cancels jobs."""
    return options.get("cancel_command_extra") or ()


def build_spec(
    system: str,
    keywords: Mapping[str, Any],
    *,
    config_name: str | None = None,
    name: str | None = None,
    scheduler_options: Mapping[str, Any] | None = None,
    protocol: str | None = None,
    encrypted: bool = True,
    find_kernel: Find = find,
) -> ClusterSpec:
    """Combine profile and keywords, and check everything.

    Parameters
    ----------
    system : str
        A batch system.
    keywords : Mapping
        Option values by Python name; they override the profile.
    config_name : str, optional
        Profile; the batch system's own if None.
    name : str, optional
        Name of the cluster; that of the cluster class if None.
    scheduler_options : Mapping, optional
        Keywords of `distributed.Scheduler`; they override the profile.
    protocol : str, optional
        Protocol of Dask; ``"tls://"`` if None, or ``"tcp://"`` without encryption.
    encrypted : bool
        Whether the cluster uses TLS.
    find_kernel : callable
        Returns the Jupyter kernel of a name.

    Raises
    ------
    InvalidOption
        If something is invalid; `field` names it.

    Warns
    -----
    UserWarning
        About options that are valid but unlikely to be intended.
    """
    profile, options = resolve(system, config_name, keywords)
    adapter = adapter_for(system)
    checked = check(system, with_site_options(adapter, choose_one(keywords, options)))
    checked = with_interpreter(checked, find_kernel)
    refuse_elsewhere(adapter, checked)
    for sentence in adapter.warnings(checked):
        warnings.warn(sentence, UserWarning, stacklevel=3)
    return ClusterSpec(
        system=system,
        profile=profile.name,
        name=_checked_name(name or ADAPTERS[system].class_name),
        options=checked,
        scheduler_options={**profile.scheduler_options, **(scheduler_options or {})},
        protocol=_protocol(protocol, encrypted),
    )


def _protocol(protocol: str | None, encrypted: bool) -> str:
    chosen = protocol or ("tls://" if encrypted else "tcp://")
    chosen = chosen if chosen.endswith("://") else f"{chosen}://"
    if encrypted and chosen not in ENCRYPTED:
        raise InvalidOption(
            f"protocol={shortened(chosen)} does not encrypt; "
            "add security=False if this is intended",
            field="protocol",
        )
    return chosen


def _checked_name(name: str) -> str:
    allowed = name.replace("-", "").replace("_", "").replace(".", "").isalnum() and name.isascii()
    if not allowed or len(name) > 64:
        raise InvalidOption(
            f"name must be 1 to 64 letters, digits, '-', '_' or '.', not {shortened(name)}",
            field="name",
        )
    return name


def _name(name: str, first: int, count: int, index: str) -> str:
    if count == 1:
        return f"{name}-{first}"
    return f"{name}-$(({first} + {index}))" if first else f"{name}-{index}"


def check_keywords(
    class_name: str, system: str, options: Mapping[str, Any], init: Callable[..., None]
) -> None:
    """Refuse keywords that belong neither to the cluster nor to its jobs.

    Parameters
    ----------
    class_name : str
        Name of the cluster class, for the message.
    system : str
        A batch system.
    options : Mapping
        Keywords beyond the parameters of `init`.
    init : callable
        The constructor of the cluster classes.
    """
    for key in OF_SCHEDULER & set(options):
        raise InvalidOption(
            f"{key} is an option of the scheduler: "
            f"{class_name}(..., scheduler_options={{{key!r}: {options[key]!r}}})",
            field=key,
        )
    own = {name for name in inspect.signature(init).parameters if not name.startswith("_")}
    known = {*own - {"self", "options"}, *options_of(system), *renamed_of(system)}
    refuse_unknown(options, known, kind="keyword")


def encrypts(security: Security | bool | None) -> bool:
    """Return whether the keyword `security` of a cluster requires encryption."""
    if isinstance(security, Security):
        return bool(security.require_encryption)
    return security is not False
