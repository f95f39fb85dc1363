"""A real OAR of one node, with a PostgreSQL and an sshd of its own, from Debian's packages.

OAR compiles in where its configuration is, so there is one bed on a machine at most, and it needs
root. It refuses to start where OAR is configured already, and takes everything back at the end:
`/etc/oar/oar.conf` and the file that jobs read first, `/var/lib/oar/.batch_job_bashrc`. All else
that it writes is in one folder. From a shell::

    python -m tests.beds.oar up
    oarnodes -s
    python -m tests.beds.oar down

What it is not: a site. Root may submit, there are no cpusets, and nothing is waited for that OAR's
own constants make it wait for.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.beds.daemons import Daemon, free_ports, kill_all_with, wait_until

HERE = Path(__file__).parent
PREFIX = "jobqueue-oar-"
CORES = 4
CONF = Path("/etc/oar/oar.conf")
PACKAGED_CONF = Path("/usr/share/oar/oar-common/oar.conf")
JOB_BASHRC = Path("/var/lib/oar/.batch_job_bashrc")
SSHD_FOLDER = Path("/run/sshd")
NEEDED = {
    "oarsub": "/usr/bin/oarsub",
    "oarstat -J": "/usr/share/perl5/JSON.pm",
    "oar-server": "/usr/lib/oar/Almighty",
    "oar-database": "/usr/sbin/oar-database",
    "oar-node": "/usr/lib/oar/setup/node.sh",
    "sshd": "/usr/sbin/sshd",
    "postgresql": "/usr/lib/postgresql/*/bin/initdb",
}
# The environment that Debian's setuid wrapper makes for OAR's server.
SERVER = {
    "OARDO_USER": "root",
    "OARDO_UID": "0",
    "OARDIR": "/usr/lib/oar",
    "OARCONFFILE": str(CONF),
    "OARXAUTHLOCATION": "/usr/bin/xauth",
    "OARUSER": "oar",
    "USER": "oar",
    "LOGNAME": "oar",
    "HOME": "/var/lib/oar",
    "SHELL": "/bin/sh",
    "LANG": "C",
    "PATH": "/bin:/sbin:/usr/bin:/usr/sbin:/usr/lib/oar/oardodo",
}
MARK = "JOBQUEUE_OAR_BED"
"""Variable of every process of a bed, also of its jobs; its value is the bed's folder."""


def missing_commands() -> list[str]:
    """Return what of OAR and of what it needs is not installed here."""
    root = Path("/")
    return [name for name, path in NEEDED.items() if not any(root.glob(path.lstrip("/")))]


@contextmanager
def claimed() -> Iterator[str]:
    """Keep this machine's one OAR from all other test runs; yields why it cannot be had, or ""."""
    if os.getuid():
        yield "needs root"
        return
    if missing := missing_commands():
        yield f"not installed: {', '.join(missing)}"
        return
    with CONF.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield "another test run has it"
            return
        stop_abandoned()
        yield _obstacle()


def _obstacle() -> str:
    if CONF.read_bytes() != PACKAGED_CONF.read_bytes():
        return f"{CONF} is not as its package made it: OAR is in use here"
    try:
        socket.gethostbyname(socket.gethostname())
    except OSError:
        return "the name of this host has no address"
    return ""


@dataclass(frozen=True)
class OarBed:
    """One OAR; the user `postgres` and the user `oar` must get at `directory`."""

    directory: Path

    def up(self) -> None:
        """Start what does not run yet, and wait until jobs can start."""
        self._write_files()
        self._start_postgres()
        self._make_database()
        self._start_sshd()
        self._start_almighty()
        wait_until(lambda: "Alive" in self.ask("oarnodes", "-s"), 120, f"the node, {self._logs}")

    def down(self) -> None:
        """Cancel all jobs, stop all daemons, put the system's files back, remove the folder."""
        if self._almighty.pid:
            with suppress(TimeoutError, subprocess.SubprocessError, ValueError):
                self.cancel_all(timeout=15)
        self._almighty.stop(timeout=3)
        kill_all_with(f"{MARK}={self.directory}", also=MARK)  # what it started ignores SIGTERM
        for daemon in (self._sshd, self._postgres):
            daemon.stop(timeout=10)
        self._put_back()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def is_configured(self) -> bool:
        """Whether it is this bed that OAR's commands speak to."""
        with suppress(OSError):
            return f"{self.directory}/log/" in CONF.read_text()
        return False

    def jobs(self) -> list[str]:
        """Id, name and state of each job that waits, runs or is about to end."""
        told = json.loads(self.ask("oarstat", "-J", check=True) or "{}")
        return [f"{job['Job_Id']} {job['name']} {job['state']}" for job in told.values()]

    def jobs_left(self, timeout: float) -> list[str]:
        """Return the jobs that are still there after `timeout`; at once when there are none."""
        with suppress(TimeoutError):
            wait_until(lambda: not self.jobs(), timeout, "the queue to be empty")
        return self.jobs()

    def cancel_all(self, timeout: float) -> None:
        """Cancel every job; return when none is left, also not a Finishing one."""
        if ids := [job.split()[0] for job in self.jobs()]:
            self.ask("oardel", *ids)
        wait_until(lambda: not self.jobs(), timeout, "cancelled jobs to leave the queue")

    def ask(self, *argv: str, check: bool = False) -> str:
        """Run one of OAR's commands and return what it printed."""
        done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=check)
        return done.stdout

    # -- the parts

    @property
    def _almighty(self) -> Daemon:
        return self._daemon("almighty")

    @property
    def _sshd(self) -> Daemon:
        return self._daemon("sshd")

    @property
    def _postgres(self) -> Daemon:
        return self._daemon("postgres")

    def _daemon(self, name: str) -> Daemon:
        return Daemon(self.directory / "run" / f"{name}.pid", word=str(self.directory))

    @property
    def _logs(self) -> str:
        return f"logs in {self.directory / 'log'}"

    @property
    def _password(self) -> Path:
        """File with the password of the database, which every user of this host can reach."""
        return self.directory / "password"

    @property
    def _settings(self) -> dict[str, str]:
        """Our values for `/etc/oar/oar.conf`."""
        port = int((self.directory / "port").read_text())
        ssh = f"/usr/bin/ssh -p {port + 2} -e none -q -o UserKnownHostsFile=/dev/null"
        return {
            "DB_HOSTNAME": "127.0.0.1",
            "DB_PORT": str(port),
            "DB_BASE_PASSWD": self._password.read_text(),
            "DB_BASE_PASSWD_RO": self._password.read_text(),
            "SERVER_HOSTNAME": socket.gethostname(),  # a job would not believe "localhost"
            "SERVER_PORT": str(port + 1),
            "OPENSSH_CMD": ssh,
            "LOG_FILE": f"{self.directory}/log/oar.log",
            "LOG_LEVEL": "3",
            "OAR_RUNTIME_DIRECTORY": f"{self.directory}/runtime",
            "SCHEDULER_MIN_TIME_BETWEEN_2_CALLS": "0",
        }

    def _write_files(self) -> None:
        """Make the folder, and configure OAR; a bed that is there already keeps its ports."""
        self.directory.mkdir(mode=0o755, exist_ok=True)
        if (self.directory / "port").exists():
            return
        for name, owner in {"run": "postgres", "log": "oar", "runtime": "oar"}.items():
            (self.directory / name).mkdir()
            shutil.chown(self.directory / name, owner)
        (self.directory / "port").write_text(str(free_ports(3)))
        self._password.touch(mode=0o600)
        self._password.write_text(secrets.token_hex(16))
        shutil.chown(self._password, "postgres")
        shutil.copyfile(JOB_BASHRC, self.directory / "batch_job_bashrc")
        # The package's reads ~/.bashrc in every bash of a job: where that starts one, without end.
        JOB_BASHRC.write_text("")
        # Written in place: the file keeps its owner and mode, as it has a password.
        CONF.write_text(_configured(PACKAGED_CONF.read_text(), self._settings))

    def _put_back(self) -> None:
        if (self.directory / "batch_job_bashrc").exists():
            JOB_BASHRC.write_bytes((self.directory / "batch_job_bashrc").read_bytes())
            CONF.write_bytes(PACKAGED_CONF.read_bytes())
        if (self.directory / "made_sshd_folder").exists():
            SSHD_FOLDER.rmdir()

    def _start_postgres(self) -> None:
        data, run = self.directory / "postgres", self.directory / "run"
        if self._postgres.pid:
            return
        if not data.exists():
            data.mkdir(mode=0o700)
            shutil.chown(data, "postgres")
            login = ("--auth-local=peer", "--auth-host=scram-sha-256", "--pwfile", self._password)
            self._run_as_postgres("initdb", *login, "-E", "UTF8", "--locale=C", "-N")
        options = {
            "port": self._settings["DB_PORT"],
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": run,
            "external_pid_file": self._postgres.pid_file,
            "fsync": "off",
        }
        flags = " ".join(f"-c {name}={value}" for name, value in options.items())
        self._run_as_postgres("pg_ctl", "-w", "-l", f"{run}/postgres.log", "-o", flags, "start")

    def _run_as_postgres(self, command: str, *words: str | Path) -> None:
        found = max(Path("/usr/lib/postgresql").glob(f"*/bin/{command}"), key=_version)
        self._run(found, "-D", self.directory / "postgres", *words, user="postgres")

    def _make_database(self) -> None:
        done = self.directory / "database"
        if done.exists():
            return
        admin = ("--db-admin-user", "postgres", "--db-admin-pass", self._password.read_text())
        self._run("oar-database", "--create", *admin, "-y")
        for name in ("cpu", "core", "mem_core"):
            self._run("oarproperty", "-a", name)
        self._run("oarproperty", "-c", "-a", "host")
        database = ("-h", self.directory / "run", "-p", self._settings["DB_PORT"], "oar")
        values = ("-v", "ON_ERROR_STOP=1", "-v", f"cores={CORES}")
        data = self.directory / "oar.sql"  # postgres need not get at the folder of these tests
        data.write_text((HERE / "oar.sql").read_text())
        self._run("psql", "-q", *values, "-f", data, *database, user="postgres")
        done.touch()

    def _start_sshd(self) -> None:
        """Start the sshd through which OAR reaches its node, this host, as the user `oar`."""
        if self._sshd.pid:
            return
        if not SSHD_FOLDER.exists():
            SSHD_FOLDER.mkdir(mode=0o755)
            (self.directory / "made_sshd_folder").touch()
        key, conf = self.directory / "ssh_host_key", self.directory / "sshd_config"
        if not key.exists():
            self._run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        port = int(self._settings["DB_PORT"]) + 2
        template = (HERE / "oar_sshd.conf").read_text()
        conf.write_text(template.format(directory=self.directory, port=port, mark=MARK))
        self._run("/usr/sbin/sshd", "-f", conf, "-E", f"{self.directory}/log/sshd.log")

    def _start_almighty(self) -> None:
        """Start OAR's server as Debian's setuid wrapper does, but on one address only."""
        if self._almighty.pid:
            return
        address = socket.gethostbyname(self._settings["SERVER_HOSTNAME"])
        log = self.directory / "log" / "almighty.log"
        # Given as text: the user oar need not get at the folder of these tests.
        program = (HERE / "almighty.pl").read_text()
        started = subprocess.run(
            ["perl", "-MIO::Socket::INET", "-e", program],
            cwd="/",
            env={**SERVER, MARK: str(self.directory), "BIND": address, "LOG": str(log)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
            check=True,
            user="oar",
            group="oar",
            extra_groups=[],
            start_new_session=True,
        )
        self._almighty.pid_file.write_text(started.stdout)
        server = (address, int(self._settings["SERVER_PORT"]))
        wait_until(lambda: _listens(server), 120, f"OAR's server, {self._logs}")

    def _run(self, *argv: str | Path, user: str | None = None) -> None:
        with (self.directory / "log" / "start.log").open("ab") as said:
            done = subprocess.run(
                argv,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                timeout=120,
                user=user,
                group=user,
                extra_groups=[] if user else None,
            )
        if done.returncode:
            raise RuntimeError(f"{argv[0]} failed, {self._logs}")


def _configured(text: str, settings: Mapping[str, str]) -> str:
    for name, value in settings.items():
        text, found = re.subn(rf"(?m)^#?{name}=.*$", f'{name}="{value}"', text, count=1)
        text += "" if found else f'{name}="{value}"\n'
    # Jobs are plain processes of their user.
    return re.sub(r"(?m)^(JOB_RESOURCE_MANAGER_PROPERTY_DB_FIELD|CPUSET_PATH)=", r"#\1=", text)


def _version(command: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in command.parts[-3].split("."))


def _listens(address: tuple[str, int]) -> bool:
    with suppress(OSError), socket.create_connection(address, timeout=1):
        return True
    return False


def stop_abandoned() -> None:
    """Stop the beds of test runs that were killed before they could do so."""
    for owner in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/owner"):
        with suppress(OSError, ValueError):
            if owner.stat().st_uid == os.getuid() and not _alive(int(owner.read_text())):
                OarBed(owner.parent).down()


def new_bed() -> OarBed:
    """Return a bed, not started yet, in a new folder that says which process it belongs to."""
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    directory.chmod(0o755)
    (directory / "owner").write_text(str(os.getpid()))
    return OarBed(directory)


def _alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def main() -> None:
    """Start or stop the bed of this machine, for use from a shell."""
    parser = argparse.ArgumentParser(prog="python -m tests.beds.oar", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("action", choices=["up", "down"])
    options = parser.parse_args()
    bed = OarBed(Path(tempfile.gettempdir()) / f"{PREFIX}bed")
    with claimed() as why_not:
        if why_not and not bed.is_configured:
            parser.exit(1, f"{why_not}\n")
        (bed.up if options.action == "up" else bed.down)()


if __name__ == "__main__":
    main()
