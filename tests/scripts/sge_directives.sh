#!/usr/bin/env zsh

#$ -N dask-worker
#$ -S /bin/zsh
#$ -j y
#$ -l h_rt=3600
#$ -pe mpi 4

/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name SGECluster-0 --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 3533s --lifetime-stagger 33s --protocol tls://
