"""The ground: database, cache, jobs, bus, log, metrics, and the parts the node brings along."""
