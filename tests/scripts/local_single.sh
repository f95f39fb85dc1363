#!/usr/bin/env bash

#LOCALQ --job-name=dask-worker
#LOCALQ --cpus=1
#LOCALQ --time=08:00:00

/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name LocalCluster-0 --nthreads 1 --memory-limit 2048MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 28733s --lifetime-stagger 33s --host 127.0.0.1 --protocol tls://
