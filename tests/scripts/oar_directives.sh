#!/usr/bin/env bash

#OAR -n dask-worker
#OAR -l /core=4,walltime=1
#OAR -p host='one'
#OAR -p host='two'

/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name OARCluster-0 --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 3533s --lifetime-stagger 33s --protocol tls://
