"""What a request may carry: strict models that guess nothing, and whose refusals name the field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, NoReturn, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from jupyter_jobqueue.errors import InvalidOption, unknown

Count = Annotated[int, Field(ge=0)]
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
}


class Model(BaseModel):
    """Base of what a request carries."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read a JSON body; `InvalidOption` says what is wrong with it."""
        value = read_json(body)
        if not isinstance(value, dict):
            raise InvalidOption(f"the body must be a JSON object, not {_kind(value)}")
        return cls.check(value)

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> Self:
        """Check values that are no longer text; `InvalidOption` says what is wrong with them."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            _refuse(cls, error.errors(include_url=False)[0])


class Adapt(Model):
    """``{minimum, maximum}`` in jobs, or ``{"enabled": false}``."""

    enabled: bool = True
    minimum: Count | None = None
    maximum: Count | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        given = [name for name in ("minimum", "maximum") if getattr(self, name) is not None]
        if self.enabled and len(given) < 2:
            missing = "minimum" if "minimum" not in given else "maximum"
            raise _wrong(f"{missing} is missing: a number of jobs", missing)
        if given and not self.enabled:
            raise _wrong(f'{given[0]} makes no sense with "enabled": false', given[0])
        if (self.minimum or 0) > (self.maximum or 0):
            raise _wrong(f"minimum={self.minimum} is more than maximum={self.maximum}", "minimum")
        return self

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Minimum and maximum of jobs; None to stop adapting."""
        return (self.minimum or 0, self.maximum or 0) if self.enabled else None


class Scale(Model):
    """One size: jobs, workers, cores or memory."""

    jobs: Count | None = None
    workers: Count | None = None
    cores: Count | None = None
    memory: Count | str | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self.size) != 1:
            told = " and ".join(self.size) or "none"
            raise _wrong(f"one of jobs, workers, cores or memory must be given, not {told}", "jobs")
        return self

    @property
    def size(self) -> dict[str, int | str]:
        """The sizes that are given."""
        return self.model_dump(exclude_none=True)


class Preview(Model):
    """What to show the job script for."""

    profile: str | None = None
    system: str | None = None
    options: dict[str, Any] = {}

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if self.profile is None and self.system is None:
            raise _wrong("profile or system must be given", "profile")
        return self


class Create(Preview):
    """A new cluster."""

    name: Annotated[str, Field(min_length=1)] | None = None
    jobs: Count | None = None
    adapt: Adapt | None = None

    @model_validator(mode="after")
    def _is_one_size(self) -> Self:
        if self.jobs is not None and self.adapt is not None:
            raise _wrong(
                "jobs and adapt cannot both be given: a fixed size or an adaptive one", "adapt"
            )
        return self


class LogQuery(Model):
    """Which part of a job's output to show; comes as text from the URL."""

    model_config = ConfigDict(strict=False)

    stream: str = "stdout"
    tail: Annotated[int, Field(ge=1, le=10_000)] = 200


def read_json(body: bytes) -> Any:
    """Read JSON as the standard has it: without NaN and Infinity."""
    try:
        return json.loads(body, parse_constant=_no_constant)
    except RecursionError:
        raise InvalidOption("the body is JSON that is nested too deeply") from None
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
    """Raise the error of one field in our words."""
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
    """Return the names of all fields, of ``adapt`` too: other parts of a location name types."""
    return {*model.model_fields, *Adapt.model_fields}


def _fields(model: type[Model], path: list[str]) -> set[str]:
    return set((Adapt if path else model).model_fields)


def _dotted(path: Any) -> str:
    return ".".join(str(part) for part in path if part)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
