"""The only place that says "new"."""
