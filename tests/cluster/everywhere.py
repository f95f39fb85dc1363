"""What a cluster must do on every queue; each test needs a few seconds.

A test file asks it of its own batch system with a fixture `queue` and one line::

    @pytest.fixture
    def queue(...) -> Queue: ...

    class TestEverywhere(Everywhere): ...
"""

from __future__ import annotations

import pytest
from distributed import Client

from jupyter_jobqueue import JobQueueCluster
from jupyter_jobqueue.adapters import ADAPTERS
from jupyter_jobqueue.errors import QueueError
from tests.cluster.conftest import Queue, states, until


class Everywhere:
    """The life of a cluster: what a person does, and what the queue then holds."""

    def test_a_computation_runs_on_the_workers(self, queue: Queue) -> None:
        with queue.cluster(n_workers=2) as cluster, Client(cluster) as client:
            client.wait_for_workers(2, timeout=120)
            assert client.submit(sum, [40, 2]).result(timeout=120) == 42
            assert until(lambda: states(cluster) == ["running", "running"])
            until(lambda: all(job.node for job in cluster.jobs.values()))
            assert all(job.id in queue.listed() for job in cluster.jobs.values())

    def test_close_leaves_the_queue_empty_pending_jobs_too(self, queue: Queue) -> None:
        with queue.cluster() as cluster:
            cluster.scale(jobs=6)
            cluster.wait_for_workers(1, timeout=120)
            assert len(queue.listed()) == 6
        # Pending jobs are gone at once; workers may take a moment to end.
        until(lambda: queue.listed() == [], timeout=120)
        assert "pending" not in states(cluster)

    def test_scale_goes_up_and_down_and_retired_jobs_end_well(self, queue: Queue) -> None:
        with queue.cluster() as cluster:
            cluster.scale(1)
            cluster.wait_for_workers(1, timeout=120)
            cluster.scale(3)
            cluster.wait_for_workers(3, timeout=120)
            cluster.scale(1)
            until(lambda: states(cluster).count("running") == 1 and retired(cluster) == 2)
            assert len(cluster.scheduler_info["workers"]) == 1
            assert len(queue.listed()) == 1

    def test_each_element_of_an_array_has_its_own_worker(self, queue: Queue) -> None:
        with queue.cluster() as cluster:
            cluster.scale(jobs=1)
            cluster.scale(jobs=4)
            cluster.wait_for_workers(4, timeout=120)
            until(lambda: states(cluster) == ["running"] * 4)
            assert [job.workers for job in cluster.jobs.values()] == [
                {f"{cluster.name}-{number}"} for number in range(4)
            ]
            assert {job.id for job in cluster.jobs.values()} == set(queue.listed())

    def test_several_processes_a_job_are_scaled_in_whole_jobs(self, queue: Queue) -> None:
        with queue.cluster(cores=2, processes=2, nanny=True) as cluster:
            cluster.scale(3)
            cluster.wait_for_workers(4, timeout=120)
            first, second = cluster.jobs.values()
            until(lambda: len(first.workers) == len(second.workers) == 2)
            assert first.workers == {f"{first.name}-0", f"{first.name}-1"}
            cluster.scale(2)
            until(lambda: states(cluster).count("running") == retired(cluster) == 1)
            assert len(cluster.scheduler_info["workers"]) == 2

    def test_a_job_cancelled_from_outside_is_replaced(self, queue: Queue) -> None:
        """Of two: the one that was named goes, the other stays."""
        with queue.cluster(n_workers=2) as cluster:
            cluster.wait_for_workers(2, timeout=120)
            until(lambda: states(cluster) == ["running", "running"])
            first, second = cluster.jobs.values()
            queue.cancel(second.id)
            until(lambda: states(cluster)[2:] == ["running"])
            assert (first.state, second.state) == ("running", "cancelled")
            assert cluster.wanted == 2

    def test_adapt_goes_up_for_work_and_down_to_zero_without_it(self, queue: Queue) -> None:
        with queue.cluster() as cluster, Client(cluster) as client:
            policy = cluster.adapt(minimum=0, maximum=2, interval="200ms", idle_timeout="1s")
            assert client.gather(client.map(lambda x: x + 1, range(20), pure=False))
            until(lambda: cluster.wanted == 0)
            until(lambda: not cluster.scheduler_info["workers"])
            until(lambda: "closing" not in states(cluster))
            assert [entry.jobs for entry in policy.log][-1] == 0
            assert len(cluster.jobs) <= 2

    def test_jobs_that_never_bring_a_worker_stop_the_submitting_and_retry_starts_again(
        self, queue: Queue
    ) -> None:
        broken = ["echo no such module >&2", "exit 3"]
        with queue.cluster(job_script_prologue=broken) as cluster:
            cluster.scale(jobs=3)
            until(lambda: cluster.state == "degraded")
            assert states(cluster) == ["failed"] * 3
            assert [job.exit_code for job in cluster.jobs.values()] == [3, 3, 3]
            assert "exit code 3" in cluster.status_detail
            assert cluster.status_words == "no such module"
            assert cluster.job_log(f"{cluster.name}-0") == "no such module"
            cluster.retry()
            until(lambda: len(cluster.jobs) == 6)
            assert queue.listed() == [] or until(lambda: not queue.listed())

    def test_a_refusal_reaches_the_caller_in_the_words_of_the_queue(self, queue: Queue) -> None:
        with queue.cluster(**queue.refused) as cluster:
            with pytest.raises(QueueError) as refused:
                cluster.scale(jobs=2)
            assert queue.words in refused.value.details
            assert (cluster.wanted, states(cluster), cluster.state) == (0, [], "running")
            assert queue.listed() == []


def retired(cluster: JobQueueCluster) -> int:
    """Return how many jobs have left because they were asked to.

    A queue that lists jobs also after their end knows that they did so by themselves, and how.
    """
    keeps = ADAPTERS[cluster.system].keeps_ended_jobs
    ends = ["done"] if keeps else ["done", "cancelled"]
    left = [job for job in cluster.jobs.values() if job.state in ends]
    assert all(job.exit_code == 0 for job in left if keeps)
    return len(left)
