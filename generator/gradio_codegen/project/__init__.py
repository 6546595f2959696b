"""A project's clients: configuration, lock, publishing, vendoring, freshness."""
