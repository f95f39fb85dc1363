#!/usr/bin/env bash

#SBATCH -J dask-worker
#SBATCH -n 1
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH -t 00:30:00

/opt/python -m dask_cuda.cli tls://10.0.0.1:8786 --name SLURMCluster-0 --nthreads 1 --memory-limit 1024MiB --death-timeout 60 --protocol tls://
