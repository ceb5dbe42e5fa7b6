"""The nodes of a site, as an admin sees them."""
