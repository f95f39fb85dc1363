"""The jobs of a cluster: their table, the decisions, and the parts that keep their number."""
