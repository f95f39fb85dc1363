"""A real JupyterHub with a proxy of its own, and two users whose servers run as them.

It needs root: the users are made for it and removed at the end. All that it writes is in one
folder, and it listens on loopback only. From a shell::

    python -m tests.beds.hub up
    python -m tests.beds.hub down
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import requests

from tests.beds.daemons import (
    Daemon,
    abandoned_folders,
    free_ports,
    kill_all_with,
    new_folder,
    wait_until,
)
from tests.beds.reach import reaching

ROOT = Path(__file__).parent.parent.parent
PROXY = ROOT / "node_modules/.bin/configurable-http-proxy"
PREFIX = "jobqueue-hub-"
MARK = "JOBQUEUE_HUB_BED"
"""Variable of every process of a bed; its value is the bed's folder."""
NAMES = ("alice", "bob")
SLOW = 120
"""Seconds for which the Hub waits for a server, on a busy machine."""
LOOKS = 8.0
"""Seconds between two looks of the users' servers for work: fewer than people have time for."""
SERVER_CONFIG = f"""\
from jupyter_jobqueue.server import activity, app
activity.INTERVAL = app.INTERVAL = {LOOKS}
"""


def obstacle() -> str:
    """Return why there can be no bed here, or nothing."""
    if os.getuid():
        return "needs root"
    missing = [name for name in ("jupyterhub", "jupyterhub_idle_culler") if not find_spec(name)]
    missing += [name for name in ("useradd", "userdel", "runuser") if not shutil.which(name)]
    missing += [] if PROXY.exists() else ["configurable-http-proxy"]
    return f"not installed: {' '.join(missing)}" if missing else ""


@dataclass
class HubBed:
    """One JupyterHub; every user of this machine can enter `directory`."""

    directory: Path
    process: subprocess.Popen[bytes] | None = None
    """The Hub, where it was this program that started it."""

    # -- start and stop

    def up(self) -> None:
        """Make the users, start the Hub, and wait until it answers."""
        self._write_files()
        if why := self._unreachable():
            raise PermissionError(why)
        with self.log.open("ab") as said:
            self.process = hub = subprocess.Popen(
                [*self._reach, sys.executable, "-m", "jupyterhub", "-f", str(self._config)],
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self._daemon.pid_file.write_text(str(hub.pid))
        wait_until(lambda: hub.poll() is not None or self._answers(), 120, f"the Hub, {self.log}")
        if hub.poll() is not None:
            raise RuntimeError(f"JupyterHub ended with {hub.returncode}:\n{self.log.read_text()}")

    def down(self) -> None:
        """Stop the Hub, which stops the servers, kill what is left, remove users and folder."""
        self._daemon.ask_to_stop()
        if self.process:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        self._daemon.stop(timeout=30)
        kill_all_with(f"{MARK}={self.directory}", also=MARK)
        for user in self._made_users():
            for process in processes_of(user):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            subprocess.run(["userdel", "--force", user], check=True, capture_output=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    def user(self, name: str) -> str:
        """Return the login of one of `NAMES`, which no other bed of this machine has."""
        return f"jjq-{name}-{self._settings['suffix']}"

    def home(self, user: str) -> Path:
        """Return the home of a user."""
        return self.directory / "home" / user

    def python(self, user: str, code: str) -> subprocess.CompletedProcess[str]:
        """Run code as a user, with the Python of these tests."""
        return subprocess.run(
            [*self._reach, "runuser", "-u", user, "--", sys.executable, "-c", code],
            cwd="/",
            env={**self.environment, "HOME": str(self.home(user))},
            capture_output=True,
            text=True,
            timeout=SLOW,
        )

    @property
    def log(self) -> Path:
        """What the Hub, its proxy and all servers write."""
        return self.directory / "hub.log"

    @property
    def password(self) -> str:
        """The password of every user."""
        return str(self._settings["password"])

    @property
    def token(self) -> str:
        """A token for everything that the Hub can do."""
        return str(self._settings["token"])

    @property
    def url(self) -> str:
        """Where a browser finds the Hub, without a slash at the end."""
        return f"http://127.0.0.1:{self._settings['port']}"

    @property
    def hub_url(self) -> str:
        """Where services find the API of the Hub."""
        return f"http://127.0.0.1:{self._settings['port'] + 2}/hub/api"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the Hub and of its services."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{PROXY.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "tests/light"),  # servers are there in half the time
            "HOME": str(self.directory),
            "LANG": "C.UTF-8",
            "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16),
            MARK: str(self.directory),
        }

    # -- the parts

    @property
    def _daemon(self) -> Daemon:
        return Daemon(self.directory / "hub.pid", word=str(self.directory))

    @property
    def _config(self) -> Path:
        return self.directory / "jupyterhub_config.json"

    @property
    def _reach(self) -> list[str]:
        folders = {Path(each).resolve() for each in (sys.prefix, sys.base_prefix, ROOT)}
        return reaching(folders, Path(tempfile.mkdtemp(prefix="mounts-", dir=self.directory)))

    @cached_property
    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = json.loads((self.directory / "settings").read_text())
        return settings

    def _write_files(self) -> None:
        settings = {
            "port": free_ports(3),
            "suffix": secrets.token_hex(3),
            "password": secrets.token_hex(16),
            "token": secrets.token_hex(16),
        }
        (self.directory / "settings").touch(mode=0o600)
        (self.directory / "settings").write_text(json.dumps(settings))
        (self.directory / "tmp").mkdir()
        (self.directory / "tmp").chmod(0o1777)
        (self.directory / "home").mkdir()
        (self.directory / "etc").mkdir()
        (self.directory / "etc/jupyter_server_config.py").write_text(SERVER_CONFIG)
        for name in NAMES:
            self._add_user(self.user(name))
        self._config.touch(mode=0o600)
        self._config.write_text(json.dumps(self._configuration()))

    def _configuration(self) -> dict[str, Any]:
        port = self._settings["port"]
        scopes = ["admin:users", "admin:servers", "access:servers", "tokens", "proxy"]
        return {
            "JupyterHub": {
                "authenticator_class": "shared-password",
                "bind_url": self.url,
                "hub_bind_url": f"http://127.0.0.1:{port + 2}",
                "db_url": f"sqlite:///{self.directory}/hub.sqlite",
                "cookie_secret_file": f"{self.directory}/cookie_secret",
                "services": [{"name": "tests", "api_token": self.token}],
                "load_roles": [{"name": "tests", "scopes": scopes, "services": ["tests"]}],
                "last_activity_interval": 1,
                # Who asks for a start or a stop is answered when it is done.
                "tornado_settings": {"slow_spawn_timeout": SLOW, "slow_stop_timeout": SLOW},
            },
            "SharedPasswordAuthenticator": {"user_password": self.password},
            "Authenticator": {"allowed_users": [self.user(name) for name in NAMES]},
            "ConfigurableHTTPProxy": {"api_url": f"http://127.0.0.1:{port + 1}"},
            "Spawner": {
                "start_timeout": SLOW,
                "http_timeout": SLOW,
                "environment": self._user_environment(),
            },
        }

    def _user_environment(self) -> dict[str, str]:
        return {
            MARK: str(self.directory),
            "TMPDIR": str(self.directory / "tmp"),
            "JUPYTER_CONFIG_PATH": str(self.directory / "etc"),
            "JUPYTERHUB_ACTIVITY_INTERVAL": "1",
            "JUPYTER_JOBQUEUE_LOCALQUEUE_CPUS": "4",
            "JUPYTER_JOBQUEUE_LOCALQUEUE_GRACE": "0.5",
            "JUPYTER_JOBQUEUE_LOCALQUEUE_LINGER": "1",
        }

    def configure(self, user: str, **classes: dict[str, Any]) -> None:
        """Write a user's own configuration of the next server."""
        config = self.home(user) / ".jupyter/jupyter_server_config.json"
        config.parent.mkdir(exist_ok=True)
        config.write_text(json.dumps(classes))
        shutil.chown(config.parent, user)

    def _add_user(self, user: str) -> None:
        argv = ["useradd", "--no-log-init", "--create-home", "--home-dir", str(self.home(user))]
        subprocess.run([*argv, "--shell", "/bin/sh", user], check=True, capture_output=True)
        self.home(user).chmod(0o700)

    def _made_users(self) -> list[str]:
        homes = (self.directory / "home").glob("*")
        known = {entry.pw_name: entry.pw_dir for entry in pwd.getpwall()}
        return [home.name for home in homes if known.get(home.name) == str(home)]

    def _unreachable(self) -> str:
        """Return why the users cannot run what they need, or nothing."""
        tried = self.python(self.user(NAMES[0]), "import jupyter_jobqueue, jupyterhub")
        told = (tried.stderr.strip() or "no word").splitlines()[-1]
        return f"another user cannot run {sys.executable}: {told}" if tried.returncode else ""

    def _answers(self) -> bool:
        with suppress(requests.RequestException):
            urls = (f"{self.hub_url}/", f"{self.url}/hub/api/")  # the second through the proxy
            return all(requests.get(url, timeout=5).ok for url in urls)
        return False


def processes_of(user: str) -> list[psutil.Process]:
    """Return the processes of a user."""
    uid = pwd.getpwnam(user).pw_uid
    every = psutil.process_iter(["uids", "cmdline", "status"])
    return [each for each in every if each.info["uids"] and each.info["uids"].real == uid]


def stop_abandoned() -> None:
    """Stop the beds of test runs that were killed before they could do so."""
    for folder in abandoned_folders(PREFIX):
        HubBed(folder).down()


def new_bed() -> HubBed:
    """Return a bed, not started yet, in a new folder that says which process it belongs to."""
    return HubBed(new_folder(PREFIX))


def main() -> None:
    """Start or stop a Hub from a shell or another program, and print how to use it, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.beds.hub", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("action", choices=["up", "down"])
    default = Path(tempfile.gettempdir()) / f"{PREFIX}{os.getuid()}"
    parser.add_argument("--dir", type=Path, default=default, help="folder of the bed (%(default)s)")
    options = parser.parse_args()
    bed = HubBed(options.dir.resolve())
    if options.action == "down":
        bed.down()
    elif why := obstacle():
        parser.exit(1, f"{why}\n")
    else:
        bed.directory.mkdir(mode=0o755)
        bed.up()
        names = {"users": [bed.user(name) for name in NAMES], "password": bed.password}
        print(json.dumps({"url": bed.url, "token": bed.token, **names}))


if __name__ == "__main__":
    main()
