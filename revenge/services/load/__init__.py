"""How busy the house is, as an admin sees it."""
