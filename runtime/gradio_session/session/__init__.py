"""`Session` and `AsyncSession`, the registry of sessions, the validation of results."""
