"""Fixtures of these tests."""

from __future__ import annotations

import pytest

from tests.support.played_uploads import Played


@pytest.fixture
def app() -> Played:
    return Played()
