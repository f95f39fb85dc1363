"""The answers of the REST interface, one model per schema of `openapi.yaml`.

The name of a schema is that of its model without ``Model``; docstrings become its descriptions.
Times are seconds since the epoch.
"""

from jupyter_jobqueue.server.responses.base import ErrorModel, error_body
from jupyter_jobqueue.server.responses.cluster import (
    ClientCodeModel,
    ClusterModel,
    DecisionModel,
    JobCountsModel,
    JobModel,
    LogModel,
    NoteModel,
    NoticeModel,
    RangeModel,
)
from jupyter_jobqueue.server.responses.machine import (
    EnvironmentModel,
    JobScriptModel,
    JobScriptPreviewModel,
    OptionSchemaModel,
    OptionsSchemaModel,
    ProfileModel,
    QueueModel,
    SystemModel,
)

__all__ = [
    "ClientCodeModel",
    "ClusterModel",
    "DecisionModel",
    "EnvironmentModel",
    "ErrorModel",
    "JobCountsModel",
    "JobModel",
    "JobScriptModel",
    "JobScriptPreviewModel",
    "LogModel",
    "NoteModel",
    "NoticeModel",
    "OptionSchemaModel",
    "OptionsSchemaModel",
    "ProfileModel",
    "QueueModel",
    "RangeModel",
    "SystemModel",
    "error_body",
]
