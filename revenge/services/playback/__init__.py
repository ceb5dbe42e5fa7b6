"""Watching: how a file reaches a player, who watches what, and how far they have come."""
