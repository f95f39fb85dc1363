#!/usr/bin/env bash

#BSUB -J dask-worker
#BSUB -n 1
#BSUB -M 4294968
#BSUB -W 00:30

/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name LSFCluster-0 --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 1760s --lifetime-stagger 20s --protocol tls://
