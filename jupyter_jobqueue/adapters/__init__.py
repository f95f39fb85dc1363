"""One adapter per batch system: how to submit, query and cancel jobs, as data.

A batch system has up to three files: ``<system>.py`` is the adapter, ``<system>_output.py`` parses
what its commands print, and ``<system>_text.py`` writes what they take. A line in ``ADAPTERS``
registers a new one.
"""

from __future__ import annotations

from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.adapters.htcondor import HTCondor
from jupyter_jobqueue.adapters.local import Local
from jupyter_jobqueue.adapters.lsf import LSF
from jupyter_jobqueue.adapters.moab import Moab
from jupyter_jobqueue.adapters.oar import OAR
from jupyter_jobqueue.adapters.pbs import PBS
from jupyter_jobqueue.adapters.sge import SGE
from jupyter_jobqueue.adapters.slurm import Slurm
from jupyter_jobqueue.adapters.torque import Torque

ADAPTERS: dict[str, type[Adapter]] = {
    adapter.system: adapter
    for adapter in (
        Slurm,
        PBS,
        SGE,
        Moab,
        LSF,
        OAR,
        HTCondor,
        Local,
    )
}
"""The adapters by the name of their batch system."""

DIALECTS: dict[str, dict[str, type[Adapter]]] = {
    PBS.system: {"Torque": Torque},
}
"""Further adapters of a batch system, by the first word of the version that its commands print."""


def dialect_of(system: str, version: str) -> type[Adapter]:
    """Return the adapter of a batch system whose commands print `version`.

    Parameters
    ----------
    system : str
        A batch system, such as ``"pbs"``.
    version : str
        The output of the command that prints the version.

    Examples
    --------
    >>> dialect_of("pbs", "Torque 6.1.3").label, dialect_of("pbs", "PBS 23.06.06").label
    ('Torque', 'PBS')
    """
    return DIALECTS.get(system, {}).get(version.partition(" ")[0], ADAPTERS[system])
