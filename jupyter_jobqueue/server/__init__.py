"""The Jupyter server extension: clusters of one server, its REST interface and dashboards."""
