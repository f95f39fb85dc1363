#!/usr/bin/env bash

#OAR -n it-s-mine
#OAR -O /logs/$USER/a b/it-s-mine-%jobid%.out
#OAR -E /logs/$USER/a b/it-s-mine-%jobid%.err
#OAR -q big nodes
#OAR --project a "b"
#OAR -l {host='a b'}/nodes=1/core=1,walltime=00:30:00
#OAR -d /my folder

mpirun /opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name OARCluster-0 --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 1760s --lifetime-stagger 20s --local-directory "$TMPDIR/of $USER" --protocol tls://
