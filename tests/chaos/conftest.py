"""The seed of a run: `GRADIO_SESSION_CHAOS=SEED pytest tests/chaos` tries another."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def seed() -> int:
    """What the dice begin with."""
    return int(os.environ.get("GRADIO_SESSION_CHAOS", "3"))
