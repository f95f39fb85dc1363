"""The parts of a group of jobs, each by itself."""
