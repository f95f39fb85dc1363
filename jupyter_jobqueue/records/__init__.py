"""A small file for each cluster, so that it can be found after its owner has ended."""
