"""Options of jobs: their declarations, checks, forms and defaults, and the profiles of Dask."""
