#!/usr/bin/env bash

#$ -N dask-worker
#$ -S /bin/bash
#$ -l h_rt=00:30:00
#$ -cwd
#$ -j y

/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name SGECluster-0 --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 1760s --lifetime-stagger 20s --protocol tls://
