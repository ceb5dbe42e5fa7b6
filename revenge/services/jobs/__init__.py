"""Work in the background, as an admin sees it: what waits and why, what runs, what failed."""
