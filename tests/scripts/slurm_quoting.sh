#!/usr/bin/env bash

#SBATCH -J "my jobs"
#SBATCH -e "/logs/$USER/a b/my jobs-%j.err"
#SBATCH -o "/logs/$USER/a b/my jobs-%j.out"
#SBATCH -p "big nodes"
#SBATCH -A "a \"b\""
#SBATCH -n 1
#SBATCH --cpus-per-task=1
#SBATCH --mem=4G
#SBATCH -t 00:30:00

srun /opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name SLURMCluster-0 --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 1760s --lifetime-stagger 20s --local-directory "$TMPDIR/of $USER" --protocol tls://
