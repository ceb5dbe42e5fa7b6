"""What every household needs, whatever it watches, hears or reads."""
