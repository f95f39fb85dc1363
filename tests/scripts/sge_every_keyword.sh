#!/bin/bash -l

#$ -N my-analysis
#$ -S /bin/bash
#$ -q large.q,all.q@@fat
#$ -P project42
#$ -pe smp 8
#$ -l gpu=1,hostname=a*|b*
#$ -l virtual_free=2862M
#$ -l h_rt=36:00:00
#$ -o /logs/my-analysis-$JOB_ID.out
#$ -cwd
#$ -j y
#$ -w e
#$ -R y

trap 'echo $? > /logs/SGECluster-0.exit' EXIT
module load python
export OMP_NUM_THREADS=1
/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name SGECluster-0 --nthreads 8 --memory-limit 22888MiB --no-nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 120 --local-directory /local/$USER --lifetime 55m --lifetime-stagger 4m --interface ib0 --protocol tls://
rm -rf /local/$USER
