#!/usr/bin/env bash

#PBS -N dask-worker
#PBS -l select=1:ncpus=1:mem=4096MB
#PBS -l walltime=00:30:00
#PBS -e /logs/
#PBS -o /logs/

trap 'echo $? > /logs/PBSCluster-$((7 + $PBS_ARRAY_INDEX)).exit' EXIT
/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name PBSCluster-$((7 + $PBS_ARRAY_INDEX)) --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 1760s --lifetime-stagger 20s --protocol tls://
