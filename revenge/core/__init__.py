"""Words every floor may use: errors, ids, callers, pages, facts, events, settings."""
