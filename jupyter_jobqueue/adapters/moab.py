"""Moab, known from its documents and from public programs that use it; nothing was run on it.

``showq`` prints what nextflow and COBalD/TARDIS keep in their tests (``tests/recordings/moab``
names the sources); ``msub`` and ``mjobctl`` are called as they do. Arrays must be enabled by a site
and differ from those of the batch system below Moab, so jobs are submitted one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_jobqueue.adapters.moab_output import read_id, read_showq
from jupyter_jobqueue.adapters.model import Call, JobSpec, JobStatus, Listing, Queue
from jupyter_jobqueue.adapters.torque import Torque


class Moab(Torque):
    """`msub`, `showq` and `mjobctl`; the script is that of Torque."""

    system = "moab"
    label = "Moab"
    class_name = "MoabCluster"
    commands = ("msub", "showq", "mjobctl")
    array_index = ""
    status_lists_all = True
    unreachable_pattern = r"client timed out|annot connect to|communication error"
    env_blocklist = rf"MOAB_.*|{Torque.env_blocklist}"
    submit_command = ("msub",)

    def submit(self, spec: JobSpec) -> Call[list[str]]:
        argv = [*self.submit_command, "-N", f"{self.job_name(spec)}.{spec.tag}"]
        return Call(argv, read_id, stdin=self.script(spec))

    def status(self, ids: Sequence[str]) -> Call[Listing]:
        return self._showq([], ids)

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]] | None:
        return self._showq(["-c"], ids)

    def _showq(self, words: list[str], ids: Sequence[str]) -> Call[Listing]:
        argv = ["showq", *words, "--xml", "-w", f"user={self.user}"]
        return Call(argv, lambda text: read_showq(text, ids))

    def list_ids(self) -> Call[list[str]] | None:
        return None

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        argv = ["mjobctl", "-c", ",".join(ids)]
        return Call(argv, lambda text: None, already_gone_pattern="invalid job specified")

    def queues(self) -> Call[list[Queue]] | None:
        return None

    def version(self) -> Call[str]:
        # Any failure is accepted: a version that cannot be read must not make Moab unusable.
        argv = ["showq", "--version"]
        return Call(argv, lambda text: text.strip().partition("\n")[0], already_gone_pattern=".")

    def warnings(self, options: Mapping[str, Any]) -> list[str]:
        return []  # unlike Torque, the batch system below Moab may know select=
