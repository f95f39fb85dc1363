"""The base of all answers, and the answer to an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from jupyter_jobqueue.errors import JobQueueError


class ResponseModel(BaseModel):
    """Base of all answers: every field is always there, and there are no others."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        from_attributes=True,
        json_schema_serialization_defaults_required=True,
        use_attribute_docstrings=True,
    )


class ErrorModel(ResponseModel):
    """An error."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    message: str
    """One sentence for people."""
    reason: str | None
    """Class of the error."""
    field: str = ""
    """The part of the input that is wrong, such as `options.cores`."""
    details: str = ""
    """Output of the batch system or of a log."""


def error_body(error: JobQueueError) -> Mapping[str, Any]:
    """Return the body of the answer to an error of this package.

    Parameters
    ----------
    error : JobQueueError
        The error.

    Returns
    -------
    Mapping
        The fields of `ErrorModel`; optional ones only if they are not empty.
    """
    model = ErrorModel(
        message=error.message,
        reason=type(error).__name__,
        field=error.field,
        details=error.details,
    )
    return model.model_dump(exclude_defaults=True)
