#!/bin/sh

#LOCALQ --job-name="my jobs"
#LOCALQ --cpus=2
#LOCALQ --time=01:00:00
#LOCALQ --output="/logs/my jobs-%j.out"
#LOCALQ --error="/logs/my jobs-%j.err"

echo "$LOCALQ_JOB_ID"
export DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD="${DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD:-forkserver}"
/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name LocalCluster-$LOCALQ_ARRAY_TASK_ID --nthreads 1 --memory-limit 476MiB --nworkers 2 --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 3533s --lifetime-stagger 33s --interface lo --protocol tls://
echo done
