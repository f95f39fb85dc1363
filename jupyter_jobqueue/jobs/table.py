"""The table of a group's jobs: data only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from jupyter_jobqueue.jobs.job import LIVE, Job, JobState


@dataclass(frozen=True)
class JobShape:
    """What every job of a group has.

    Parameters
    ----------
    cores : int
        Cores that the queue is asked for.
    processes : int
        Dask workers in one job.
    threads : int
        Threads of one worker.
    walltime : float, optional
        Seconds that the batch system lets it run; None if there is no limit or it is not known.
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
        What the batch system shows for each of them.
    first : int
        Number of the first job.
    count : int
        How many jobs there are; two or more are one array.
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
        What the names of its jobs begin with.
    tags : str
        What the tags of its submissions begin with.
    shape : JobShape
        What every job has.
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
        """Return the jobs in one of some states."""
        return [job for job in self.jobs.values() if job.state in states]

    @property
    def live(self) -> list[Job]:
        """The jobs that count towards the target."""
        return self.among(LIVE)

    @property
    def in_queue(self) -> list[Job]:
        """The jobs that the batch system has, as far as is known."""
        return [job for job in self.jobs.values() if job.in_queue]

    @property
    def vanished(self) -> list[Job]:
        """The jobs that count as ended, but may be there: nobody saw their end."""
        return [job for job in self.jobs.values() if job.vanished and not job.written_off]

    @property
    def to_cancel(self) -> list[Job]:
        """The jobs that must be cancelled at the end, also those that nobody saw end."""
        return [job for job in self.jobs.values() if job.in_queue or (job.vanished and job.id)]

    @property
    def next_tag(self) -> str:
        """The tag of the next submission."""
        return f"{self.tags}{self.count}"

    def owner_of(self, worker: str) -> Job | None:
        """Return the job of a worker: the job has its name, or that without ``-0``, ``-1``..."""
        return self.jobs.get(worker) or self.jobs.get(worker.rpartition("-")[0])

    def new(self, count: int) -> tuple[Submission, list[Job]]:
        """Add `count` jobs that are about to be submitted together."""
        submission = Submission(self.next_tag, self.count, count)
        self.submissions[submission.tag] = submission
        jobs = [self._job(submission.first + place, submission.tag) for place in range(count)]
        self.count += count
        self.jobs.update({job.name: job for job in jobs})
        return submission, jobs

    def place_of(self, tag: str, element: int) -> Job:
        """Return the job of a submission's element; it is added if the table does not have it."""
        first = int(tag.rpartition("-")[2])
        job = self._job(first + element, tag)
        self.count = max(self.count, job.number + 1)
        self.submissions.setdefault(tag, Submission(tag, first, 1))
        return self.jobs.setdefault(job.name, job)

    def remove(self, jobs: Iterable[Job]) -> None:
        """Forget jobs that were never submitted."""
        for job in jobs:
            self.jobs.pop(job.name, None)

    def _job(self, number: int, tag: str) -> Job:
        return Job(f"{self.name}-{number}", number, tag, self.shape.walltime)


def ids_of(jobs: Iterable[Job]) -> list[str]:
    """Return the ids of the jobs that have one."""
    return [job.id for job in jobs if job.id]
