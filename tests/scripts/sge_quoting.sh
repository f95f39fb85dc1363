#!/usr/bin/env bash

#$ -N my-jobs
#$ -S /bin/bash
#$ -q "big nodes"
#$ -P a "b"
#$ -l "site=north wing"
#$ -l h_rt=00:30:00
#$ -o "/logs/$USER/a b/my-jobs-$JOB_ID.out"
#$ -cwd
#$ -j y

trap 'echo $? > "/logs/$USER/a b/"SGECluster-0.exit' EXIT
mpirun /opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name SGECluster-0 --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 1760s --lifetime-stagger 20s --local-directory "$TMPDIR/of $USER" --protocol tls://
