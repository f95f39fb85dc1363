#!/usr/bin/env condor_submit

MY.DaskWorkerName = "htcondor--$F(MY.JobId)--"
batch_name = dask-worker
RequestCpus = MY.DaskWorkerCores
RequestMemory = floor(MY.DaskWorkerMemory / 1048576)
MY.JobId = "$(ClusterId).$(ProcId)"
MY.DaskWorkerCores = 1
MY.DaskWorkerMemory = 4294967296
LogDirectory = /logs
Output = /logs/dask-worker-$(ClusterId).$(ProcId).out
Error = /logs/dask-worker-$(ClusterId).$(ProcId).err
Log = /logs/dask-worker-$(ClusterId).log
Stream_Output = True
Stream_Error = True
periodic_remove = JobStatus == 5 && (HoldReasonCode == 34 || HoldReasonCode == 46 || HoldReasonCode == 47)
MY.JobQueueTag = "jobqueue-CLUSTER-0"

Arguments = "-c '/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name HTCondorCluster-$(DOLLAR)((7 + $(ProcId))) --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --protocol tls://'"
Executable = /bin/sh

Queue 3
