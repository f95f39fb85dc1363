"""The operations of the REST interface, from which `openapi.yaml` is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jupyter_jobqueue.server.requests import (
    Adapt,
    Create,
    LogQuery,
    Preview,
    Query,
    Scale,
    SchemaQuery,
    SystemsQuery,
)
from jupyter_jobqueue.server.responses import (
    ClientCodeModel,
    ClusterModel,
    JobModel,
    JobScriptModel,
    JobScriptPreviewModel,
    LogModel,
    NoticeModel,
    OptionsSchemaModel,
    ProfileModel,
    SystemModel,
)
from jupyter_jobqueue.server.validation import Model


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Parameters
    ----------
    method, path : str
        The method, and the path below ``/jobqueue/api/``.
    id, summary : str
        Its name and one sentence.
    answer : str
        Description of a successful answer.
    result : type, optional
        Model of a successful answer, or a list of models; None for an empty answer.
    status : int
        Status of a successful answer.
    errors : tuple of int
        Statuses of errors, beside 403.
    body : type of Model, optional
        Model of the request's body.
    query : type of Query, optional
        Model of the URL's query.
    description : str
        Further sentences.
    """

    method: str
    path: str
    id: str
    summary: str
    answer: str
    result: Any = None
    status: int = 200
    errors: tuple[int, ...] = ()
    body: type[Model] | None = None
    query: type[Query] | None = None
    description: str = ""

    @property
    def tag(self) -> str:
        """The group that the operation belongs to."""
        return "clusters" if self.path.startswith(("clusters", "notices")) else "choose"


TAGS = {
    "choose": "Batch systems, profiles and options to choose from.",
    "clusters": "Clusters, their jobs, and notices about clusters that no longer exist.",
}

PATH_PARAMETERS = {
    "system": "A batch system, such as `slurm`.",
    "id": "Id of a cluster or notice.",
    "job": "Name of a job.",
}

ERRORS = {
    400: ("BadInput", "A value is not valid; nothing has changed."),
    403: ("Forbidden", "Not logged in, or no permission."),
    404: ("Unknown", "There is no such thing."),
    409: ("WrongState", "Not possible in the current state."),
    413: ("TooLarge", "The body of the request is larger than any that is needed."),
    502: ("QueueFailed", "The batch system failed; `details` has its output."),
    504: ("TooSlow", "A file system or the batch system did not answer in time."),
}

CLUSTER_NOW = "The cluster in its current state."
SCRIPT = "Script and command."

OPERATIONS = (
    Operation(
        "get",
        "systems",
        "listSystems",
        "List the batch systems with version and queues, and why some cannot be used.",
        "Every batch system that this project supports.",
        list[SystemModel],
        query=SystemsQuery,
    ),
    Operation(
        "get",
        "systems/{system}/schema",
        "getSchema",
        "Get the JSON schema of the options of a job, from which a form can be built.",
        "An object schema; its properties are in the order of the form.",
        OptionsSchemaModel,
        query=SchemaQuery,
        errors=(400, 404),
    ),
    Operation(
        "get",
        "profiles",
        "listProfiles",
        "List the profiles: the sections of `jobqueue` in the Dask configuration.",
        "Every profile of a supported batch system.",
        list[ProfileModel],
        errors=(504,),
    ),
    Operation(
        "post",
        "job-script",
        "previewJobScript",
        "Preview the job script and submit command of a cluster, without starting anything.",
        "Script, command and environment.",
        JobScriptPreviewModel,
        body=Preview,
        errors=(400, 404, 504),
    ),
    Operation(
        "get",
        "clusters",
        "listClusters",
        "List the clusters, oldest first.",
        "Every cluster; the `detail` of one that cannot be read gives the reason.",
        list[ClusterModel],
    ),
    Operation(
        "post",
        "clusters",
        "createCluster",
        "Create a cluster; the answer comes at once, and the cluster starts in the background.",
        "The new cluster, in state `starting`.",
        ClusterModel,
        status=201,
        body=Create,
        errors=(400, 404, 409, 502, 504),
    ),
    Operation(
        "get",
        "clusters/{id}",
        "getCluster",
        "Get a cluster.",
        CLUSTER_NOW,
        ClusterModel,
        errors=(404,),
    ),
    Operation(
        "delete",
        "clusters/{id}",
        "closeCluster",
        "Cancel all jobs of a cluster, pending ones included, and stop its scheduler.",
        "The cluster is closed or closing.",
        status=204,
        errors=(404,),
        description="Waits a few seconds at most. If the batch system needs longer, the cluster "
        "stays in the list as `closing`.",
    ),
    Operation(
        "post",
        "clusters/{id}/scale",
        "scaleCluster",
        "Set a fixed size, rounded up to whole jobs.",
        CLUSTER_NOW,
        ClusterModel,
        body=Scale,
        errors=(400, 404, 409, 502),
    ),
    Operation(
        "post",
        "clusters/{id}/adapt",
        "adaptCluster",
        "Let the number of jobs follow the workload, or keep the current number.",
        CLUSTER_NOW,
        ClusterModel,
        body=Adapt,
        errors=(400, 404, 409, 502),
    ),
    Operation(
        "post",
        "clusters/{id}/retry",
        "retryCluster",
        "Resume submitting after the batch system rejected jobs or too many ended early.",
        CLUSTER_NOW,
        ClusterModel,
        errors=(404, 409, 502),
    ),
    Operation(
        "post",
        "clusters/{id}/restart",
        "restartCluster",
        "Replace a cluster that has failed by a new one with the same name, options and size.",
        "The new cluster, in state `starting`; it has another id.",
        ClusterModel,
        status=201,
        errors=(404, 409),
    ),
    Operation(
        "get",
        "clusters/{id}/job-script",
        "getJobScript",
        "Get the job script of a cluster and the command that submits it.",
        SCRIPT,
        JobScriptModel,
        errors=(404,),
    ),
    Operation(
        "get",
        "clusters/{id}/jobs",
        "listJobs",
        "List the jobs of a cluster, ended ones included.",
        "Every job.",
        list[JobModel],
        errors=(404,),
    ),
    Operation(
        "get",
        "clusters/{id}/jobs/{job}/log",
        "getJobLog",
        "Get the end of a job's output, even after the job has ended.",
        "The last lines; none if the job has not written any yet.",
        LogModel,
        query=LogQuery,
        errors=(400, 404, 504),
    ),
    Operation(
        "get",
        "clusters/{id}/client",
        "getClientCode",
        "Get Python code that connects a client; it needs only `distributed`.",
        "The code.",
        ClientCodeModel,
        errors=(404, 409),
    ),
    Operation(
        "get",
        "notices",
        "listNotices",
        "List the notices about clusters that no longer exist, oldest first.",
        "Every notice that the user has not dismissed.",
        list[NoticeModel],
    ),
    Operation(
        "delete",
        "notices/{id}",
        "dismissNotice",
        "Dismiss a notice.",
        "The notice is gone.",
        status=204,
        errors=(404,),
    ),
)
