#!/bin/bash -l

#BSUB -J my-analysis
#BSUB -e /logs/my-analysis-%J.err
#BSUB -o /logs/my-analysis-%J.out
#BSUB -q large
#BSUB -P project42
#BSUB -n 16
#BSUB -R "span[hosts=1]"
#BSUB -M 32000
#BSUB -W 12:00
#BSUB -app dask
#BSUB -R "select[mem>32000]"

trap 'echo $? > /logs/LSFCluster-0.exit' EXIT
module load python
export OMP_NUM_THREADS=1
/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name LSFCluster-0 --nthreads 8 --memory-limit 22888MiB --no-nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 120 --local-directory /local/$USER --lifetime 55m --lifetime-stagger 4m --interface ib0 --protocol tls://
rm -rf /local/$USER
