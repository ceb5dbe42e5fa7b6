"""Bytes: what is inside media files, their names, their pictures. What opens an untrusted file runs in a child process."""
