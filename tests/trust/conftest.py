"""Fixtures of these tests."""

from __future__ import annotations

from tests.support.fixtures import authority, fake, hub, world

__all__ = ["authority", "fake", "hub", "world"]
