"""The outside services a node asks."""
