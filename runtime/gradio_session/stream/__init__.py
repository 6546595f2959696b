"""Reads the event stream of a session and wakes whoever waits for it."""
