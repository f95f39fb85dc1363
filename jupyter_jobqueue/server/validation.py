"""Strict models for requests, whose errors name the field, the value, and what is valid."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, Self, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from jupyter_jobqueue.errors import InvalidOption, shortened, unknown

DEEPEST = 20
"""Lists and objects within each other that a body may have."""

VALID = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "string_type": "text",
    "string_too_short": "non-empty text",
    "string_unicode": "valid Unicode text",
    "bool_type": "true or false",
    "model_type": "a JSON object",
    "dict_type": "a JSON object",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "literal_error": "{expected}",
}
"""What is valid instead, by the type of a pydantic error."""


class Model(BaseModel):
    """Base of all requests."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read the body of a request.

        Parameters
        ----------
        body : bytes
            JSON.

        Returns
        -------
        Model
            The checked values.

        Raises
        ------
        InvalidOption
            With the invalid field.
        """
        value = read_json(body)
        if not isinstance(value, dict):
            raise InvalidOption(f"the body must be a JSON object, not {_kind(value)}")
        return cls.check(value)

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> Self:
        """Check the values of a request.

        Parameters
        ----------
        values : Mapping
            Values by name.

        Returns
        -------
        Model
            The checked values.

        Raises
        ------
        InvalidOption
            With the invalid field.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise _invalid(cls, error.errors(include_url=False)[0]) from None


def field_error(sentence: str, field: str) -> PydanticCustomError:
    """Return an error to raise in a validator of a model.

    Parameters
    ----------
    sentence : str
        The message for people.
    field : str
        The invalid field of the model.

    Returns
    -------
    PydanticCustomError
        The error; `Model.check` turns it into an `InvalidOption`.
    """
    return PydanticCustomError("sentence", "{sentence}", {"sentence": sentence, "field": field})


def read_json(body: bytes) -> Any:
    """Read JSON according to the standard, which has neither NaN nor Infinity.

    Parameters
    ----------
    body : bytes
        JSON.

    Returns
    -------
    Any
        Its value.

    Raises
    ------
    InvalidOption
        If it is not JSON, or has text that cannot be encoded.
    """
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except RecursionError:
        raise InvalidOption("the body is JSON that is nested too deeply") from None
    except ValueError as error:
        raise InvalidOption(f"the body is not JSON: {error}") from None
    if _depth(value) > DEEPEST:
        raise InvalidOption(f"the body is JSON that is nested too deeply: {DEEPEST} levels will do")
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidOption("the body is not JSON: it has a lone surrogate character") from None
    return value


def _depth(value: Any) -> int:
    """Return how many lists and objects are within each other, at the most."""
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        level = [
            inner for each in level for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return depth


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    return {list: "a list", str: "a text", bool: "true or false"}.get(type(value), "a number")


def _invalid(model: type[Model], error: ErrorDetails) -> InvalidOption:
    path, known = _locate(model, error["loc"])
    context = error.get("ctx", {})
    if error["type"] == "extra_forbidden":
        name = str(error["loc"][-1])
        return unknown("field", name, known, field=".".join([*path, name]))
    if error["type"] == "sentence":
        field = ".".join([*path, context["field"]])
        return InvalidOption(context["sentence"], field=field)
    valid = VALID.get(error["type"], "valid: " + error["msg"]).format(**context)
    field = ".".join(path)
    return InvalidOption(f"{field} must be {valid}, not {shortened(error['input'])}", field=field)


def _locate(model: type[BaseModel], location: Sequence[int | str]) -> tuple[list[str], set[str]]:
    """Return the path of a field and the names of the fields beside it or in it.

    The other parts of the location of an error are names of types.
    """
    path: list[str] = []
    current: type[BaseModel] | None = model
    known = set(model.model_fields)
    for part in map(str, location):
        if current is not None and part in current.model_fields:
            path.append(part)
            current = _model_in(current.model_fields[part].annotation)
            known = set(current.model_fields) if current else known
    return path, known


def _model_in(annotation: Any) -> type[BaseModel] | None:
    kinds = [each for each in (annotation, *get_args(annotation)) if isinstance(each, type)]
    return next((each for each in kinds if issubclass(each, BaseModel)), None)
