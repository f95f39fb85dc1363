"""A real HTCondor pool of one machine on loopback, from Debian's packages.

Anybody may start and stop it. Everything it writes is in one folder; it listens on 127.0.0.1 only;
only the user who started it can use it. Starting it again starts only what is missing; stopping it
ends only its own processes. From a shell::

    eval "$(python -m tests.beds.htcondor up)"        # prints: export PATH=...
    condor_status
    python -m tests.beds.htcondor down

It needs no root. HTCondor runs no jobs of root's: where root starts it, all of it is in a user
namespace, where root has another name and no privileges. What it is not: a site. Nobody has to
wait for the others' jobs, and jobs start within two seconds.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
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

PREFIX = "jobqueue-htcondor-"
UNPACKED = Path(__file__).parents[2] / ".venv" / "htcondor" / "usr"
"""Where ``scripts/unpack-htcondor`` puts it, where the machine has none."""
CLIENTS = [
    *("condor_submit", "condor_q", "condor_rm", "condor_history", "condor_version"),
    *("condor_hold", "condor_release", "condor_suspend", "condor_continue", "condor_status"),
]
CONTROLS = ["condor_master", "condor_on", "condor_off", "condor_reconfig"]
UID = os.getuid() or 1
"""The user who HTCondor is told that we are."""
USER = pwd.getpwuid(UID).pw_name
DISGUISE = [] if os.getuid() else ["unshare", "--user", f"--map-user={UID}", f"--map-group={UID}"]
CONF = Path(__file__).with_suffix(".conf")
MARK = "JOBQUEUE_HTCONDOR_BED"
"""Variable of every process of a bed, also of its jobs; its value is the bed's folder."""


def release() -> Path:
    """Return the folder that HTCondor's `bin` and `sbin` are in."""
    installed = shutil.which("condor_master", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    return Path(installed).resolve().parents[1] if installed else UNPACKED


def missing_commands() -> list[str]:
    """Return what is not here of HTCondor, and of what root needs to start it."""
    unshare = [*DISGUISE, "true"] if DISGUISE else []
    needed = {"condor": [str(release() / "bin" / "condor_version")], "user namespaces": unshare}
    return [what for what, argv in needed.items() if argv and not _succeeds(argv)]


def _succeeds(argv: list[str]) -> bool:
    with suppress(OSError):
        return subprocess.run(argv, capture_output=True, timeout=60).returncode == 0
    return False


@dataclass(frozen=True)
class HTCondorBed:
    """One pool, all of it under `directory`."""

    directory: Path

    @property
    def bin(self) -> Path:
        """The bed's own `condor_submit` and so on, to come first on PATH."""
        return self.directory / "bin"

    @property
    def _sbin(self) -> Path:
        """What controls the daemons; it is not on PATH, where another bed would find it."""
        return self.directory / "sbin"

    def up(self) -> None:
        """Start what does not run yet, and wait until jobs can start."""
        if self.directory.exists() and self.directory.stat().st_uid != os.getuid():
            raise PermissionError(f"{self.directory} belongs to somebody else")
        if not self.bin.exists():
            self._make()
        if not self._master.pid:
            self._start()
        wait_until(self._is_up, 120, f"the pool, {self._logs}")

    def down(self) -> None:
        """Cancel all jobs, stop all daemons and remove the folder."""
        if self._master.pid:
            with suppress(TimeoutError, subprocess.SubprocessError):
                self.cancel_all(timeout=10)
        if pid := self._master.pid:
            os.kill(pid, signal.SIGQUIT)  # the faster way to stop
        with suppress(TimeoutError):
            wait_until(lambda: self._master.pid is None, 10, "condor_master to stop")
        kill_all_with(f"{MARK}={self.directory}", also=MARK)
        shutil.rmtree(self.directory, ignore_errors=True)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Have no schedd for a while: every command says that it cannot be found."""
        self.ask("condor_off", "-fast", "-daemon", "schedd", check=True)
        wait_until(lambda: not self._has_schedd(), 60, "the schedd to stop")
        try:
            yield
        finally:
            self.ask("condor_on", "-daemon", "schedd", check=True)
            wait_until(self._has_schedd, 60, f"the schedd, {self._logs}")

    @contextmanager
    def configured(self, **settings: object) -> Iterator[None]:
        """Have other settings for a while."""
        self._configure(settings)
        try:
            yield
        finally:
            self._configure({})

    def jobs(self) -> list[str]:
        """Id, name and state of each job that waits, runs, is held or is about to end."""
        return self.ask("condor_q", "-af:j", "JobBatchName", "JobStatus", check=True).splitlines()

    def jobs_left(self, timeout: float) -> list[str]:
        """Return the jobs that are still there after `timeout`; at once when there are none."""
        with suppress(TimeoutError):
            wait_until(lambda: not self.jobs(), timeout, "the queue to be empty")
        return self.jobs()

    def cancel_all(self, timeout: float) -> None:
        """Cancel every job; return when none is left, also not one that is about to end."""
        self.ask("condor_rm", "-all")
        wait_until(lambda: not self.jobs(), timeout, "cancelled jobs to leave the queue")

    def ask(self, *argv: str, check: bool = False) -> str:
        """Run one of HTCondor's commands on this bed and return what it printed."""
        folder = self._sbin if argv[0] in CONTROLS else self.bin
        command = [str(folder / argv[0]), *argv[1:]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=check)
        return done.stdout

    @property
    def _master(self) -> Daemon:
        return Daemon(self.directory / "run" / "master.pid", word=str(self.directory))

    @property
    def _logs(self) -> str:
        return f"logs in {self.directory / 'log'}"

    @property
    def _variables(self) -> dict[str, str]:
        """What tells HTCondor's programs which bed they belong to."""
        return {"CONDOR_CONFIG": str(self.directory / "condor_config"), MARK: str(self.directory)}

    def _make(self) -> None:
        """Write the folder; last the commands, which say that it is complete."""
        for name in ("log", "spool", "execute", "run"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        (self.directory / "settings").touch()
        facts = {"release": release(), "directory": self.directory, "user": USER, "mark": MARK}
        text = CONF.read_text().format(port=free_ports(1), **facts)
        (self.directory / "condor_config").write_text(text)
        self._make_commands()

    def _make_commands(self) -> None:
        made = self.directory / "bin-made"
        for folder, names in ((self._sbin, CONTROLS), (made, CLIENTS)):
            folder.mkdir(exist_ok=True)
            for name in names:
                (folder / name).write_text(self._command(next(release().glob(f"*bin/{name}"))))
                (folder / name).chmod(0o755)
        made.rename(self.bin)

    def _command(self, program: Path) -> str:
        exports = " ".join(f"{name}={shlex.quote(text)}" for name, text in self._variables.items())
        return f'#!/bin/sh\nexport {exports}\nexec {shlex.join([*DISGUISE, str(program)])} "$@"\n'

    def _start(self) -> None:
        """Run the master, which goes to the background by itself and starts the others."""
        argv = [str(self._sbin / "condor_master"), "-pidfile", str(self._master.pid_file)]
        env = {"PATH": os.defpath, "LANG": "C.UTF-8"}
        with (self.directory / "log" / "start.log").open("ab") as log:
            subprocess.run(
                argv, env=env, cwd=self.directory, stdout=log, stderr=log, timeout=120, check=True
            )

    def _configure(self, settings: Mapping[str, object]) -> None:
        lines = (f"{name} = {value}\n" for name, value in settings.items())
        (self.directory / "settings").write_text("".join(lines))
        self.ask("condor_reconfig", check=True)

    def _has_schedd(self) -> bool:
        done = subprocess.run([self.bin / "condor_q"], capture_output=True, timeout=120)
        return done.returncode == 0

    def _is_up(self) -> bool:
        """Whether the schedd answers, and the machine has told that it has room."""
        return self._has_schedd() and "Unclaimed" in self.ask("condor_status", "-af", "State")


def stop_abandoned() -> None:
    """Stop the beds of test runs that were killed before they could do so."""
    for folder in abandoned_folders(PREFIX):
        HTCondorBed(folder).down()


def new_bed() -> HTCondorBed:
    """Return a bed, not started yet, in a folder of its own."""
    return HTCondorBed(new_folder(PREFIX))


def main() -> None:
    """Start or stop the bed of this user, for use from a shell."""
    command_line(
        "htcondor",
        __doc__,
        PREFIX,
        HTCondorBed,
        missing_commands(),
        lambda bed: f"PATH={bed.bin}:$PATH",
    )


if __name__ == "__main__":
    main()
