"""Decides every name, type, default and docstring that a template needs."""
