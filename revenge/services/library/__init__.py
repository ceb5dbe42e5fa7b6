"""Libraries: folders of one kind of media, the files in them, and the scans that find them."""
