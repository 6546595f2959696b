"""Fixtures of these tests."""

from __future__ import annotations

from tests.support.fixtures import authority, fake, world

__all__ = ["authority", "fake", "world"]
