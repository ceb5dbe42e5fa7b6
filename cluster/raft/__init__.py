"""Raft itself: pysyncobj, and what is added so that its promises hold."""
