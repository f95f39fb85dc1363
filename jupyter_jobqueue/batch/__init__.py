"""The batch queue: the only room that starts its commands."""
