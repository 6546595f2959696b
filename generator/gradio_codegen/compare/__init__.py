"""What changed between two readings of an app, and whether it breaks callers."""
