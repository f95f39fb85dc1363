"""The table of a group's jobs: data only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from jupyter_jobqueue.jobs.job import LIVE, Job, JobState


@dataclass(frozen=True)
class JobShape:
    """The properties that all jobs of a group share.

    Parameters
    ----------
    cores : int
        Cores that one job requests from the queue.
    processes : int
        Dask workers in one job.
    threads : int
        Threads of one worker.
    walltime : float, optional
        Time limit in seconds; None if there is none or it is not known.
    """

    cores: int = 1
    processes: int = 1
    threads: int = 1
    walltime: float | None = None


@dataclass
class Submission:
    """Jobs that are submitted with one command.

    Parameters
    ----------
    tag : str
        Text that the batch system shows for each of them.
    first : int
        Number of the first job.
    count : int
        Number of jobs; two or more are one array.
    ids_known_at : float
        When the submit command reported their ids; 0 if that was before this program started.
    """

    tag: str
    first: int
    count: int
    ids_known_at: float = 0.0


@dataclass
class JobTable:
    """The jobs of one group, ended ones too.

    Parameters
    ----------
    name : str
        Beginning of the names of its jobs.
    tags : str
        Beginning of the tags of its submissions.
    shape : JobShape
        The properties that all jobs share.
    jobs : dict
        Every job by name.
    count : int
        Jobs numbered so far; a number is never used again.
    submissions : dict
        Every submission by tag.
    """

    name: str
    tags: str
    shape: JobShape = JobShape()
    jobs: dict[str, Job] = field(default_factory=dict)
    count: int = 0
    submissions: dict[str, Submission] = field(default_factory=dict)

    def among(self, states: Iterable[JobState]) -> list[Job]:
        """Return the jobs in one of several states.

        Parameters
        ----------
        states : collection of JobState
            The states.
        """
        return [job for job in self.jobs.values() if job.state in states]

    @property
    def live(self) -> list[Job]:
        """The jobs that count towards the target."""
        return self.among(LIVE)

    @property
    def in_queue(self) -> list[Job]:
        """The jobs that are in the batch system, as far as known."""
        return [job for job in self.jobs.values() if job.in_queue]

    @property
    def vanished(self) -> list[Job]:
        """The jobs that count as ended but may still exist, as their end was not observed."""
        return [job for job in self.jobs.values() if job.vanished and not job.written_off]

    @property
    def to_cancel(self) -> list[Job]:
        """The jobs that must be cancelled at the end, including vanished ones."""
        return [job for job in self.jobs.values() if job.in_queue or (job.vanished and job.id)]

    @property
    def next_tag(self) -> str:
        """The tag of the next submission."""
        return f"{self.tags}{self.count}"

    def owner_of(self, worker: str) -> Job | None:
        """Return the job of a worker; both have one name, apart from ``-0``, ``-1`` and so on."""
        return self.jobs.get(worker) or self.jobs.get(worker.rpartition("-")[0])

    def new(self, count: int) -> tuple[Submission, list[Job]]:
        """Add `count` jobs that are about to be submitted together."""
        submission = Submission(self.next_tag, self.count, count)
        self.submissions[submission.tag] = submission
        jobs = [self._job(submission.first + place, submission.tag) for place in range(count)]
        self.count += count
        self.jobs.update({job.name: job for job in jobs})
        return submission, jobs

    def place_of(self, tag: str, element: int, submitted: float | None = None) -> Job:
        """Return the job of an element of a submission; add it if the table lacks it.

        Parameters
        ----------
        tag : str
            Tag of the submission.
        element : int
            Index in its array, from 0.
        submitted : float, optional
            When it was submitted, if the batch system states it.
        """
        first = int(tag.rpartition("-")[2])
        job = self._job(first + element, tag)
        job.submitted = min(job.submitted, submitted or job.submitted)
        self.count = max(self.count, job.number + 1)
        self.submissions.setdefault(tag, Submission(tag, first, 1))
        return self.jobs.setdefault(job.name, job)

    def remove(self, jobs: Iterable[Job]) -> None:
        """Remove jobs that were never submitted."""
        for job in jobs:
            self.jobs.pop(job.name, None)

    def _job(self, number: int, tag: str) -> Job:
        return Job(f"{self.name}-{number}", number, tag, self.shape.walltime)


def ids_of(jobs: Iterable[Job]) -> list[str]:
    """Return the ids of the jobs that have one."""
    return [job.id for job in jobs if job.id]
