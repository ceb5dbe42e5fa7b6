"""Search across everything the caller may see."""
