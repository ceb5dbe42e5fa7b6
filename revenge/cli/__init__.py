"""The command `revenge`: what can be done with a node from a terminal."""

from revenge.cli.door import main

__all__ = ["main"]
