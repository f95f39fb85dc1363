#!/usr/bin/env bash

#SBATCH -J dask-worker
#SBATCH -n 1
#SBATCH --cpus-per-task=1
#SBATCH -t 00:30:00
#SBATCH --mem-per-cpu=4G
#SBATCH --gres=gpu:1

/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name SLURMCluster-0 --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 1760s --lifetime-stagger 20s --protocol tls://
