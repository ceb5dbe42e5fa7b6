"""The parts a node brings along: PostgreSQL and a Redis-protocol server, as supervised children on unix sockets."""
