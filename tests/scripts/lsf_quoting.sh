#!/usr/bin/env bash

#BSUB -J "my jobs"
#BSUB -e "/logs/$USER/a b/my jobs-%J.err"
#BSUB -o "/logs/$USER/a b/my jobs-%J.out"
#BSUB -q "big nodes"
#BSUB -P "a \"b\""
#BSUB -n 1
#BSUB -M 4294968
#BSUB -W 00:30

trap 'echo $? > "/logs/$USER/a b/"LSFCluster-0.exit' EXIT
srun /opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name LSFCluster-0 --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --lifetime 1760s --lifetime-stagger 20s --local-directory "$TMPDIR/of $USER" --protocol tls://
