"""The jobs of a cluster: a table of them, decisions, and what keeps as many as wanted alive."""
