"""Doors: signing in and out, and finding out on every request who is asking."""
