#!/usr/bin/env bash

#OAR -n dask-worker
#OAR -O /logs/dask-worker-%jobid%.out
#OAR -E /logs/dask-worker-%jobid%.err
#OAR -l /nodes=1/core=1,walltime=00:30:00
#OAR -p mem_core>=4096

/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name OARCluster-$((7 + $((OAR_ARRAY_INDEX - 1)))) --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 1760s --lifetime-stagger 20s --protocol tls://
