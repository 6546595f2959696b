"""Reads an app from a file, an address, a Space or Python code into a `Document`."""
