"""One file per area of the pages; each class declares its addresses and turns what services say into a template's values."""
