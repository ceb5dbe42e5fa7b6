"""What an installation is known by in its database."""
