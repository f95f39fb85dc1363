"""Listings that were cut or have strange lines: what they say is true, what they lack is not."""

from __future__ import annotations

import pytest

from jupyter_jobqueue.adapters import ADAPTERS, DIALECTS
from jupyter_jobqueue.adapters.adapter import Listing
from jupyter_jobqueue.adapters.pbs import PBS
from jupyter_jobqueue.adapters.slurm_output import SQUEUE_COLUMNS
from jupyter_jobqueue.adapters.torque import Torque
from jupyter_jobqueue.batch.result import classify
from jupyter_jobqueue.errors import ArrayRefused, CommandTimedOut, LimitReached, QueueError
from tests.recordings import FOLDER, one_call, rearranged, runs

SLURM_LINE = "17_3|PENDING|0|||N/A|N/A|0:00|Resources|jobqueue-abc-0|\n"
LISTINGS = {
    "slurm": 5 * SLURM_LINE,
    "pbs": one_call("pbs/qstat-all-states-json.txt").stdout,
    "torque": one_call("torque/23-qstat-x.txt").stdout,
    "moab": (FOLDER / "moab/showq.xml").read_text(),
    "lsf": one_call("lsf/23-bjobs-l-running.txt").stdout,
    "sge": runs("sge/qstat-xml.txt")["qstat -xml"].stdout,
    "oar": list(runs("oar/oarstat-full-json.txt").values())[2].stdout,
    "htcondor": one_call("htcondor/54-condor_q-json.txt").stdout,
}


def read(system: str, text: str) -> Listing | None:
    """Return what is read of a text; None if it is refused as a whole."""
    adapter = Torque() if system == "torque" else ADAPTERS[system]()
    try:
        return adapter.status(["1"]).parse(text)
    except (ValueError, KeyError, TypeError, IndexError):
        return None


@pytest.mark.parametrize("system", LISTINGS)
def test_a_whole_listing_is_complete(system: str) -> None:
    found = read(system, LISTINGS[system])
    assert found
    assert found.complete


@pytest.mark.parametrize("system", LISTINGS)
def test_a_listing_that_was_cut_within_a_line_does_not_say_who_has_left(system: str) -> None:
    text = LISTINGS[system].rstrip("\n")
    believed = []
    for end in range(1, len(text), 7):
        found = read(system, text[:end])
        if text[end - 1] != "\n" and text[:end].strip() and found is not None and found.complete:
            believed.append(text[:end][-60:])
    assert believed == []


def test_both_dialects_of_pbs_are_read_here() -> None:
    assert {"pbs", "torque"} <= set(LISTINGS)
    assert isinstance(ADAPTERS["pbs"](), PBS)
    assert "pbs" in DIALECTS


@pytest.mark.parametrize(
    "strange",
    [
        "Last login: today\n",
        "17_|PENDING\n",
        "slurm_load_jobs error: Unexpected message\n",
        "|" * 10 + "\n",
    ],
)
def test_strange_lines_of_squeue_cost_no_job_and_prove_no_end(strange: str) -> None:
    found = read("slurm", SLURM_LINE + strange + SLURM_LINE.replace("_3", "_4"))
    assert found is not None
    assert (sorted(found), found.complete) == (["17_3", "17_4"], False)


def test_squeue_names_the_cluster_where_clusters_are_asked_for() -> None:
    found = read("slurm", "CLUSTER: serial\n" + SLURM_LINE)
    assert found is not None
    assert (list(found), found.complete) == (["17_3"], True)


def test_the_recorded_table_of_squeue_is_complete() -> None:
    assert len(SQUEUE_COLUMNS) == SLURM_LINE.count("|")
    columns = ("JobArrayID", "State", "Reason", "NodeList", "StartTime", "EndTime")
    row = rearranged("9|RUNNING|None|n1|N/A|N/A\n", columns, SQUEUE_COLUMNS, end="|")
    found = read("slurm", row)
    assert found is not None
    assert found.complete


def test_torque_prints_a_document_for_each_id() -> None:
    text = one_call("torque/qstat-x-two-ids.txt").stdout
    assert text.count("<?xml") == 2
    found = read("torque", text)
    assert found is not None
    assert sorted(found) == ["3.vm", "4[0].vm"]


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ("slurm", "sbatch: error: Batch job submission failed: Invalid job array specification"),
        ("pbs", one_call("pbs/qsub-err-array-too-big.txt").stderr),
        ("pbs", "qsub: submit error (Requested array size too large, limit is 3)"),
    ],
)
def test_an_array_that_is_too_large_is_told_from_other_refusals(system: str, words: str) -> None:
    adapter = ADAPTERS[system]()
    error = classify(QueueError("failed", details=words), adapter)
    assert type(error) is ArrayRefused
    assert type(classify(QueueError("failed", details="Unknown queue"), adapter)) is QueueError


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ("slurm", "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission "
         "failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time "
         "limits)"),
        ("slurm", "sbatch: error: AssocGrpSubmitJobsLimit"),
        ("slurm", "sbatch: Slurm temporarily unable to accept job, sleeping and retrying"),
        ("pbs", "qsub: would exceed queue generic's per-user limit"),
        ("pbs", "qsub: submit error (Maximum number of jobs already in queue MSG=total number of "
         "current user's jobs exceeds the queue limit)"),
        ("moab", "ERROR: cannot submit job: qsub: submit error (Maximum number of jobs already in "
         "queue)"),
        ("sge", "Unable to run job: job rejected: only 1 jobs are allowed per user (current job "
         "count: 1)"),
        ("sge", "Unable to run job: job rejected: Only 5 jobs are allowed per cluster"),
        ("htcondor", "ERROR: Failed to create proc\nNumber of submitted jobs would exceed "
         "MAX_JOBS_PER_OWNER"),
        ("htcondor", "ERROR: Failed to create cluster\nNumber of submitted jobs would exceed "
         "MAX_JOBS_SUBMITTED"),
        ("lsf", "normal: The destination queue has reached its job limit. Job not submitted."),
        ("lsf", "User or one of user's groups does not have enough job slots. Job not submitted."),
        ("lsf", "Queue does not have enough per-user job slots. Job not submitted."),
        ("lsf", "User <me>: Pending job threshold reached. Retrying in 60 seconds..."),
        ("oar", "Admission Rule ERROR : [ADMISSION RULE] Error: you cannot have more than 50 jobs "
         "waiting in the queue at the same time."),
    ],
)  # fmt: skip
def test_a_limit_of_the_site_is_waited_for(system: str, words: str) -> None:
    """Words of the sources of Slurm, Grid Engine, HTCondor and LSF, and of reports by users."""
    adapter = ADAPTERS[system]()
    for error in (QueueError("failed", details=words), CommandTimedOut("slow", details=words)):
        assert type(classify(error, adapter)) is LimitReached


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ("htcondor", "Number of submitted jobs would exceed MAX_JOBS_PER_SUBMISSION"),
        ("htcondor", "ERROR: number of procs exceeds SUBMIT_MAX_PROCS_IN_CLUSTER"),
        ("lsf", "Job array index too large. Job not submitted."),
        ("sge", "job rejected: You try to submit a job with more than 10 tasks"),
    ],
)
def test_a_limit_of_one_submission_makes_it_smaller(system: str, words: str) -> None:
    assert type(classify(QueueError("failed", details=words), ADAPTERS[system]())) is ArrayRefused


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ("lsf", "RUNLIMIT: Cannot exceed queue's hard limit(s). Job not submitted."),
        ("oar", "[ADMISSION RULE] Error: Walltime too big for this job, it is limited to 2 hours"),
        ("pbs", "qsub: Job violates queue and/or server resource limits"),
        ("htcondor", "ERROR: Failed to parse command file"),
    ],
)
def test_a_limit_of_one_job_is_a_refusal(system: str, words: str) -> None:
    assert type(classify(QueueError("failed", details=words), ADAPTERS[system]())) is QueueError
