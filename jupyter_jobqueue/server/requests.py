"""The bodies and queries of requests, which are schemas of `openapi.yaml` too.

Docstrings become descriptions.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from typing_extensions import TypeAliasType

from jupyter_jobqueue.server.validation import Model, field_error

Count = Annotated[int, Field(ge=0)]
Stream = Literal["stdout", "stderr"]
Options = TypeAliasType(
    "Options",
    Annotated[
        dict[str, Any],
        Field(
            description="Option values by name; see the schema of the batch system. "
            "Null means not set."
        ),
    ],
)
"""A named type, so that it has a schema of its own."""


class Adapt(Model):
    """Both bounds in jobs, or `enabled` false to keep the current number of jobs."""

    enabled: bool = True
    minimum: Count | None = None
    maximum: Count | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        given = [name for name in ("minimum", "maximum") if getattr(self, name) is not None]
        if self.enabled and len(given) < 2:
            missing = "minimum" if "minimum" not in given else "maximum"
            raise field_error(f"{missing} is missing; it must be a number of jobs", missing)
        if given and not self.enabled:
            raise field_error(f'{given[0]} is not valid with "enabled": false', given[0])
        if (self.minimum or 0) > (self.maximum or 0):
            raise field_error(
                f"minimum={self.minimum} is more than maximum={self.maximum}", "minimum"
            )
        return self

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Minimum and maximum of jobs; None for a fixed size."""
        return (self.minimum or 0, self.maximum or 0) if self.enabled else None


class Scale(Model):
    """Exactly one size."""

    jobs: Count | None = None
    workers: Count | None = None
    cores: Count | None = None
    memory: Count | str | None = None
    """Bytes, or text such as `10 GB`."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self.size) != 1:
            given = " and ".join(self.size) or "none"
            raise field_error(f"give one of jobs, workers, cores or memory, not {given}", "jobs")
        return self

    @property
    def size(self) -> dict[str, int | str]:
        """The size by its unit."""
        return self.model_dump(exclude_none=True)


class Wanted(Model):
    """What a cluster shall be made of."""

    profile: str | None = None
    system: str | None = None
    options: Options = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if self.profile is None and self.system is None:
            raise field_error("profile or system is required", "profile")
        return self


class Preview(Wanted):
    """A cluster to preview; `profile` or `system` is required."""

    notebook: str | None = None
    """Name of the kernel of the notebook that will use the cluster, to compare versions."""


class Create(Wanted):
    """A new cluster; `profile` or `system` is required, `jobs` and `adapt` exclude each other."""

    name: Annotated[str, Field(min_length=1)] | None = None
    """The name of the profile with a number, such as `slurm-1`, if not given."""
    jobs: Count | None = None
    adapt: Adapt | None = None

    @model_validator(mode="after")
    def _is_one_size(self) -> Self:
        if self.jobs is not None and self.adapt is not None:
            raise field_error(
                "give jobs for a fixed size or adapt for an adaptive one, not both", "adapt"
            )
        return self


class Query(Model):
    """Base of the queries of URLs, whose values are text."""

    model_config = ConfigDict(strict=False)


class SystemsQuery(Query):
    """How to list the batch systems."""

    refresh: Annotated[str, Field(json_schema_extra={"enum": ["0", "1"]})] = "0"
    """1 to query the batch systems again; their answers are kept for a minute."""


class SchemaQuery(Query):
    """Which values the schema has as defaults."""

    profile: str | None = None
    """Profile whose values are the defaults; the batch system's own if not given."""


class LogQuery(Query):
    """Which part of a job's output to return."""

    stream: Stream = "stdout"
    tail: Annotated[int, Field(ge=1, le=10_000)] = 200
    """Number of lines."""
