"""The first minutes of a house: making the first admin, once."""
