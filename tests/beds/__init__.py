"""Real batch systems that the tests start, use and stop on this one machine."""
