"""Fixtures of these tests."""

from __future__ import annotations

from tests.support.fixtures import app, make, stranger

__all__ = ["app", "make", "stranger"]
