"""Fixtures of these tests."""

from __future__ import annotations

from tests.support.fixtures import world

__all__ = ["world"]
