"""jupyter-jobqueue beside dask-jobqueue on one real Slurm: ``python -m benchmarks``."""
