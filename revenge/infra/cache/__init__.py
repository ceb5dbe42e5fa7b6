"""The shared store, and what is cached in it and before it."""
