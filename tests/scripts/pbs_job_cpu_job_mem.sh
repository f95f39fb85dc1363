#!/usr/bin/env bash

#PBS -N dask-worker
#PBS -l select=1:ncpus=2:mem=5000mb
#PBS -l walltime=00:30:00

/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name PBSCluster-0 --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 1760s --lifetime-stagger 20s --protocol tls://
