"""Torque: a PBS without JSON and without history, as 6.1.3 behaves (``tests/recordings/torque``).

The listing of its queues was not recorded; it has the form that OpenPBS prints too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_jobqueue.adapters.model import Call, JobSpec, JobStatus, Listing, Queue
from jupyter_jobqueue.adapters.pbs import PBS
from jupyter_jobqueue.adapters.pbs_text import cpus, memory, quoted
from jupyter_jobqueue.adapters.pbs_values import element
from jupyter_jobqueue.adapters.torque_output import read_qstat, read_queues


class Torque(PBS):
    """`qsub`, `qstat` and `qdel` of Torque, a dialect of PBS."""

    label = "Torque"
    array_index = "$PBS_ARRAYID"
    submit_command = ("qsub",)
    array_option = "-t"
    first_of_name = "[A-Za-z]"

    def status(self, ids: Sequence[str]) -> Call[Listing]:
        return Call(["qstat", "-x", *ids], read_qstat, already_gone_pattern="Unknown Job Id")

    def history(self, ids: Sequence[str]) -> Call[dict[str, JobStatus]] | None:
        return None

    def cancel(self, ids: Sequence[str]) -> Call[None]:
        gone = "nonexistent job id|Unknown Job Id|Request invalid for state of job"
        return Call(["qdel", *ids], lambda text: None, already_gone_pattern=gone)

    def queues(self) -> Call[list[Queue]] | None:
        # Not -q, which cuts names.
        return Call(["qstat", "-Q", "-f"], read_queues)

    def warnings(self, options: Mapping[str, Any]) -> list[str]:
        if "select=" not in (options.get("resource_spec") or ""):
            return []
        return ["Torque ignores select= in resource_spec: use a form such as nodes=1:ppn=4,mem=8gb"]

    def resources(self, spec: JobSpec) -> list[str]:
        """Return what ``-l`` requests; nothing if the user skips what PBS would request.

        Torque accepts ``select=`` but ignores it; users of PBS skip that directive.

        Parameters
        ----------
        spec : JobSpec
            The submission.
        """
        lines = [f"{self.directive} -l {text}" for text in super().resources(spec)]
        if any(skip in line for skip in spec.skip for line in lines):
            return []
        style, size = memory(spec)
        amount = {"job": f",mem={size}", "process": f",pmem={size}"}.get(style, "")
        return [f"nodes=1:ppn={cpus(spec)}{amount}"]

    def log_directives(self, spec: JobSpec) -> list[str]:
        # Named after the tag: the id is unknown before the submission, and files in a folder would
        # be named after the job, whose name is not unique.
        stem = self._log_stem(spec)
        return [f"-e {quoted(f'{stem}.err')}", f"-o {quoted(f'{stem}.out')}"]

    def log_paths(self, spec: JobSpec, job_id: str) -> tuple[str, str]:
        if not spec.logs:
            return "", ""
        index = f"-{element(job_id)}" if spec.count > 1 else ""
        stem = self._log_stem(spec)
        return f"{stem}.out{index}", f"{stem}.err{index}"

    def _log_stem(self, spec: JobSpec) -> str:
        return f"{spec.logs}/{self.job_name(spec)}-{spec.tag}"
