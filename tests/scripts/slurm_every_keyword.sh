#!/bin/bash -l

#SBATCH -J my-analysis
#SBATCH -e /logs/my-analysis-%j.err
#SBATCH -o /logs/my-analysis-%j.out
#SBATCH -p large
#SBATCH -A project42
#SBATCH -n 1
#SBATCH --cpus-per-task=8
#SBATCH --mem=23G
#SBATCH -t 1-12:00:00
#SBATCH --constraint=haswell
#SBATCH --exclusive

module load python
export OMP_NUM_THREADS=1
/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name SLURMCluster-0 --nthreads 8 --memory-limit 22888MiB --no-nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 120 --local-directory /local/$USER --lifetime 55m --lifetime-stagger 4m --interface ib0 --protocol tls://
rm -rf /local/$USER
