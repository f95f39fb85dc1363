#!/usr/bin/env bash

#PBS -N my_jobs
#PBS -q "big nodes"
#PBS -A 'a "b"'
#PBS -l select=1:ncpus=1:mem=4096MB
#PBS -l walltime=00:30:00
#PBS -e "/logs/$USER/a b/"
#PBS -o "/logs/$USER/a b/"

trap 'echo $? > "/logs/$USER/a b/"PBSCluster-0.exit' EXIT
mpirun /opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name PBSCluster-0 --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 1760s --lifetime-stagger 20s --local-directory "$TMPDIR/of $USER" --protocol tls://
