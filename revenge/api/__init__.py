"""The HTTP frame: endpoints as data, one map from errors to statuses, and bytes sent well."""
