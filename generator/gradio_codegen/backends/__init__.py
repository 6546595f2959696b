"""Hooks of build backends: a project's clients are generated before a distribution is packed."""
