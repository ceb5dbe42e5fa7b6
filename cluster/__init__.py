"""The cluster: who is there and who leads. Knows nothing of media; bootstrap alone has the key."""
