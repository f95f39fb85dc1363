"""A real Grid Engine of one node on loopback, from Debian's packages.

Anybody may start and stop it. Everything it writes is in one folder; it listens on 127.0.0.1 only.
Starting it again starts only what is missing; stopping it ends only the processes of its own pid
files. From a shell::

    eval "$(python -m tests.beds.sge up)"        # prints: export PATH=...
    qstat -f
    python -m tests.beds.sge down

It needs no root (root's jobs run as root, anybody else's as themselves) but a C compiler: see
``sge_bind.c``. What it is not: a site. Accounting is written at once, and jobs start within a
second.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import socket
import subprocess
from configparser import ConfigParser
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.beds.daemons import (
    Daemon,
    abandoned_folders,
    command_line,
    free_ports,
    kill_all_with,
    new_folder,
    wait_until,
)

PREFIX = "jobqueue-sge-"
PROGRAMS = Path("/usr/lib/gridengine")
SHARED = Path("/usr/share/gridengine")
COMMANDS = ["sge_qmaster", "sge_execd", "qsub"]
QUEUES = ["all.q", "short.q", "closed.q"]
CLIENTS = ["qsub", "qstat", "qdel", "qacct", "qconf", "qhost", "qhold", "qrls", "qmod", "qalter"]
HOST = "localhost"
USER = pwd.getpwuid(os.getuid()).pw_name
CONF = Path(__file__).with_suffix(".conf")
BIND = Path(__file__).with_name("sge_bind.c")


def missing_commands() -> list[str]:
    """Return what is not installed here of Grid Engine, or of a C compiler.

    Without the compiler the daemons would listen on every address, and whoever reaches them may run
    jobs as whom they like.
    """
    missing = [name for name in COMMANDS if not (PROGRAMS / name).exists()]
    return missing + ([] if shutil.which("cc") else ["cc"])


@dataclass(frozen=True)
class SGEBed:
    """One Grid Engine, all of it under `directory`."""

    directory: Path

    @property
    def bin(self) -> Path:
        """The bed's own `qsub` and so on, to come first on PATH."""
        return self.directory / "bin"

    def up(self) -> None:
        """Start what does not run yet, and wait until jobs can start."""
        if self.directory.exists() and self.directory.stat().st_uid != os.getuid():
            raise PermissionError(f"{self.directory} belongs to somebody else")
        if not self.bin.exists():
            self._make()
        self._start(self._qmaster, "sge_qmaster")
        wait_until(lambda: HOST in self.ask("qconf", "-sh"), 120, f"sge_qmaster, {self._logs}")
        if not self.ask("qconf", "-ss"):
            self._configure()
        self._start(self._execd, "sge_execd")
        wait_until(self._queues_are_up, 120, f"the queues, {self._logs}")

    def down(self) -> None:
        """Cancel all jobs, stop both daemons and remove the folder."""
        if self._qmaster.pid:
            with suppress(TimeoutError, subprocess.SubprocessError):
                self.cancel_all(timeout=10)
        self._execd.stop(timeout=5)
        self._qmaster.stop(timeout=0)  # asked politely it takes 9 s
        kill_all_with(f"SGE_ROOT={self._root}", also="JOB_ID")  # what a killed job left
        shutil.rmtree(self.directory, ignore_errors=True)

    def jobs(self) -> list[str]:
        """Id, name and state of each job that waits, runs or is about to end."""
        said = self.ask("qstat", "-u", "*", "-g", "d", "-xml", check=True)
        found = []
        for job in ElementTree.fromstring(said).iter("job_list"):  # noqa: S314 (our own)
            task = job.findtext("tasks")
            number = job.findtext("JB_job_number", "") + (f".{task}" if task else "")
            found.append(f"{number} {job.findtext('JB_name')} {job.findtext('state')}")
        return found

    def jobs_left(self, timeout: float) -> list[str]:
        """Return the jobs that are still there after `timeout`; at once when there are none."""
        with suppress(TimeoutError):
            wait_until(lambda: not self.jobs(), timeout, "the queue to be empty")
        return self.jobs()

    def cancel_all(self, timeout: float) -> None:
        """Cancel every job; return when none is left, also not one that is about to end."""
        self.ask("qdel", "-u", "*")
        wait_until(lambda: not self.jobs(), timeout, "cancelled jobs to leave the queue")

    def ask(self, *argv: str, check: bool = False) -> str:
        """Run one of Grid Engine's commands on this bed and return what it printed."""
        command = [str(self.bin / argv[0]), *argv[1:]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=check)
        return done.stdout

    @property
    def _root(self) -> Path:
        return self.directory / "root"

    @property
    def _spool(self) -> Path:
        return self.directory / "spool"

    @property
    def _logs(self) -> str:
        return f"logs in {self._spool}/*/messages and {self.directory}/start.log"

    @property
    def _qmaster(self) -> Daemon:
        return Daemon(self._spool / "qmaster" / "qmaster.pid", word=str(self._programs))

    @property
    def _execd(self) -> Daemon:
        return Daemon(self._spool / "execd.pid", word=str(self._programs))

    @property
    def _programs(self) -> Path:
        """The programs under a name with our folder in it, by which we know our daemons."""
        return self._root / "programs"

    @property
    def _port(self) -> int:
        return int((self.directory / "port").read_text())

    @property
    def _variables(self) -> dict[str, str]:
        """What tells Grid Engine's programs which bed they belong to."""
        return {
            "SGE_ROOT": str(self._root),
            "SGE_CELL": "default",
            "SGE_QMASTER_PORT": str(self._port),
            "SGE_EXECD_PORT": str(self._port + 1),
            "SGE_EXECD_PIDFILE": str(self._execd.pid_file),
            "SGE_SINGLE_LINE": "1",
        }

    def _make(self) -> None:
        """Write the folder; last the commands, which say that it is complete."""
        shutil.rmtree(self._root, ignore_errors=True)
        shutil.rmtree(self._spool, ignore_errors=True)
        for folder in ("qmaster/job_scripts", "execd", "database"):
            (self._spool / folder).mkdir(parents=True)
        for folder in ("bin", "utilbin", "lib", "default/common"):
            (self._root / folder).mkdir(parents=True)
        (self.directory / "port").write_text(str(free_ports(2)))
        self._make_root()
        self._make_database()
        self._make_commands()

    def _make_root(self) -> None:
        """Link the programs, and write what they read before they ask anybody."""
        argv = [SHARED / "util" / "arch"]
        architecture = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        for name in ("bin", "utilbin", "lib"):
            (self._root / name / architecture.strip()).symlink_to(PROGRAMS)
        (self._root / "util").symlink_to(SHARED / "util")
        self._programs.symlink_to(PROGRAMS)
        common = self._root / "default" / "common"
        self._file("bootstrap", "bootstrap").rename(common / "bootstrap")
        (common / "act_qmaster").write_text(f"{HOST}\n")
        (common / "cluster_name").write_text("bed\n")
        # Whatever this machine is called, Grid Engine calls it localhost.
        (common / "host_aliases").write_text(f"{HOST} {socket.gethostname()}\n")
        self._run("cc", "-shared", "-fPIC", "-o", self._root / "bind.so", BIND, "-ldl")

    def _make_database(self) -> None:
        resources = SHARED / "util" / "resources"
        settings = self._file("global", "global", (SHARED / "default-configuration").read_text())
        database = ("berkeleydb", "libspoolb", self._spool / "database")
        fill = self._programs / "spooldefaults"
        self._run(self._programs / "spoolinit", *database, "init")
        self._run(fill, "configuration", settings)
        self._run(fill, "complexes", resources / "centry")
        self._run(fill, "usersets", resources / "usersets")
        self._run(fill, "managers", USER)

    def _make_commands(self) -> None:
        """Write the commands; Debian's own ask another cell, and take 90 ms longer."""
        exports = " ".join(f"{name}={shlex.quote(text)}" for name, text in self._variables.items())
        self.bin.mkdir()
        for name in CLIENTS:
            program = self.bin / name
            program.write_text(f'#!/bin/sh\nexport {exports}\nexec {PROGRAMS / name} "$@"\n')
            program.chmod(0o755)

    def _configure(self) -> None:
        """Make parallel environment, queues and with them the one node; last, allow to submit."""
        qconf, template = self.bin / "qconf", self.ask("qconf", "-sq")
        self._run(qconf, "-Ap", self._file("smp", "parallel smp"))
        for queue in QUEUES:
            named = f"{template}\nqname {queue}\n"
            self._run(qconf, "-Aq", self._file(queue, f"queue {queue}", named))
        scheduler = self._file("scheduler", "scheduler", self.ask("qconf", "-ssconf"))
        self._run(qconf, "-Msconf", scheduler)
        self._run(qconf, "-as", HOST)

    def _file(self, name: str, section: str, text: str = "") -> Path:
        """Write lines of the form ``name value``: those of `text`, with changes of ``sge.conf``."""
        conf = ConfigParser(interpolation=None)
        gids = f"{self._port + 20000}-{self._port + 20019}"
        conf.read_string(CONF.read_text().format(directory=self.directory, user=USER, gids=gids))
        lines = (line.split(maxsplit=1) for line in text.splitlines())
        before = {line[0]: line[1] for line in lines if len(line) == 2 and line[0] != "#"}
        common = conf["every queue"] if section.startswith("queue") else {}
        settings = {**before, **common, **conf[section]}
        file = self._spool / name
        file.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        return file

    def _run(self, *argv: str | Path, **variables: str) -> None:
        """Run a program on this bed; what it says is in ``start.log``.

        It knows nothing of this process's variables: the daemons hand theirs on to the jobs.
        """
        env = {"PATH": os.defpath, "LANG": "C.UTF-8"} | self._variables | variables
        with (self.directory / "start.log").open("ab") as log:
            done = subprocess.run(
                argv, env=env, cwd=self.directory, stdout=log, stderr=log, timeout=120
            )
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, argv))} failed, {self._logs}")

    def _start(self, daemon: Daemon, name: str) -> None:
        """Run a daemon, which goes to the background by itself."""
        if not daemon.pid:
            daemon.pid_file.unlink(missing_ok=True)
            self._run(self._programs / name, LD_PRELOAD=str(self._root / "bind.so"))

    def _queues_are_up(self) -> bool:
        """Whether each queue has heard of the load of the node, and is open unless it is closed."""
        lines = [line.split() for line in self.ask("qstat", "-f").splitlines()]
        return [line[5:] for line in lines if "@" in line[0] and "-NA-" not in line] == [
            [],
            [],
            ["d"],
        ]


def stop_abandoned() -> None:
    """Stop the beds of test runs that were killed before they could do so."""
    for folder in abandoned_folders(PREFIX):
        SGEBed(folder).down()


def new_bed() -> SGEBed:
    """Return a bed, not started yet, in a folder of its own."""
    return SGEBed(new_folder(PREFIX))


def main() -> None:
    """Start or stop the bed of this user, for use from a shell."""
    command_line(
        "sge", __doc__, PREFIX, SGEBed, missing_commands(), lambda bed: f"PATH={bed.bin}:$PATH"
    )


if __name__ == "__main__":
    main()
