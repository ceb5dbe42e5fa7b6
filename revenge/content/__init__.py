"""Rooms for each kind of media, with no doors between them."""
