"""How what a node sends, or fetches, is shared out: people before jobs, and nobody before everybody."""
