#!/bin/bash -l

#OAR -n my-analysis
#OAR -O /logs/my-analysis-%jobid%.out
#OAR -E /logs/my-analysis-%jobid%.err
#OAR -q besteffort
#OAR --project project42
#OAR -l {cputype='xeon'}/nodes=1/core=8,walltime=36:00:00
#OAR -t besteffort
#OAR -p (gpu='YES' OR host='big') AND memcore>=2862

module load python
export OMP_NUM_THREADS=1
/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name OARCluster-0 --nthreads 8 --memory-limit 22888MiB --no-nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 120 --local-directory /local/$USER --lifetime 55m --lifetime-stagger 4m --interface ib0 --protocol tls://
rm -rf /local/$OAR_JOB_ID
