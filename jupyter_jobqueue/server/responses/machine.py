"""Answers about the batch systems and profiles of the machine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from jupyter_jobqueue.server.requests import Options
from jupyter_jobqueue.server.responses.base import ResponseModel


class QueueModel(ResponseModel):
    """A queue or partition; null means no limit, or not known."""

    name: str
    default: bool
    open: bool
    max_walltime: int | None
    """Seconds."""
    default_walltime: int | None
    """Seconds."""
    max_cores: int | None
    """Cores of the largest node."""
    max_memory: int | None
    """Bytes of the largest node."""
    nodes: int | None


class SystemModel(ResponseModel):
    """A batch system."""

    system: str
    label: str
    usable: bool
    reason: str
    """Why it cannot be used; empty if it can."""
    version: str
    queues: list[QueueModel]
    warning: str
    """Why version or queues are not known; empty if they are."""


class ProfileModel(ResponseModel):
    """A section of `jobqueue` in the Dask configuration."""

    name: str
    system: str
    label: str
    usable: bool
    reason: str
    """Why its batch system cannot be used; empty if it can."""
    origin: str
    """The file that sets it, or `built-in`."""
    options: Options
    problems: list[str]
    """Sentences about unknown keys and invalid values."""


class OptionSchemaModel(ResponseModel):
    """JSON schema of one option; it may have further keywords."""

    model_config = ConfigDict(extra="allow")

    type: Literal["integer", "number", "string", "boolean", "array"]
    title: str
    description: str
    group: Annotated[Literal["main", "more"], Field(alias="x-group")]
    """Whether a form shows it at once or under *More options*."""


class OptionsSchemaModel(ResponseModel):
    """JSON schema of the options of a batch system; its properties are in the order of the form."""

    type: Literal["object"]
    title: str
    properties: dict[str, OptionSchemaModel]
    required: list[str]


class JobScriptModel(ResponseModel):
    """A job script and the command that submits it."""

    script: str
    command: str


class EnvironmentModel(ResponseModel):
    """The Python that runs the scheduler and the workers."""

    executable: str
    python: str
    """Version."""
    packages: dict[str, str | None]
    """Version of each package on which computing depends; null if it is not installed."""
    differences: list[str]
    """Sentences about versions that differ from those of the notebook."""


class JobScriptPreviewModel(JobScriptModel):
    """What would be submitted, and in which environment it would run."""

    environment: EnvironmentModel | None
    """Null if it is not on this machine: it may be on the compute nodes."""
