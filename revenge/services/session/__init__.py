"""Sign-ins: one row per device, refreshed by rotating tokens, ended at once when somebody says so."""
