"""The batch queue: only this folder starts its commands."""
