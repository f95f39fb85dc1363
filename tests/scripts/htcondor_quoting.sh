#!/usr/bin/env condor_submit

MY.DaskWorkerName = "htcondor--$F(MY.JobId)--"
batch_name = my jobs
RequestCpus = MY.DaskWorkerCores
RequestMemory = floor(MY.DaskWorkerMemory / 1048576)
MY.JobId = "$(ClusterId).$(ProcId)"
MY.DaskWorkerCores = 1
MY.DaskWorkerMemory = 4294967296
LogDirectory = /logs/a b
Output = /logs/a b/my jobs-$(ClusterId).$(ProcId).out
Error = /logs/a b/my jobs-$(ClusterId).$(ProcId).err
Log = /logs/a b/my jobs-$(ClusterId).log
Stream_Output = True
Stream_Error = True
periodic_remove = JobStatus == 5 && (HoldReasonCode == 34 || HoldReasonCode == 46 || HoldReasonCode == 47)
MY.JobQueueTag = "jobqueue-CLUSTER-0"

Arguments = "-c 'eval ""$(DOLLAR)(printf ""%s\n"" ""$@"")""' 'sh' 'cd ""$(DOLLAR)(mktemp -d)"" # ''here''' '/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name HTCondorCluster-0 --nthreads 1 --memory-limit 4096MiB --nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 60 --local-directory ""$TMPDIR/of $USER"" --protocol tls://'"
Executable = /bin/sh

Queue
