"""Tests of the embedded batch queue, with real processes."""
