"""Facts and artwork of items, whatever their kind."""
