"""Jinja, ruff and the check of the finished text."""
