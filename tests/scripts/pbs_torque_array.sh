#!/usr/bin/env bash

#PBS -N my_jobs
#PBS -l nodes=1:ppn=1,mem=4096MB
#PBS -l walltime=00:30:00
#PBS -e "/my logs/my_jobs-jobqueue-CLUSTER-0.err"
#PBS -o "/my logs/my_jobs-jobqueue-CLUSTER-0.out"

trap 'echo $? > "/my logs/"PBSCluster-$PBS_ARRAYID.exit' EXIT
/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name PBSCluster-$PBS_ARRAYID --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 1760s --lifetime-stagger 20s --protocol tls://
