"""Which process is meant: a number alone may belong to another one by now."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict

DEAD = (b"Z", b"X")


class Process(BaseModel):
    """A process of some machine, told from a later one with the same number.

    Parameters
    ----------
    host : str
        Name of its machine.
    boot : str
        What tells the present run of that machine from the one before.
    space : str
        Where its number counts: containers of one machine have numbers of their own.
    pid : int
        Its number.
    born : str
        When it began, in the machine's own words; the time of day is no help, as it can be set.
    """

    model_config = ConfigDict(frozen=True)

    host: str
    boot: str
    space: str
    pid: int
    born: str

    @classmethod
    def of(cls, pid: int) -> Process:
        """Return a process of this machine."""
        return cls(host=host(), boot=_boot(), space=_space(), pid=pid, born=_born(pid))

    @property
    def here(self) -> bool:
        """Whether its number means something to us."""
        return (self.host, self.boot, self.space) == (host(), _boot(), _space())

    @property
    def alive(self) -> bool:
        """Whether it is here and still runs; a zombie does not."""
        return self.here and bool(self.born) and _born(self.pid) == self.born

    @property
    def dead(self) -> bool:
        """Whether it surely has ended: here, or because its machine was started anew."""
        rebooted = self.host == host() and self.boot != _boot()
        return rebooted or (self.here and not self.alive)

    def kill(self) -> None:
        """End it at once."""
        self.send(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, and nobody else who may have got its number just now."""
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
    """Return when a process began; empty if it does not run any more."""
    try:
        # The name in parentheses may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return "" if Path("/proc/self/stat").exists() else _born_elsewhere(pid)
    return "" if fields[0] in DEAD else fields[19].decode()


def _born_elsewhere(pid: int) -> str:
    """Ask where there is no /proc."""
    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else str(process.create_time())
    except psutil.Error:
        return ""
