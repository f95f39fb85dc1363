"""The Python environments that run schedulers and workers: those of Jupyter kernels, and others."""
