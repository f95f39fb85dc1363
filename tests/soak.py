"""Random faults in quick succession on the embedded queue: an hour's worth in minutes.

::

    make soak                                     # or: python -m tests.soak --minutes 5 --seed 7

Each round has a cluster with a computation, to which faults happen: jobs cancelled from outside,
workers and the queue's daemon killed, a queue that hangs, sizes that change, jobs that fail to
start, walltimes of seconds. The computation must be right. After each round nothing may be left: no
process, no job that no cluster knew of, no task of the event loop, no file descriptor; and memory
must not grow.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import dask.config
import psutil
from distributed import Client

from jupyter_jobqueue import JobQueueCluster, LocalCluster
from jupyter_jobqueue.adapters.adapter import Call
from jupyter_jobqueue.adapters.local import Local
from jupyter_jobqueue.batch.queue import JobQueue
from jupyter_jobqueue.errors import JobQueueError

FOLDER = "JUPYTER_JOBQUEUE_LOCALQUEUE_DIR"
QUEUE = [sys.executable, "-P", "-m", "jupyter_jobqueue.localqueue"]
GROWTH = 40 * 2**20, 2 * 2**20
"""Bytes of memory that may be added after the second round, at once and for each cluster more: a
program keeps each Dask scheduler that it ran for ever (0.4 MB, measured without this package)."""


@dataclass
class Soak:
    """One run.

    Parameters
    ----------
    folder : Path
        Of the private queue.
    random : Random
        Decides what happens.
    """

    folder: Path
    random: random.Random
    done: Counter[str] = field(default_factory=Counter)
    known: set[str] = field(default_factory=set)
    """Ids that a cluster had in its table."""
    quiet: list[dict[str, int]] = field(default_factory=list)

    async def round(self) -> None:
        """Make a cluster, let things happen to it, and look what is left."""
        options: dict[str, Any] = {"cores": 1, "memory": "300 MB", "allowed_failures": 1000}
        options["processes"] = options["cores"] = self.random.choice([1, 1, 2])
        if self.random.random() < 0.3:
            options["walltime"] = "00:00:20"
        async with LocalCluster(**options, asynchronous=True) as cluster:
            await cluster.scale(jobs=2)
            async with Client(cluster, asynchronous=True) as client:
                await self._disturb(cluster, client)
            self.known |= {job.id for job in cluster.jobs.values()}
        self.known |= {job.id for job in cluster.jobs.values()}
        await self._nothing_is_left()

    async def _disturb(self, cluster: Any, client: Any) -> None:
        futures = client.map(_square, range(40), pure=False)
        for _ in range(self.random.randint(2, 5)):
            fault = self.random.choice(FAULTS)
            self.done[fault.__name__.strip("_")] += 1
            with suppress(JobQueueError):
                await fault(self, cluster)
            await asyncio.sleep(self.random.random())
        if self.random.random() < 0.2:
            self.done["closed halfway"] += 1
            return
        await cluster.scale(jobs=2)
        left = asyncio.ensure_future(client.gather(futures))
        await asyncio.wait({left}, timeout=300)
        assert left.done(), (
            f"the computation stands still: {cluster!r} {dict(cluster.jobs)}, "
            f"{cluster.status_detail} {cluster.status_words}, {dict(self.done)}"
        )
        assert left.result() == [number**2 for number in range(40)]

    async def _nothing_is_left(self) -> None:
        deadline = time.monotonic() + 120
        while left := self._processes():
            assert time.monotonic() < deadline, f"processes left: {left}"
            await asyncio.sleep(0.1)
        listed = {job["id"]: job["state"] for job in json.loads(_queue("status"))}
        assert not [job for job, state in listed.items() if state in ("PENDING", "RUNNING")]
        assert set(listed) <= self.known, f"jobs that nobody knew: {set(listed) - self.known}"
        self.quiet.append(_counts())

    def _processes(self) -> list[str]:
        """Return the command lines of what belongs to the queue, but for its daemon."""
        found = []
        for process in psutil.process_iter(["environ", "cmdline"]):
            mine = (process.info["environ"] or {}).get(FOLDER) == str(self.folder)
            line = " ".join(process.info["cmdline"] or [])
            if mine and process.pid != os.getpid() and line and "localqueue.daemon" not in line:
                found.append(line)
        return found

    def verdict(self) -> None:
        """Fail if something has grown since the second round."""
        first, last = self.quiet[min(1, len(self.quiet) - 1)], self.quiet[-1]
        assert last["tasks"] <= first["tasks"] + 2, f"tasks: {self.quiet}"
        assert last["files"] <= first["files"] + 5, f"file descriptors: {self.quiet}"
        assert last["clusters"] <= first["clusters"] + 2, f"clusters in memory: {self.quiet}"
        allowed = GROWTH[0] + GROWTH[1] * len(self.quiet)
        assert last["memory"] <= first["memory"] + allowed, f"memory: {self.quiet}"


# ---- what happens


async def _resize(soak: Soak, cluster: Any) -> None:
    await cluster.scale(jobs=soak.random.randint(0, 4))


async def _adapt(soak: Soak, cluster: Any) -> None:
    cluster.adapt(minimum_jobs=0, maximum_jobs=3, interval="200ms", idle_timeout="1s")


async def _cancel_one(soak: Soak, cluster: Any) -> None:
    ids = [job.id for job in cluster.workers.values() if job.id]
    if ids:
        await asyncio.to_thread(_queue, "cancel", soak.random.choice(ids))


async def _kill_a_worker(soak: Soak, cluster: Any) -> None:
    workers = [
        process.pid
        for process in psutil.process_iter(["cmdline", "environ"])
        if "dask_worker" in " ".join(process.info["cmdline"] or [])
        and (process.info["environ"] or {}).get(FOLDER) == str(soak.folder)
    ]
    if workers:
        with suppress(ProcessLookupError):
            os.kill(soak.random.choice(workers), signal.SIGKILL)


async def _kill_the_daemon(soak: Soak, cluster: Any) -> None:
    for process in psutil.process_iter(["cmdline", "environ"]):
        mine = (process.info["environ"] or {}).get(FOLDER) == str(soak.folder)
        if mine and "jupyter_jobqueue.localqueue.daemon" in (process.info["cmdline"] or []):
            with suppress(psutil.NoSuchProcess):
                process.kill()


async def _hang(soak: Soak, cluster: Any) -> None:
    queue = JobQueue.of("local")
    call: Call[Any] = Call(["sleep", "60"], lambda text: None)
    before, queue.timeout = queue.timeout, 0.5
    question = soak.random.choice(["status", "submit", "cancel"])
    with patch.object(Local, question, lambda self, *args: call):
        await cluster.scale(jobs=soak.random.randint(1, 3))
        await asyncio.sleep(1)
    queue.timeout = before


FAULTS = (_resize, _resize, _adapt, _cancel_one, _kill_a_worker, _kill_the_daemon, _hang)


# ---- helpers


def _square(number: int) -> int:
    time.sleep(0.05)
    return number**2


def _queue(*words: str) -> str:
    done = subprocess.run([*QUEUE, *words], capture_output=True, text=True, check=True)
    return done.stdout


def _counts() -> dict[str, int]:
    process = psutil.Process()
    gc.collect()
    return {
        "clusters": sum(isinstance(each, JobQueueCluster) for each in gc.get_objects()),
        "tasks": len(asyncio.all_tasks()),
        "files": process.num_fds(),
        "memory": process.memory_info().rss,
    }


async def soak(minutes: float, seed: int, folder: Path) -> Soak:
    """Run rounds for some minutes, three at the least."""
    run = Soak(folder, random.Random(seed))  # noqa: S311 (no secret)
    deadline = time.monotonic() + minutes * 60
    with dask.config.set({"distributed.scheduler.allowed-failures": 1000}):
        while time.monotonic() < deadline or len(run.quiet) < 3:
            await run.round()
    run.verdict()
    return run


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        os.environ.update({FOLDER: f"{name}/q", "JUPYTER_JOBQUEUE_LOCALQUEUE_CPUS": "4"})
        os.environ["XDG_STATE_HOME"] = f"{name}/state"
        run = asyncio.run(soak(options.minutes, options.seed, Path(f"{name}/q")))
    print(f"{len(run.quiet)} clusters, {len(run.known)} jobs; {dict(run.done)}")
    print(f"at the end: {run.quiet[-1]}; after the second: {run.quiet[1]}")


if __name__ == "__main__":
    main()
