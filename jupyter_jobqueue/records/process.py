"""Identifies a process permanently, although the system reuses its number (pid)."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict

ENDED_STATES = (b"Z", b"X")


class Process(BaseModel):
    """A process of a machine, distinguished from later processes with the same number.

    Parameters
    ----------
    host : str
        Name of the machine.
    boot : str
        Id of the boot of the machine.
    space : str
        PID namespace: each container of a machine numbers its own processes.
    pid : int
        Number of the process.
    born : str
        When the process started, in clock ticks since the boot, as the time of day can be set;
        empty if it had ended already.
    """

    model_config = ConfigDict(frozen=True)

    host: str
    boot: str
    space: str
    pid: int
    born: str

    @classmethod
    def of(cls, pid: int) -> Process:
        """Return a process of this machine.

        Parameters
        ----------
        pid : int
            Number of the process.
        """
        return cls(host=host(), boot=_boot(), space=_space(), pid=pid, born=_born(pid))

    @property
    def here(self) -> bool:
        """Whether its number is valid in this program: same machine, boot and namespace."""
        return (self.host, self.boot, self.space) == (host(), _boot(), _space())

    @property
    def alive(self) -> bool:
        """Whether it is on this machine and runs; a zombie does not run."""
        return self.here and bool(self.born) and _born(self.pid) == self.born

    @property
    def dead(self) -> bool:
        """Whether it has certainly ended: on this machine, or because the machine was rebooted."""
        rebooted = self.host == host() and self.boot != _boot()
        return rebooted or (self.here and not self.alive)

    def kill(self) -> None:
        """End the process at once."""
        self.send(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, but not to another one that has its number now.

        Parameters
        ----------
        number : signal.Signals
            The signal.
        """
        with suppress(OSError):
            handle = os.pidfd_open(self.pid)
            try:
                if self.alive:
                    signal.pidfd_send_signal(handle, number)
            finally:
                os.close(handle)


def host() -> str:
    """Return the name of this machine."""
    return socket.gethostname()


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(int(psutil.boot_time()))


def _space() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _born(pid: int) -> str:
    """Return when a process started; empty if it no longer runs."""
    try:
        # The name in parentheses may contain spaces and parentheses.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return "" if Path("/proc/self/stat").exists() else _born_without_proc(pid)
    return "" if fields[0] in ENDED_STATES else fields[19].decode()


def _born_without_proc(pid: int) -> str:
    """Return when a process started, on systems without /proc."""
    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else str(process.create_time())
    except psutil.Error:
        return ""
