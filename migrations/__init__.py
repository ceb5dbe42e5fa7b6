"""Schema changes, in order; `revenge migrate` applies them."""
