"""`Call` and `AsyncCall`, the record of calls and its limits."""
