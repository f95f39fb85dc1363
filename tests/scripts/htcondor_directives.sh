#!/usr/bin/env condor_submit

MY.DaskWorkerName = "htcondor--$F(MY.JobId)--"
batch_name = dask-worker
RequestCpus = MY.DaskWorkerCores
MY.JobId = "$(ClusterId).$(ProcId)"
MY.DaskWorkerCores = 1
MY.DaskWorkerMemory = 4294967296
RequestDisk = 20G
Periodic_Remove = False
MY.JobQueueTag = "jobqueue-CLUSTER-0"

Arguments = "-c '/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name HTCondorCluster-0 --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --protocol tls://'"
Executable = /bin/sh

Queue
