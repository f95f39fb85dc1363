"""The batch systems that the project knows. Adding one is one file and one line here."""

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

ADAPTERS: dict[str, type[Adapter]] = {
    each.system: each for each in (Slurm, PBS, SGE, Moab, LSF, OAR, HTCondor, Local)
}
