"""The bodies and queries of requests: strict models, whose errors name the field and the value.

They are schemas of `openapi.yaml` too; docstrings become descriptions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NoReturn, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from typing_extensions import TypeAliasType

from jupyter_jobqueue.errors import InvalidOption, unknown

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
SENTENCES = {
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "bool_type": "must be true or false",
    "model_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be {expected}",
    "string_unicode": "must be valid Unicode text",
}


class Model(BaseModel):
    """Base of all requests."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read a JSON body, or raise `InvalidOption` with the name of the invalid field."""
        value = read_json(body)
        if not isinstance(value, dict):
            raise InvalidOption(f"the body must be a JSON object, not {_kind(value)}")
        return cls.check(value)

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> Self:
        """Check values by name, or raise `InvalidOption` with the name of the invalid field."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            _refuse(cls, error.errors(include_url=False)[0])


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
            raise _wrong(f"{missing} is missing; it must be a number of jobs", missing)
        if given and not self.enabled:
            raise _wrong(f'{given[0]} is not valid with "enabled": false', given[0])
        if (self.minimum or 0) > (self.maximum or 0):
            raise _wrong(f"minimum={self.minimum} is more than maximum={self.maximum}", "minimum")
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
            raise _wrong(f"give one of jobs, workers, cores or memory, not {given}", "jobs")
        return self

    @property
    def size(self) -> dict[str, int | str]:
        """The size by its unit."""
        return self.model_dump(exclude_none=True)


class Preview(Model):
    """A cluster to preview; `profile` or `system` is required."""

    profile: str | None = None
    system: str | None = None
    options: Options = {}

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if self.profile is None and self.system is None:
            raise _wrong("profile or system is required", "profile")
        return self


class Create(Preview):
    """A new cluster; `profile` or `system` is required, `jobs` and `adapt` exclude each other."""

    name: Annotated[str, Field(min_length=1)] | None = None
    """The name of the profile with a number, such as `slurm-1`, if not given."""
    jobs: Count | None = None
    adapt: Adapt | None = None

    @model_validator(mode="after")
    def _is_one_size(self) -> Self:
        if self.jobs is not None and self.adapt is not None:
            raise _wrong(
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


def read_json(body: bytes) -> Any:
    """Read JSON according to the standard, which has neither NaN nor Infinity."""
    try:
        value = json.loads(body, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()
        return value
    except RecursionError:
        raise InvalidOption("the body is JSON that is nested too deeply") from None
    except UnicodeEncodeError:
        raise InvalidOption("the body is not JSON: it has a lone surrogate character") from None
    except ValueError as error:
        raise InvalidOption(f"the body is not JSON: {error}") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    return {list: "a list", str: "a text", bool: "true or false"}.get(type(value), "a number")


def _wrong(sentence: str, field: str) -> PydanticCustomError:
    return PydanticCustomError("wrong", "{sentence}", {"sentence": sentence, "field": field})


def _refuse(model: type[Model], error: ErrorDetails) -> NoReturn:
    """Raise `InvalidOption` for the error of one field."""
    path = [str(part) for part in error["loc"] if str(part) in _names(model)]
    context = error.get("ctx", {})
    if error["type"] == "extra_forbidden":
        raise unknown(
            "field", str(error["loc"][-1]), _fields(model, path), field=_dotted(error["loc"])
        )
    if error["type"] == "wrong":
        raise InvalidOption(context["sentence"], field=_dotted((*path, context["field"])))
    sentence = SENTENCES.get(error["type"], error["msg"]).format(**context)
    raise InvalidOption(f"{_dotted(path)}={_short(error['input'])} {sentence}", field=_dotted(path))


def _names(model: type[Model]) -> set[str]:
    """Return the names of all fields, those of ``adapt`` included.

    The other parts of the location of an error are types.
    """
    return {*model.model_fields, *Adapt.model_fields}


def _fields(model: type[Model], path: list[str]) -> set[str]:
    return set((Adapt if path else model).model_fields)


def _dotted(path: Any) -> str:
    return ".".join(str(part) for part in path if part)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
