"""What runs inside media children: here untrusted files are opened. The node never imports these modules, it names their functions."""
