#!/usr/bin/env my_submit

MY.DaskWorkerName = "htcondor--$F(MY.JobId)--"
batch_name = my-analysis
RequestCpus = 16
RequestMemory = 32G
RequestDisk = floor(MY.DaskWorkerDisk / 1024)
MY.JobId = "$(ClusterId).$(ProcId)"
MY.DaskWorkerCores = 8
MY.DaskWorkerMemory = 24000000000
MY.DaskWorkerDisk = 10000000000
LogDirectory = /logs
Output = /logs/my-analysis-$(ClusterId).$(ProcId).out
Error = /logs/my-analysis-$(ClusterId).$(ProcId).err
Log = /logs/my-analysis-$(ClusterId).log
Stream_Output = True
Stream_Error = True
allowed_job_duration = 43200
periodic_remove = JobStatus == 5 && (HoldReasonCode == 34 || HoldReasonCode == 46 || HoldReasonCode == 47)
+ProjectName = "physics"
getenv = True
MY.JobQueueTag = "jobqueue-CLUSTER-0"

Arguments = "-c 'eval ""$(DOLLAR)(printf ""%s\n"" ""$@"")""' 'sh' 'module load python' 'export OMP_NUM_THREADS=1' '/opt/python -m distributed.cli.dask_worker tls://10.0.0.1:8786 --name HTCondorCluster-0 --nthreads 8 --memory-limit 22888MiB --no-nanny --no-dashboard --dashboard-address 127.0.0.1:0 --death-timeout 120 --local-directory /local/$USER --lifetime 55m --lifetime-stagger 4m --interface ib0 --protocol tls://' 'rm -rf /local/$USER'"
Executable = /bin/sh

Queue
