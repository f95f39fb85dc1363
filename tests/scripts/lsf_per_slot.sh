#!/usr/bin/env bash

#BSUB -J dask-worker
#BSUB -R "span[hosts=1]"
#BSUB -M 1074
#BSUB -W 00:30
#BSUB -n 4,8

export DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD="${DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD:-forkserver}"
/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name LSFCluster-0 --nthreads 1 --memory-limit 1024MiB --nworkers 4 --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 1760s --lifetime-stagger 20s --protocol tls://
