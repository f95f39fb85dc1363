#!/bin/bash -l

#PBS -N my-analysis
#PBS -q large
#PBS -A project42
#PBS -l select=1:ncpus=24:mem=100GB:place=scatter
#PBS -l walltime=36:00:00
#PBS -e /logs/my-analysis-jobqueue-CLUSTER-0.err
#PBS -o /logs/my-analysis-jobqueue-CLUSTER-0.out
#PBS -m n
#PBS -W umask=022

trap 'echo $? > /logs/MoabCluster-0.exit' EXIT
module load python
export OMP_NUM_THREADS=1
/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name MoabCluster-0 --nthreads 8 --memory-limit 22888MiB --no-nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 120 --local-directory $TMPDIR/${USER} --lifetime 55m --lifetime-stagger 4m --interface ib0 --protocol tls://
rm -rf $TMPDIR/$PBS_JOBID
