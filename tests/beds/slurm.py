"""A real Slurm of four nodes on loopback, from Debian's packages, that anybody may start and stop.

Everything it writes is in one folder; it listens on 127.0.0.1 only; it has its own munge key.
Starting it again starts only what is missing; stopping it ends only the processes of its own pid
files. From a shell::

    eval "$(python -m tests.beds.slurm up)"      # prints: export SLURM_CONF=...
    sinfo
    python -m tests.beds.slurm down

It needs no root (root's jobs run as root, anybody else's as themselves). What it is not: a site.
There is no accounting, memory is not enforced, and jobs start within a second.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.beds.daemons import (
    Daemon,
    abandoned_folders,
    command_line,
    free_ports,
    kill_all_with,
    new_folder,
    wait_until,
)

PREFIX = "jobqueue-slurm-"
NODES = [f"node{number}" for number in range(1, 5)]
COMMANDS = ["munged", "slurmctld", "slurmd", "sbatch"]
# Without the variables that change what Slurm's commands do or show...
_CHANGES = ("SLURM", "SBATCH", "SQUEUE", "SCANCEL", "SINFO")
ENVIRONMENT = {name: text for name, text in os.environ.items() if not name.startswith(_CHANGES)}
# ... and with sbin, where the daemons are, which is not on everybody's PATH.
ENVIRONMENT["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def missing_commands() -> list[str]:
    """Return what of Slurm is not installed here."""
    return [name for name in COMMANDS if not shutil.which(name, path=ENVIRONMENT["PATH"])]


@dataclass(frozen=True)
class SlurmBed:
    """One Slurm, all of it under `directory`; keep that short, sockets allow 100 characters."""

    directory: Path

    @property
    def conf(self) -> Path:
        """The value for SLURM_CONF."""
        return self.directory / "slurm.conf"

    def up(self) -> None:
        """Start what does not run yet, and wait until jobs can start."""
        self._write_conf()
        self._start_munged()
        self._start(self._daemon("slurmctld"), ["slurmctld", "-f", str(self.conf)])
        wait_until(lambda: "is UP" in self.ask("scontrol", "ping"), 120, f"slurmctld, {self._logs}")
        for node in NODES:
            (self.directory / "spool" / node).mkdir(exist_ok=True)
            self._start(
                self._daemon(f"slurmd.{node}"), ["slurmd", "-f", str(self.conf), "-N", node]
            )
        wait_until(self._nodes_are_up, 120, f"the nodes, {self._logs}")

    def down(self) -> None:
        """Cancel all jobs, stop all daemons and remove the folder."""
        if self._daemon("slurmctld").pid:
            with suppress(TimeoutError, subprocess.SubprocessError):
                self.cancel_all(timeout=10)
        daemons = [self._daemon(f"slurmd.{node}") for node in NODES] + [self._daemon("slurmctld")]
        for daemon in daemons:  # a slurmd takes 2 s to leave: ask all, then wait
            daemon.ask_to_stop()
        for daemon in daemons:
            daemon.stop(timeout=20)
        kill_all_with(f"SLURM_CONF={self.conf}", also="SLURM_JOB_ID")  # what a killed job left
        self._daemon("munged").stop(timeout=10)
        shutil.rmtree(self.directory, ignore_errors=True)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Have no controller for a while: every command says that it cannot be contacted."""
        self._daemon("slurmctld").stop(timeout=20)
        try:
            yield
        finally:
            self.up()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have a controller that takes what it is sent and answers only when this is over."""
        pid = self._daemon("slurmctld").pid
        if pid is None:
            raise RuntimeError("slurmctld does not run")
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)
            wait_until(lambda: "is UP" in self.ask("scontrol", "ping"), 120, "slurmctld to go on")

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        """Have a controller that crashes at the end and knows nothing of what it was told since.

        It saves what it knows every few seconds; here it comes back with what it knew before.
        """
        state, before = self.directory / "state", self.directory / "state-before"
        with self.away():  # it saves everything when it is asked to stop
            shutil.copytree(state, before)
        yield
        daemon = self._daemon("slurmctld")
        if daemon.pid:
            os.kill(daemon.pid, signal.SIGKILL)
        wait_until(lambda: daemon.pid is None, 10, "slurmctld to be gone")
        shutil.rmtree(state)
        before.rename(state)
        self.up()

    @contextmanager
    def dead(self, node: str) -> Iterator[None]:
        """Have a node without power for a while: nobody hears of it, and Slurm is told so."""
        daemon = self._daemon(f"slurmd.{node}").pid
        if daemon is None:
            raise RuntimeError(f"{node} does not run")
        jobs = self.ask("squeue", "-h", "-r", "-w", node, "-o", "%A").split()
        for pid in (daemon, *self._step_daemons(jobs)):
            os.kill(pid, signal.SIGKILL)
        jobs_on_it = f"SLURM_CONF={self.conf}", f"SLURMD_NODENAME={node}"
        kill_all_with(*jobs_on_it, signal.SIGSTOP)  # what is killed would close its connections
        self.ask("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=dead", check=True)
        try:
            yield
        finally:
            kill_all_with(*jobs_on_it)
            self.up()

    def _step_daemons(self, jobs: list[str]) -> Iterator[int]:
        """Yield the pids of the daemons that look after jobs on their node."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (process / "cmdline").read_bytes().decode(errors="replace")
                mine = (process / "cwd").readlink().is_relative_to(self.directory)
                if mine and any(f"slurmstepd: [{job}." in words for job in jobs):
                    yield int(process.name)

    @contextmanager
    def without_spool(self, node: str) -> Iterator[None]:
        """Have a node that can start no job: Slurm puts those that it tried back and holds them."""
        spool = self.directory / "spool" / node
        kept = spool.rename(spool.with_suffix(".kept"))
        spool.touch()
        try:
            yield
        finally:
            spool.unlink()
            kept.rename(spool)

    def make_preemptible(self, queue: str, mode: str) -> None:
        """Make a partition of one node, whose jobs give way to those of the partition "urgent"."""
        for name, tier, how in ((queue, 1, mode), ("urgent", 9, "OFF")):
            facts = (f"PartitionName={name}", f"PriorityTier={tier}", f"PreemptMode={how}")
            self.ask("scontrol", "create", *facts, "Nodes=node4", check=True)

    def jobs(self) -> list[str]:
        """Id, name and state of each job that waits, runs or is about to end."""
        return self.ask("squeue", "-h", "-r", "-o", "%i %j %T", check=True).splitlines()

    def jobs_left(self, timeout: float) -> list[str]:
        """Return the jobs that are still there after `timeout`; at once when there are none."""
        with suppress(TimeoutError):
            wait_until(lambda: not self.jobs(), timeout, "the queue to be empty")
        return self.jobs()

    def cancel_all(self, timeout: float) -> None:
        """Cancel every job; return when none is left, also not a COMPLETING one."""
        ids = sorted(set(self.ask("squeue", "-h", "-o", "%A").split()))
        if ids:
            self.ask("scancel", *ids)
        wait_until(lambda: not self.jobs(), timeout, "cancelled jobs to leave the queue")

    def ask(self, *argv: str, check: bool = False) -> str:
        """Run one of Slurm's commands on this bed and return what it printed."""
        done = subprocess.run(
            argv, env=self._environment, capture_output=True, text=True, timeout=120, check=check
        )
        return done.stdout

    @property
    def _environment(self) -> dict[str, str]:
        return ENVIRONMENT | {"SLURM_CONF": str(self.conf)}

    @property
    def _logs(self) -> str:
        return f"logs in {self.directory / 'log'}"

    def _daemon(self, name: str) -> Daemon:
        return Daemon(self.directory / "run" / f"{name}.pid", word=str(self.directory))

    def _start(self, daemon: Daemon, argv: list[str]) -> None:
        """Run a daemon, which goes to the background by itself."""
        if daemon.pid:
            return
        daemon.pid_file.unlink(missing_ok=True)
        logs = self.directory / "log"
        with (logs / "start.log").open("ab") as said:
            done = subprocess.run(
                argv, env=self._environment, cwd=logs, stdout=said, stderr=said, timeout=120
            )
        if done.returncode:
            raise RuntimeError(f"{argv[0]} did not start, {self._logs}")

    def _start_munged(self) -> None:
        """Start the daemon that vouches for who sends a message: Slurm's only kind of login."""
        munge, run = self.directory / "munge", self.directory / "run"
        key = munge / "munge.key"
        if not key.exists():
            key.touch(mode=0o600)
            key.write_bytes(secrets.token_bytes(128))
        files = {
            "key-file": key,
            "socket": run / "munge.socket",
            "pid-file": run / "munged.pid",
            "log-file": munge / "munged.log",
            "seed-file": munge / "munged.seed",
        }
        options = [f"--{name}={path}" for name, path in files.items()]
        self._start(self._daemon("munged"), ["munged", "--num-threads=4", "--force", *options])

    def _write_conf(self) -> None:
        """Make the folder; a bed that is there already keeps its configuration and its ports."""
        if self.directory.exists() and self.directory.stat().st_uid != os.getuid():
            raise PermissionError(f"{self.directory} belongs to somebody else")
        for name in ("log", "run", "spool", "state"):
            (self.directory / name).mkdir(mode=0o755, parents=True, exist_ok=True)
        (self.directory / "munge").mkdir(mode=0o700, exist_ok=True)
        if not self.conf.exists():
            template = Path(__file__).with_suffix(".conf").read_text()
            port = free_ports(1 + len(NODES))
            self.conf.write_text(
                template.format(
                    directory=self.directory,
                    host=socket.gethostname().partition(".")[0],
                    user=pwd.getpwuid(os.getuid()).pw_name,
                    port=port,
                    nodes="\n".join(_node_lines(port + 1)),
                )
            )

    def _nodes_are_up(self) -> bool:
        states = self.ask("sinfo", "-h", "-N", "-p", "debug", "-o", "%T").split()
        return len(states) == len(NODES) and set(states) <= {
            "idle",
            "mixed",
            "allocated",
            "completing",
        }


def _node_lines(first_port: int) -> Iterator[str]:
    """Yield the lines of the nodes: each is a slurmd of its own on this host, with its port."""
    for port, node in enumerate(NODES, start=first_port):
        yield (
            f"NodeName={node} NodeHostname={node} NodeAddr=127.0.0.1 Port={port} State=UNKNOWN "
            "CPUs=64 Boards=1 SocketsPerBoard=1 CoresPerSocket=64 ThreadsPerCore=1 RealMemory=64000"
        )


def stop_abandoned() -> None:
    """Stop the beds of test runs that were killed before they could do so."""
    for folder in abandoned_folders(PREFIX):
        SlurmBed(folder).down()


def new_bed() -> SlurmBed:
    """Return a bed, not started yet, in a folder of its own."""
    return SlurmBed(new_folder(PREFIX))


def main() -> None:
    """Start or stop the bed of this user, for use from a shell."""
    command_line(
        "slurm", __doc__, PREFIX, SlurmBed, missing_commands(), lambda bed: f"SLURM_CONF={bed.conf}"
    )


if __name__ == "__main__":
    main()
